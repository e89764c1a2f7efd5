import type Docker from 'dockerode'
import {asked, type Engine} from './engine.ts'

/** What tells of an engine, its storage and its kernel; addresses of proxies and registries, which may hold passwords, are left out. */
const told = [
  ...['ServerVersion', 'OperatingSystem', 'OSType', 'OSVersion', 'Architecture', 'KernelVersion'],
  ...['NCPU', 'MemTotal', 'MemoryLimit', 'SwapLimit', 'CgroupDriver', 'CgroupVersion', 'SecurityOptions'],
  ...['Containers', 'ContainersRunning', 'ContainersPaused', 'ContainersStopped', 'Images'],
  ...['Driver', 'DriverStatus', 'DockerRootDir', 'LoggingDriver', 'DefaultRuntime', 'LiveRestoreEnabled'],
  ...['Debug', 'NFd', 'NGoroutines', 'IPv4Forwarding', 'BridgeNfIptables', 'SystemTime', 'Warnings'],
]

type Abortable = {
  info(options: {abortSignal: AbortSignal}): Promise<Record<string, unknown>>
  version(options: {abortSignal: AbortSignal}): Promise<Docker.DockerVersion>
}

/** More of the engine than a look needs, for somebody who looks from afar. */
export async function readEngineInfo(
  engine: Engine,
  signal: AbortSignal,
): Promise<{address: string; version: unknown; info: Record<string, unknown>}> {
  const client = engine.client as Docker & Abortable
  const [info, version] = await Promise.all([
    asked(engine, client.info({abortSignal: signal}), signal),
    asked(engine, client.version({abortSignal: signal}), signal),
  ])
  return {
    address: engine.address,
    version,
    info: Object.fromEntries(told.filter(name => info[name] !== undefined).map(name => [name, info[name]])),
  }
}
