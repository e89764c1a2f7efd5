import {readdirSync, readFileSync} from 'node:fs'
import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js'
import {describe, expect, test} from 'vitest'
import {sampleNotification} from '../../../src/alerts/notification.ts'
import {alertsNow} from '../../../src/alerts/now.ts'
import {errorEnvelope, resultEnvelope} from '../../../src/cli/envelope.ts'
import {HubError} from '../../../src/errors/hub-error.ts'
import {alertsJson} from '../../../src/render/alerts/json.ts'
import {reportJson, statsJson} from '../../../src/render/json.ts'
import {hub, unreadable} from '../../fixtures/broken.ts'
import {healthy as healthySnapshot} from '../../fixtures/healthy.ts'
import {history} from '../../fixtures/history.ts'
import {empty, healthy, hostile, troubled} from '../../golden/reports.ts'

const schemas = new URL('../../../schemas/', import.meta.url)
const snapshots = new URL('../../fixtures/snapshots/', import.meta.url)
const read = (file: string, from: URL) => JSON.parse(readFileSync(new URL(file, from), 'utf8'))

/** Dates are described, not checked: ajv knows no formats by itself. */
function validator(id: string, shape: (schema: unknown) => unknown = schema => schema): ValidateFunction {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    validateFormats: false,
    allErrors: true,
  })
  for (const file of readdirSync(schemas)) ajv.addSchema(shape(read(file, schemas)) as object)
  const validate = ajv.getSchema(`urn:hub-mon:${id}`)
  if (validate === undefined) throw new Error(`no schema ${id}`)
  return validate
}

function complaints(validate: ValidateFunction, document: unknown): unknown {
  return validate(JSON.parse(JSON.stringify(document))) ? [] : validate.errors
}

/** Consumers must tolerate new keys; we must not print any that no schema describes. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (schema === null || typeof schema !== 'object') return schema
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)])
  const result = Object.fromEntries(entries)
  const isShape = result.type === 'object' && result.properties !== undefined
  if (
    isShape &&
    result.allOf === undefined &&
    result.$id === undefined &&
    result.additionalProperties === undefined
  )
    result.additionalProperties = false
  return result
}

const frame = {command: 'doctor', version: '0.1.0', warnings: []}
const enveloped = (schema: string, data: unknown) =>
  resultEnvelope(frame, {schema, verdict: 'ok', exitCode: 0, data})

describe.each(Object.entries({troubled, hostile, healthy, empty}))('%s', (_name, report) => {
  test.each([
    ['doctor@1', reportJson],
    ['stats@1', statsJson],
  ] as const)('%s holds, and has no key that is not described', (id, json) => {
    const document = enveloped(`hub-mon/${id}`, json(report))
    expect(complaints(validator(id), document)).toEqual([])
    expect(complaints(validator(id, closed), document)).toEqual([])
  })
})

test.each([[history()], [history({before: null, recorder: null})], [null]])(
  'stats@1 holds with a window',
  kept => {
    const document = enveloped('hub-mon/stats@1', statsJson({...healthy, history: kept}))
    expect(complaints(validator('stats@1'), document)).toEqual([])
    expect(complaints(validator('stats@1', closed), document)).toEqual([])
  },
)

test.each([
  ['nothing fires', healthySnapshot()],
  ['Redis does not answer', hub(snapshot => unreadable(snapshot, 'redis', {code: 'x', message: 'x'}))],
])('alerts@1 and alert@1 hold: %s', (_name, now) => {
  const look = {now, windows: null}
  const document = enveloped('hub-mon/alerts@1', alertsJson(alertsNow(look, null, 0)))
  expect(complaints(validator('alerts@1'), document)).toEqual([])
  expect(complaints(validator('alerts@1', closed), document)).toEqual([])
  const sent = sampleNotification({id: 'x', tool: '0.1.0', hub: 'hub'}, 0)
  expect(complaints(validator('alert@1', closed), sent)).toEqual([])
})

test('error@1 holds', () => {
  const error = new HubError('usage', 'no-such-check', 'there is no check x', {
    suggestions: ['hub-mon doctor --list'],
  })
  expect(complaints(validator('error@1', closed), errorEnvelope(frame, error))).toEqual([])
  expect(complaints(validator('error@1'), enveloped('hub-mon/error@1', {}))).not.toEqual([])
})

test('up@1 tells a result from another command’s', () => {
  const result = {
    project: 'hub',
    file: '/hub.yml',
    engine: 'unix:///x',
    changed: true,
    services: [],
    leftOut: [],
    urls: [],
  }
  expect(complaints(validator('up@1'), enveloped('hub-mon/up@1', result))).toEqual([])
  expect(complaints(validator('up@1'), enveloped('hub-mon/down@1', result))).not.toEqual([])
  expect(complaints(validator('up@1'), enveloped('hub-mon/up@1', {project: 'hub'}))).not.toEqual([])
})

/** Every document that a command can print has a schema of its name. */
test('each schema id in the commands has a file', () => {
  const commands = new URL('../../../src/commands/', import.meta.url)
  const sources = readdirSync(commands, {recursive: true, encoding: 'utf8'}).filter(file =>
    file.endsWith('.ts'),
  )
  const ids = sources.flatMap(file =>
    [...readFileSync(new URL(file, commands), 'utf8').matchAll(/'hub-mon\/([a-z-]+@\d+)'/g)].map(
      match => match[1],
    ),
  )
  expect(ids.length).toBeGreaterThan(10)
  for (const id of ids) expect(readdirSync(schemas)).toContain(`${id}.json`)
})

