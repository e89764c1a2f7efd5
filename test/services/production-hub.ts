import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {makeFlowerImage} from './flower-image.ts'
import {composeFile, TestHub} from './hub.ts'
import {type Lan, makeLan} from './lan.ts'

/** A hub for production, published in a network of the test's own, with a state directory of its own and the stand-in for Flower. */
export class ProductionHub extends TestHub {
  readonly lan: Lan
  readonly home: string
  readonly #removeImage: () => Promise<void>

  static async make(environment: Record<string, string> = {}): Promise<ProductionHub> {
    const home = await mkdtemp(path.join(tmpdir(), 'hub-mon-production-'))
    const project = `t-${path.basename(home).toLowerCase().replace('hub-mon-', '')}`
    const image = `hub-mon/flower-stand-in:${project}`
    const [lan, {remove}] = await Promise.all([makeLan(), makeFlowerImage(image)])
    const own = {XDG_STATE_HOME: home, HUB_FLOWER_IMAGE: image, HUB_HEALTH_INTERVAL: '2s'}
    return new ProductionHub({...own, ...environment}, project, {home, lan, removeImage: remove})
  }

  private constructor(
    environment: Record<string, string>,
    project: string,
    {home, lan, removeImage}: {home: string; lan: Lan; removeImage: () => Promise<void>},
  ) {
    super(composeFile, environment, project)
    this.home = home
    this.lan = lan
    this.#removeImage = removeImage
  }

  get secretsFolder(): string {
    return path.join(this.home, 'hub-mon', 'secrets', this.project)
  }

  /** `up --production`, published where the test's own network is, with what more there is to say. */
  produce(...words: string[]) {
    return this.mon(
      'up',
      '--production',
      ...(words.includes('--bind') ? [] : ['--bind', this.lan.here]),
      ...words,
    )
  }

  async secret(name: string): Promise<string> {
    return (await readFile(path.join(this.secretsFolder, name), 'utf8')).trim()
  }

  /** Every password of the folder, without the name before it. */
  async passwords(): Promise<string[]> {
    const names = (await readdir(this.secretsFolder)).filter(
      name => !/^(\.|tls_|redis_(acl|tls|ca)$|proxy)/.test(name),
    )
    const lines = await Promise.all(names.map(name => this.secret(name)))
    const passwords = lines.map(
      line => /^\w+:\/\/[^:]*:([^@]+)@/.exec(line)?.[1] ?? line.replace(/^[\w.-]+:/, ''),
    )
    return [...new Set(passwords)]
  }

  override async remove(): Promise<void> {
    await super.remove()
    await this.lan.remove()
    await rm(this.home, {recursive: true, force: true})
    await this.#removeImage()
  }
}
