import {aclWords, parseAclFile, parseAclLine} from '../redis-users/acl-file.ts'
import {redisUsers} from '../redis-users/registry.ts'
import {duration} from '../render/text/duration.ts'
import {commandLine} from '../render/text/shell.ts'
import {
  confirmBy,
  cureBy,
  decide,
  type Evidence,
  type Finding,
  type FindingStatus,
  type Remedy,
} from '../report/finding.ts'
import {joined, pairOf, passwordsIn, upstreamLine} from './contents.ts'
import type {SecretsFacts} from './facts.ts'
import {folderMode, secretFile, secretFiles} from './files.ts'
import {knownDefault} from './known-defaults.ts'
import {redisHash} from './passwords.ts'

/** Words of the commands that mend, on this hub. */
export type Commands = {init: string[]; rotate: string[]; restart: string[]}

type Judged = {
  status: FindingStatus
  message: string
  evidence?: Evidence[]
  affects?: string[]
  remedies?: Remedy[]
}
type Judge = (facts: SecretsFacts, commands: Commands) => Judged

/** Older than that, a secret has been seen by more people than anybody remembers. */
const oldSeconds = 365 * 86_400
const certificateDays = {warning: 21, critical: 3}

const ok = (message = ''): Judged => ({status: 'pass', message})
const skipped = (message: string): Judged => ({status: 'skipped', message})

/** Each what is true when all is well. */
const rows: {name: string; title: string; judge: Judge}[] = [
  {name: 'folder', title: 'The folder can be entered by its owner alone', judge: judgeFolder},
  {name: 'files', title: 'Every file is there', judge: judgeFiles},
  {name: 'owners', title: 'Each file can be read by its service alone', judge: judgeOwners},
  {name: 'known', title: 'No password is one that everybody knows', judge: judgeKnown},
  {name: 'fit', title: 'The files fit each other', judge: judgeFit},
  {name: 'rights', title: 'Each user of Redis has the rights of this version', judge: judgeRights},
  {name: 'one-password', title: 'One password lets each user in', judge: judgeOnePassword},
  {name: 'sign-in', title: 'Each user signs in to Redis', judge: judgeSignIn},
  {name: 'strangers', title: 'Redis lets nobody else in', judge: judgeStrangers},
  {name: 'in-use', title: 'The services run with the secrets as they are', judge: judgeInUse},
  {name: 'certificates', title: 'The certificates are good for a while', judge: judgeCertificates},
  {name: 'age', title: 'No secret is older than a year', judge: judgeAge},
]

/** What there is to say of a folder of secrets and of the hub that runs with it; no secret is in it. */
export function judgeSecrets(facts: SecretsFacts, commands: Commands): Finding[] {
  return rows.map(({name, title, judge}) => {
    const {status, message, evidence = [], affects = [], remedies = []} = judge(facts, commands)
    return {
      check: `secrets.${name}`,
      category: 'secrets',
      docs: 'docs/secrets.md',
      ...{title, status, message, evidence, affects, remedies},
    }
  })
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0')
}

function judgeFolder({folder, found}: SecretsFacts, {init}: Commands): Judged {
  if (found === null)
    return {
      status: 'critical',
      message: `there is no ${folder}`,
      remedies: [cureBy('makes it and all files', ...init)],
    }
  if ((found.mode & 0o077) !== 0)
    return {
      status: 'critical',
      message: `${folder} can be entered by others`,
      evidence: [{label: 'mode', value: octal(found.mode), bound: octal(folderMode)}],
      remedies: [cureBy('its owner alone', 'chmod', octal(folderMode), folder)],
    }
  return ok(folder)
}

function judgeFiles({found, files, folder, leftovers, unreadable}: SecretsFacts, {init}: Commands): Judged {
  if (found === null) return skipped('there is no folder')
  if (files.length === 0) return {status: 'unknown', message: unreadable ?? 'they could not be listed'}
  const missing = files.filter(file => file.found === null).map(({name}) => name)
  if (missing.length > 0)
    return {
      status: 'critical',
      message: `${listed(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`,
      affects: [...new Set(missing.flatMap(name => secretFile(name).services))],
      remedies: [cureBy('makes what is missing', ...init)],
    }
  const strange = files.filter(file => file.found?.plain === false).map(({name}) => name)
  if (strange.length > 0)
    return {
      status: 'critical',
      message: `${listed(strange)} ${strange.length === 1 ? 'is no plain file' : 'are no plain files'}`,
      remedies: [decide(`take ${listed(strange)} away; then: ${commandLine(init)}`)],
    }
  if (leftovers.length > 0)
    return {
      status: 'notice',
      message: `a write that was broken off left ${listed(leftovers)}`,
      remedies: [cureBy('it is a secret', 'rm', ...leftovers.map(name => `${folder}/${name}`))],
    }
  return ok(`${files.length} in ${folder}`)
}

