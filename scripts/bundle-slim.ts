import {readFileSync} from 'node:fs'
import type {Plugin} from 'rolldown'
import {globSync} from 'tinyglobby'

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
  {
    file: /@oclif[\\/]core[\\/]lib[\\/]util[\\/]os\.js$/,
    find: 'const node_child_process_1 = require("node:child_process");',
    put: 'const node_child_process_1 = {execSync: (...words) => require("node:child_process").execSync(...words)};',
    why: 'asks for the shell of Windows alone, and is read at every start: 2 ms',
  },
  {
    file: /@oclif[\\/]core[\\/]lib[\\/]parser[\\/]parse\.js$/,
    find: 'const node_readline_1 = require("node:readline");',
    put: 'const node_readline_1 = {createInterface: (...words) => require("node:readline").createInterface(...words)};',
    why: 'reads arguments from stdin, which none of ours does: 1 ms',
  },
]

const commandTable = /@ioredis[\\/]commands[\\/]built[\\/]commands\.json$/

/**
 * ioredis makes two methods each of three hundred commands at its start, and keeps a table of what they are: 10 ms and 5 MB. Kept
 * are those that are called anywhere, by us or by ioredis itself.
 */
function commandsThatAreCalled(table: string): string {
  const files = globSync(['src/**/*.ts', 'node_modules/ioredis/built/**/*.js'])
  const calls = files.flatMap(file => [
    ...readFileSync(file, 'utf8').matchAll(/\.([a-z]+)(?:Buffer)?(?:<[^()]*>)?\(/g),
  ])
  const called = new Set(calls.map(([, name]) => name))
  const entries = Object.entries(JSON.parse(readFileSync(table, 'utf8')))
  return JSON.stringify(Object.fromEntries(entries.filter(([name]) => called.has(name))))
}

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
      if (commandTable.test(id)) {
        applied.add(String(commandTable))
        return commandsThatAreCalled(id)
      }
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
      const unused = [
        ...[...stubs.map(({id}) => id), ...edits.map(({file}) => file), commandTable].map(String),
      ]
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
