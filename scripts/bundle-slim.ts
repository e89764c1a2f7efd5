import type {Plugin} from 'rolldown'

/** Code that a shipped hub-mon can never reach, or that costs at every start: with the reason. */
const stubs: {id: RegExp; why: string; code: string}[] = [
  {
    id: /^semver$/,
    why: 'oclif asks for it to warn of an old Node, which npm does at install: 47 files',
    code: 'export const satisfies = () => true; export default {satisfies}',
  },
  {
    id: /^tinyglobby$/,
    why: 'finds commands where there is no manifest; we ship one',
    code: 'export const glob = async () => []',
  },
  {
    id: /^minimatch$/,
    why: 'chooses plugins by pattern; there are none',
    code: 'export const minimatch = () => false',
  },
  {
    id: /^wsl-utils$/,
    why: 'tells WSL from Linux for a name that we do not print',
    code: 'export const isWsl = false; export const powerShellPath = async () => "powershell.exe"',
  },
  {
    id: /^debug$/,
    why: 'traces of oclif, ioredis and docker-modem, which would also show what they send; ours is DEBUG=hub-mon',
    code: `const trace = () => Object.assign(() => {}, {enabled: false, extend: trace})
module.exports = Object.assign(trace, {default: trace})`,
  },
  {
    id: /^cli-spinners$/,
    why: "oclif's spinner, which nobody turns: progress is listr2's",
    code: 'export default {line: {frames: []}, dots2: {frames: []}}',
  },
  {
    id: /^lilconfig$/,
    why: 'looks for rc files that override our package.json',
    code: 'export const lilconfig = () => ({search: async () => null, load: async () => null})',
  },
  {
    id: /^ssh2$/,
    why: 'ssh:// engines are refused with the reason; its crypto wants a compiler at install',
    code: 'export class Client {}; export default {Client}',
  },
  {
    id: /^@grpc\/(grpc-js|proto-loader)$/,
    why: 'dockerode wants it for BuildKit sessions; Compose builds for us',
    code: 'export const Server = class {}; export const loadPackageDefinition = () => ({}); export const loadSync = () => ({}); export default {}',
  },
  {id: /^protobufjs/, why: 'comes with gRPC', code: 'export default {}'},
]

/** Text to change in a library's file; the build fails when it is no longer there. */
const edits: {file: RegExp; find: string; put: string; why: string}[] = [
  {
    file: /@oclif[\\/]core[\\/]lib[\\/]config[\\/]plugin\.js$/,
    find: 'a.id.localeCompare(b.id)',
    put: '(a.id < b.id ? -1 : 1)',
    why: "a process's first localeCompare loads the ICU collator: 6 to 9 ms",
  },
]

/** Leaves out of the bundle what only costs. Each entry must still apply, or the build fails. */
export function slim(): Plugin {
  const applied = new Set<string>()
  return {
    name: 'slim',
    resolveId(source) {
      const stub = stubs.find(({id}) => id.test(source))
      if (stub === undefined) return null
      applied.add(String(stub.id))
      return `\0stub:${stub.id.source}`
    },
    load(id) {
      if (!id.startsWith('\0stub:')) return null
      return stubs.find(stub => stub.id.source === id.slice('\0stub:'.length))?.code ?? null
    },
    transform(code, id) {
      const edit = edits.find(({file}) => file.test(id))
      if (edit === undefined) return null
      if (!code.includes(edit.find)) throw new Error(`${id} no longer holds ${edit.find} (${edit.why})`)
      applied.add(String(edit.file))
      return code.replace(edit.find, edit.put)
    },
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap(chunk =>
        chunk.type === 'chunk' ? Object.keys(chunk.modules) : [],
      )
      const packages = new Set(modules.flatMap(packageOf))
      for (const chunk of Object.values(bundle))
        if (chunk.type === 'chunk' && /[^.\w]import\(["'`]/.test(chunk.code))
          this.error(
            `${chunk.fileName} holds an import(): code from the compile cache cannot run it (bin/compile-cache.js)`,
          )
      this.emitFile({type: 'asset', fileName: 'bundled.json', source: JSON.stringify([...packages].sort())})
    },
    buildEnd() {
      const unused = [...stubs.map(({id}) => String(id)), ...edits.map(({file}) => String(file))]
        .filter(name => !applied.has(name))
        .filter(name => name !== String(/^protobufjs/)) // reached through gRPC alone, which is a stub itself
      if (unused.length > 0) this.warn(`slim: nothing to leave out for ${unused.join(', ')}`)
    },
  }
}

/** `@scope/name` or `name` below the last node_modules of a path. */
function packageOf(file: string): string[] {
  const match = /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/](?!.*node_modules[\\/])/.exec(file)
  return match?.[1] === undefined ? [] : [match[1].replaceAll('\\', '/')]
}