function judgeOwners({found, files, folder, remapped}: SecretsFacts): Judged {
  if (found === null || files.length === 0) return skipped('no file was seen')
  const wrong = files.flatMap(file => {
    if (file.found === null || !file.found.plain) return []
    const {mode, uid, services} = secretFile(file.name)
    const wanted = uid === 'operator' ? found.uid : uid
    const open = (file.found.mode & ~mode & 0o777) !== 0
    const isOthers = !remapped && file.found.uid !== wanted
    const unreadable = (file.found.mode & 0o400) === 0
    return open || isOthers || unreadable
      ? [{...file.found, name: file.name, wanted: {mode, uid: wanted}, services}]
      : []
  })
  if (wrong.length > 0)
    return {
      status: 'critical',
      message: wrong
        .map(
          ({name, mode, uid, wanted}) =>
            `${name} is mode ${octal(mode)} of uid ${uid}, not ${octal(wanted.mode)} of ${wanted.uid}`,
        )
        .join('; '),
      affects: [...new Set(wrong.flatMap(({services}) => services))],
      remedies: wrong.flatMap(({name, wanted}) => [
        cureBy(`whose ${name} is`, 'sudo', 'chown', `${wanted.uid}:${wanted.uid}`, `${folder}/${name}`),
        cureBy('and nobody else', 'sudo', 'chmod', octal(wanted.mode), `${folder}/${name}`),
      ]),
    }
  return ok(remapped ? 'by their modes; the engine gives its containers uids of their own' : '')
}

const notRead = (unreadable: string | null): Judged =>
  unreadable === null ? skipped('there is nothing to read') : {status: 'unknown', message: unreadable}

function judgeKnown({texts, unreadable, folder}: SecretsFacts, {init, rotate}: Commands): Judged {
  if (texts === null) return notRead(unreadable)
  const {redis, flower, login} = passwordsIn(secretFiles, texts)
  const held: [string, string][] = [
    ...Object.entries(redis).map(([user, password]): [string, string] => [
      `of ${user}`,
      `${user}:${password}`,
    ]),
    ...(flower === null ? [] : [['in flower_auth', `${flower.user}:${flower.password}`] as [string, string]]),
    ...(login === null ? [] : [['in login', `${login.user}:${login.password}`] as [string, string]]),
  ]
  const judged = held.flatMap(([what, pair]) => {
    const known = knownDefault(pair)
    return known === null ? [] : [{what, ...known}]
  })
  if (judged.length === 0) return ok()
  const isLogin = judged.some(({what}) => what === 'in login')
  return {
    status: judged.some(({kind}) => kind === 'known') ? 'critical' : 'warning',
    message: judged.map(({what, why}) => `the password ${what} ${why}`).join('; '),
    remedies: [
      cureBy('new ones for all', ...rotate, ...(isLogin ? ['--login'] : [])),
      decide(`where the hub has never run: rm -r ${folder}; then: ${commandLine(init)}`),
    ],
  }
}

function judgeFit({texts, unreadable, loginOpens}: SecretsFacts, {init}: Commands): Judged {
  if (texts === null) return notRead(unreadable)
  const wrong: string[] = []
  const {hashes} = parseAclFile(texts.get('redis_acl') ?? '')
  for (const {name, holds} of secretFiles) {
    const line = texts.get(name)?.trim()
    if (line === undefined) continue
    if (holds.kind !== 'redis-url' && holds.kind !== 'redis-password') continue
    const {redis} = passwordsIn([secretFile(name)], texts)
    const password = redis[holds.user]
    if (password === undefined) wrong.push(`${name} holds no password of ${holds.user}`)
    else if (!(hashes[holds.user] ?? []).includes(redisHash(password)))
      wrong.push(`redis_acl does not know the password in ${name}`)
  }
  if (loginOpens === false) wrong.push('proxy_users does not let in what stands in login')
  if (loginOpens === null && texts.has('login') && texts.has('proxy_users'))
    wrong.push('proxy_users has no line for the user in login')
  const flower = pairOf(texts.get('flower_auth')?.trim() ?? '')
  const upstream = texts.get('proxy_upstream')?.trim()
  const own = texts.get('hub-mon_flower')?.trim()
  if (flower !== null && own !== undefined && own !== joined(flower))
    wrong.push('hub-mon_flower is not what stands in flower_auth')
  if (flower === null && texts.has('flower_auth')) wrong.push('flower_auth is no user:password')
  if (flower !== null && upstream !== undefined && upstream !== upstreamLine(flower))
    wrong.push('proxy_upstream does not open what stands in flower_auth')
  return wrong.length === 0
    ? ok()
    : {
        status: 'critical',
        message: wrong.join('; '),
        remedies: [cureBy('makes those fit that are made of others', ...init)],
      }
}

