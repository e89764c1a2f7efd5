import {writeFile} from 'node:fs/promises'
import path from 'node:path'
import {Flags} from '@oclif/core'
import {HubCommand} from '../../cli/hub-command.ts'
import {starterFile} from '../../config/starter.ts'
import {HubError} from '../../errors/hub-error.ts'

export default class ConfigInit extends HubCommand<typeof ConfigInit> {
  static override summary = 'write a commented starter file, hub-mon.config.yaml'
  static override examples = ['<%= config.bin %> config init', '<%= config.bin %> config init --stdout']
  static override flags = {
    stdout: Flags.boolean({summary: 'print it, write nothing'}),
    force: Flags.boolean({summary: 'replace the file when there is one'}),
  }

  async run(): Promise<void> {
    if (this.flags.stdout) {
      this.finish({
        schema: 'hub-mon/config-init@1',
        data: {file: null, content: starterFile},
        text: starterFile,
      })
      return
    }
    const file = path.resolve(this.flags.config ?? 'hub-mon.config.yaml')
    await writeFile(file, starterFile, {flag: this.flags.force ? 'w' : 'wx'}).catch(
      (error: NodeJS.ErrnoException) => {
        throw error.code === 'EEXIST'
          ? new HubError('usage', 'file-exists', `${file} is there already`, {
              suggestions: ['hub-mon config init --force'],
            })
          : new HubError('permission', 'not-written', `cannot write ${file}: ${error.code ?? error.message}`)
      },
    )
    this.finish({
      schema: 'hub-mon/config-init@1',
      data: {file, content: starterFile},
      text: `wrote ${file}\n`,
    })
  }
}
