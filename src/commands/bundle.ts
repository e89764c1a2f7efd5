import path from 'node:path'
import {Flags} from '@oclif/core'
import {HubCommand} from '../cli/hub-command.ts'
import {bytes as inBytes} from '../render/text/bytes.ts'
import {commandLine} from '../render/text/shell.ts'

export default class Bundle extends HubCommand<typeof Bundle> {
  static override summary =
    'pack what can be seen of the hub into one file for somebody else, without secrets'
  static override description =
    'One .tar.gz with the snapshot, the report, the figures, recent logs, what the engine and Redis say of themselves, the resolved compose file and versions. What cannot be read is named in its index with the reason, so that it works on a hub that is half dead. doctor --from and stats --saved take it as it is.\n\nPasswords, tokens and arguments of tasks are masked as far as they can be told; its README.txt says how far that is.'
  static override examples = [
    '<%= config.bin %> bundle',
    {
      description: 'and look at it elsewhere',
      command:
        '<%= config.bin %> bundle --output incident.tar.gz; <%= config.bin %> doctor --from incident.tar.gz',
    },
  ]
  static override flags = {
    output: Flags.string({
      char: 'o',
      helpValue: '<path>',
      summary: 'the file, never one that is there; hub-mon-<project>-<time>.tar.gz here when not given',
    }),
    passive: Flags.boolean({summary: 'send no remote-control request to the nodes: write nothing at all'}),
  }

  async run(): Promise<void> {
    const context = await this.context()
    const [{findHub}, {bundleName, makeBundle}, {reserve}, {fileLines}] = await Promise.all([
      import('../cli/hub.ts'),
      import('../cli/bundle.ts'),
      import('../bundle/archive.ts'),
      import('../bundle/words.ts'),
    ])
    const hub = await findHub(context)
    const name = bundleName(hub, new Date())
    const file = path.resolve(this.flags.output ?? `${name}.tar.gz`)
    const reserved = await reserve(file)
    const bundle = await makeBundle(context, hub, {folder: name, passive: this.flags.passive}).catch(
      async error => {
        await reserved.abandon()
        throw error
      },
    )
    await reserved.write(bundle.bytes)
    const {files, found} = bundle
    const shown = this.flags.output ?? `${name}.tar.gz`
    this.finish({
      schema: 'hub-mon/bundle@1',
      data: {file, bytes: bundle.bytes.length, verdict: found.verdict, files},
      text: [
        `Wrote ${shown}: ${inBytes(bundle.bytes.length)}, ${files.filter(({missing}) => missing === null).length} of ${files.length} files, masked`,
        ...fileLines(files),
        '',
        'Read it before you give it to somebody else. To look at it:',
        `  ${commandLine(['hub-mon', 'doctor', '--from', shown])}`,
        '',
      ].join('\n'),
    })
  }
}