function judgeRights({texts, unreadable}: SecretsFacts, {rotate}: Commands): Judged {
  if (texts === null) return notRead(unreadable)
  const lines = (texts.get('redis_acl') ?? '').split('\n').flatMap(line => parseAclLine(line) ?? [])
  const anybody = lines.filter(({rules}) => rules.includes('on') && rules.includes('nopass'))
  if (anybody.length > 0)
    return {
      status: 'critical',
      message: `redis_acl lets ${anybody.map(({name}) => name).join(', ')} in without a password`,
      remedies: [decide('give that line a password, or take it out of redis_acl')],
    }
  const other = redisUsers.filter(({name}) => {
    const line = lines.find(user => user.name === name)
    return line !== undefined && line.rules.join(' ') !== aclWords(name, []).join(' ')
  })
  if (other.length === 0) return ok()
  return {
    status: 'warning',
    message: `in redis_acl, ${other.map(({name}) => name).join(', ')} ${other.length === 1 ? 'has' : 'have'} other rights`,
    remedies: [cureBy('writes them as this version wants them', ...rotate)],
  }
}

function judgeOnePassword({texts, unreadable, running}: SecretsFacts, {rotate}: Commands): Judged {
  if (texts === null) return notRead(unreadable)
  const {hashes} = parseAclFile(texts.get('redis_acl') ?? '')
  const inFile = redisUsers.filter(({name}) => (hashes[name] ?? []).length > 1).map(({name}) => name)
  const inRedis = redisUsers
    .filter(({name}) => {
      const known = running?.users?.find(user => user.name === name)
      return known !== undefined && (known.nopass || known.hashes.length > 1)
    })
    .map(({name}) => name)
  const several = [...new Set([...inFile, ...inRedis])]
  if (several.length === 0) return ok()
  return {
    status: 'warning',
    message: `an earlier password still lets in ${several.join(', ')}`,
    remedies: [cureBy('takes the earlier ones away', ...rotate, '--finish')],
  }
}

function judgeSignIn({running, idle}: SecretsFacts, {restart, rotate}: Commands): Judged {
  if (running === null) return skipped(idle ?? 'the hub does not run')
  if (running.unreachable !== null) return {status: 'unknown', message: running.unreachable}
  const refused = running.signIns.filter(one => one.refused !== null)
  if (refused.length === 0) return ok(running.signIns.map(({file}) => file).join(', '))
  const isAdmin = refused.some(({user}) => user === 'hub-mon-admin')
  return {
    status: 'critical',
    message: `Redis refuses ${refused.map(({user, file}) => `${user}, who signs in by ${file}`).join('; ')}`,
    affects: [...new Set(refused.flatMap(({file}) => secretFile(file).services))],
    remedies: [
      isAdmin
        ? cureBy('Redis reads redis_acl when it starts', ...restart, 'redis')
        : cureBy('tells Redis, too', ...rotate),
    ],
  }
}

function judgeStrangers({running, idle}: SecretsFacts, {restart}: Commands): Judged {
  if (running === null) return skipped(idle ?? 'the hub does not run')
  if (running.unreachable !== null) return skipped('Redis could not be asked')
  const letIn = running.strangers.filter(one => one.letIn)
  const anybody = running.users?.filter(({on, nopass}) => on && nopass).map(({name}) => name) ?? []
  if (letIn.length === 0 && anybody.length === 0)
    return ok(`${running.strangers.length} tried: no password, and those that everybody tries`)
  return {
    status: 'critical',
    message:
      letIn.length > 0
        ? `Redis lets in ${letIn.map(({who}) => who).join(', ')}`
        : `Redis lets ${anybody.join(', ')} in without a password`,
    remedies: [cureBy('Redis reads redis_acl when it starts', ...restart, 'redis')],
  }
}

