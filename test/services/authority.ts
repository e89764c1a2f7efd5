import {execFile} from 'node:child_process'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'

const run = promisify(execFile)

/** A certificate with its key, as PEM. */
export type Identity = {cert: string; key: string}

export type Authority = {
  /** Its own certificate, as PEM, and where that lies. */
  cert: string
  file: string
  /** For these names and addresses; valid from and to so many days from now, negative ones are past. */
  issue: (names: readonly string[], days?: {from?: number; to?: number}) => Promise<Identity>
  remove: () => Promise<void>
}

const config = `
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
`

/** An authority that nobody knows but whoever is told, by openssl. */
export async function makeAuthority(name = 'Test Authority'): Promise<Authority> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-authority-'))
  const openssl = (...words: string[]) => run('openssl', words, {cwd: folder})
  const file = path.join(folder, 'ca.crt')
  await Promise.all([
    writeFile(path.join(folder, 'openssl.cnf'), config),
    writeFile(path.join(folder, 'index.txt'), ''),
    openssl(...newKey('ca'), '-x509', '-days', '3650', '-subj', `/CN=${name}`, '-out', 'ca.crt'),
  ])
  let issued = 0
  return {
    cert: await readFile(file, 'utf8'),
    file,
    async issue(names, {from = -1, to = 90} = {}) {
      issued += 1
      const own = `leaf-${issued}`
      const alternative = names.map(each => `${/^[\d.]+$|:/.test(each) ? 'IP' : 'DNS'}:${each}`)
      await openssl(
        ...newKey(own),
        ...['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alternative.join(',')}`],
        ...['-out', `${own}.csr`],
      )
      await openssl(
        ...['ca', '-config', 'openssl.cnf', '-batch', '-notext', '-keyfile', 'ca.key', '-cert', 'ca.crt'],
        ...['-startdate', dated(from), '-enddate', dated(to), '-in', `${own}.csr`, '-out', `${own}.crt`],
      )
      const [cert, key] = await Promise.all(
        ['crt', 'key'].map(ending => readFile(path.join(folder, `${own}.${ending}`), 'utf8')),
      )
      return {cert: cert ?? '', key: key ?? ''}
    },
    remove: () => rm(folder, {recursive: true}),
  }
}

/** Signed by nobody but itself. */
export async function selfSigned(name: string): Promise<Identity> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-self-signed-'))
  try {
    const words = [...newKey('own'), '-x509', '-days', '90', '-subj', `/CN=${name}`, '-out', 'own.crt']
    await run('openssl', [...words, '-addext', `subjectAltName=DNS:${name}`], {cwd: folder})
    const [cert, key] = await Promise.all(
      ['crt', 'key'].map(ending => readFile(path.join(folder, `own.${ending}`), 'utf8')),
    )
    return {cert: cert ?? '', key: key ?? ''}
  } finally {
    await rm(folder, {recursive: true})
  }
}

function newKey(name: string): string[] {
  return ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`]
}

/** `20261123090000Z`. */
function dated(days: number): string {
  const iso = new Date(Date.now() + days * 86_400_000).toISOString()
  return `${iso.slice(0, 19).replace(/[-:T]/g, '')}Z`
}