test.each(readdirSync(snapshots).filter(file => file.endsWith('.json')))('snapshot@1 holds for %s', file => {
  expect(complaints(validator('snapshot@1'), read(file, snapshots))).toEqual([])
})

/** Every key that a schema promises is missed when it is taken away. */
test.each([
  ['data', (data: Doctor) => data],
  ['finding', (data: Doctor) => data.findings[0]],
  ['evidence', (data: Doctor) => data.findings[0]?.evidence[0]],
  ['remedy', (data: Doctor) => data.findings[0]?.remedies[0]],
  ['sample', (data: Doctor) => data.samples[0]],
  ['unread', (data: Doctor) => data.unread[0]],
  ['target', (data: Doctor) => data.target],
])('no key of %s can be left out', (_name, part) => {
  const validate = validator('doctor@1')
  const keys = Object.keys(part(reportJson(troubled)) ?? {})
  expect(keys).not.toEqual([])
  for (const key of keys) {
    const data = structuredClone(reportJson(troubled))
    delete (part(data) as Record<string, unknown>)[key]
    expect(complaints(validate, enveloped('hub-mon/doctor@1', data)), key).not.toEqual([])
  }
})
type Doctor = ReturnType<typeof reportJson>

test('these keys and no others: a change here is a change for everybody who reads them', () => {
  const data = reportJson(troubled)
  expect(Object.keys(data)).toEqual([
    'tool',
    'takenAt',
    'target',
    'unread',
    'verdict',
    'counts',
    'next',
    'findings',
    'samples',
  ])
  expect(Object.keys(data.findings[0] ?? {})).toEqual([
    'check',
    'category',
    'title',
    'status',
    'message',
    'evidence',
    'affects',
    'remedies',
    'docs',
    'becauseOf',
  ])
  expect(Object.keys(data.samples[0] ?? {})).toEqual([
    'metric',
    'title',
    'labels',
    'unit',
    'value',
    'level',
    'target',
    'targetMet',
    'alerts',
    'source',
    'since',
    'samples',
    'leastSamples',
    'note',
  ])
})

test('a command is there as words and as a line for a shell', () => {
  const remedies = reportJson(hostile).findings[0]?.remedies ?? []
  expect(remedies[0]?.command?.[2]).toBe('$(touch x)')
  expect(remedies[0]?.line).toMatch(/^hub-mon restart '\$\(touch x\)' "\$\(printf /)
})