function judgeInUse({running, idle, files}: SecretsFacts, {restart}: Commands): Judged {
  if (running === null) return skipped(idle ?? 'the hub does not run')
  const late = running.started.flatMap(({service, at}) => {
    const newer = files.filter(
      ({name, found}) =>
        found !== null && found.leftBehindAt > at && secretFile(name).services.includes(service),
    )
    return newer.length === 0 ? [] : [{service, names: newer.map(({name}) => name)}]
  })
  if (late.length === 0) return ok()
  return {
    status: 'warning',
    message: late
      .map(({service, names}) => `${service} was started before ${names.join(', ')} changed`)
      .join('; '),
    affects: late.map(({service}) => service),
    remedies: [cureBy('they read them when they start', ...restart, ...late.map(({service}) => service))],
  }
}

function judgeCertificates(
  {certificates, texts, unreadable, folder}: SecretsFacts,
  {init, rotate, restart}: Commands,
): Judged {
  if (texts === null) return notRead(unreadable)
  if (certificates.length === 0) return skipped('there is none of our own')
  const left = (days: number) =>
    days < 0 ? `ended ${duration(-days * 86_400)} ago` : `ends in ${duration(days * 86_400)}`
  const bad = certificates.filter(({daysLeft}) => daysLeft === null || daysLeft < certificateDays.warning)
  if (bad.length === 0)
    return ok(certificates.map(({name, daysLeft}) => `${name} ${left(daysLeft ?? 0)}`).join(', '))
  const worst = bad.some(({daysLeft}) => daysLeft === null || daysLeft < certificateDays.critical)
  return {
    status: worst ? 'critical' : 'warning',
    message: bad
      .map(({name, daysLeft}) =>
        daysLeft === null ? `${name} holds no certificate` : `${name} ${left(daysLeft)}`,
      )
      .join('; '),
    evidence: [{label: 'warning', value: certificateDays.warning, bound: 'days'}],
    remedies: [
      ...renewRedis(bad, {init, rotate, restart}),
      ...(bad.some(({name}) => name === 'tls_cert')
        ? [decide('get a new one, and give it: hub-mon up --production --certificate FILE --key FILE')]
        : []),
      ...bad.map(({name}) =>
        confirmBy('when it ends', 'openssl', 'x509', '-noout', '-enddate', '-in', `${folder}/${name}`),
      ),
    ],
  }
}

/** While it is good, Redis changes it as it runs; nobody comes in to a Redis whose certificate has ended. */
function renewRedis(bad: SecretsFacts['certificates'], {init, rotate, restart}: Commands): Remedy[] {
  const own = bad.filter(({name}) => name === 'redis_tls' || name === 'redis_ca')
  if (own.length === 0) return []
  return own.every(({daysLeft}) => daysLeft !== null && daysLeft > 0)
    ? [cureBy('a new one, while the hub runs', ...rotate, '--redis-tls')]
    : [
        cureBy('makes a new one', ...init, '--redis-tls'),
        cureBy('all services take it up together', ...restart),
      ]
}

function judgeAge({files}: SecretsFacts, {rotate}: Commands): Judged {
  const ages = files.flatMap(({name, found}) => {
    const {holds} = secretFile(name)
    const isSecret = found !== null && found.bytes > 0 && holds.kind !== 'pem'
    return isSecret ? [{name, ageSeconds: found.ageSeconds}] : []
  })
  if (ages.length === 0) return skipped('no file was seen')
  const old = ages.filter(({ageSeconds}) => ageSeconds > oldSeconds)
  const oldest = ages.reduce((a, b) => (b.ageSeconds > a.ageSeconds ? b : a))
  const evidence: Evidence[] = [{label: `oldest, ${oldest.name}`, value: oldest.ageSeconds, unit: 'seconds'}]
  if (old.length === 0) return {...ok(`the oldest is of ${duration(oldest.ageSeconds)} ago`), evidence}
  return {
    status: 'notice',
    message: `${listed(old.map(({name}) => name))} ${old.length === 1 ? 'is' : 'are'} older than a year`,
    evidence,
    remedies: [cureBy('new passwords, without losing a task', ...rotate)],
  }
}

const mostNamed = 4

function listed(names: readonly string[]): string {
  const more = names.length - mostNamed
  return more > 0 ? `${names.slice(0, mostNamed).join(', ')} and ${more} more` : names.join(', ')
}
