import {randomBytes} from 'node:crypto'
import {afterAll, beforeAll, describe, it} from 'vitest'
import {type ComposeHub, startComposeHub} from '../services/compose-hub.ts'
import {makeFlowerImage} from '../services/flower-image.ts'
import {type HostHub, onHostHub} from '../services/host-hub.ts'
import type {Operator} from '../services/operator.ts'
import {type Area, faultsOf, type Listed} from './catalogue.ts'
import type {ComposeFault, HostFault} from './fault.ts'
import {expectHealth, prove} from './prove.ts'
import {keepResult, type Result, withUsualNames} from './results.ts'

/** Makes a test of each fault of an area: a healthy hub, broken, the cause named first, cured as doctor says, healthy again. */
export async function runFaults(area: Area): Promise<void> {
  const all = (await faultsOf(area)).filter(({fault}) => !fault.slow || process.env.HUB_MON_FAULTS === 'all')
  const onStack = all.flatMap(({id, fault}) => (fault.on === 'compose' ? [{id, fault}] : []))
  const onHost = all.flatMap(({id, fault}) => (fault.on === 'host' ? [{id, fault}] : []))
  if (onHost.length > 0)
    describe.concurrent(`${area}, without containers`, () => {
      for (const listed of onHost) it(titleOf(listed), () => proveOnHost(listed))
    })
  if (onStack.length > 0) describe(`${area}, on a stack`, () => proveOnStack(onStack))
}

type Of<F> = Pick<Listed, 'id'> & {fault: F}

const titleOf = ({id, fault}: Of<ComposeFault | HostFault>) => `${id}: ${fault.title}`

function proveOnHost({id, fault}: Of<HostFault>): Promise<void> {
  const work = async (hub: HostHub) => {
    await (fault.start ?? oneNode)(hub)
    expectHealth(await hub.doctor('--wait', '30s'))
    await keep(id, fault.title, hub, await prove(fault, hub))
  }
  return onHostHub(fault.app ?? {}, work, fault.redis)
}

async function oneNode(hub: HostHub): Promise<void> {
  await hub.app.worker('-n', 'one@test', '-c', '1', '-E')
  await hub.flower(['one@test'])
}

function proveOnStack(all: readonly Of<ComposeFault>[]): void {
  const image = `hub-mon/flower-stand-in:${randomBytes(4).toString('hex')}`
  let made: Awaited<ReturnType<typeof makeFlowerImage>> | undefined
  let shared: ComposeHub | undefined
  /** A fault that failed may have left anything behind: the next one gets a new stack. */
  let spoiled = false
  beforeAll(async () => {
    made = await makeFlowerImage(image)
  })
  afterAll(async () => {
    await shared?.remove()
    await made?.remove()
  })
  const takeShared = async () => {
    if (spoiled) await shared?.remove()
    if (shared === undefined || spoiled) {
      shared = undefined
      shared = await startHealthy(image)
    }
    spoiled = true
    return shared
  }
  for (const {id, fault} of all)
    it(titleOf({id, fault}), async () => {
      const hub = fault.alone === undefined ? await takeShared() : await startHealthy(image, fault.alone)
      try {
        await keep(id, fault.title, hub, await prove(fault, hub))
        if (hub === shared) spoiled = false
      } finally {
        if (hub !== shared) await hub.remove()
      }
    })
}

async function startHealthy(image: string, variables?: Record<string, string>): Promise<ComposeHub> {
  const hub = await startComposeHub(image, variables)
  try {
    expectHealth(await hub.doctor('--wait', '60s'))
    return hub
  } catch (error) {
    await hub.remove()
    throw error
  }
}

function keep(
  id: string,
  title: string,
  hub: Operator & {project?: string},
  {message, decision, typed, ...rest}: Awaited<ReturnType<typeof prove>>,
): Promise<void> {
  const usual = (text: string | null) => (text === null ? null : withUsualNames(text, hub))
  const result: Result = {
    ...{id, title, ...rest},
    message: withUsualNames(message, hub),
    decision: usual(decision),
    typed: usual(typed),
  }
  return keepResult(result)
}
