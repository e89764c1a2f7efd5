import {SourceError} from '../../snapshot/source-error.ts'
import {asked, type Engine, isMissing, toSourceError} from './engine.ts'
import type {ExecResult} from './exec.ts'
import {decodeFrames} from './frames.ts'

/** What is mounted there in the container. */
export const mountedAt = '/folder'

const mostBytes = 1024 * 1024

export type AsRoot = {
  /** Names of images that have a shell, the best first: one that the engine has is taken, none is fetched. */
  images: readonly string[]
  /** The one folder that it sees, absolute; mounted at `/folder`. */
  folder: string
  /** For `/bin/sh`. */
  script: string
  /** `$1`, `$2`, … of the script. */
  words: readonly string[]
}

/**
 * Runs a script as root in a container that sees one folder and no network, and whose output is kept in no log.
 * Throws a `SourceError`: `no-image` where the engine has none of them, `too-much`, `timeout`, `api`.
 */
export async function runAsRoot(
  engine: Engine,
  {images, folder, script, words}: AsRoot,
  signal: AbortSignal,
): Promise<ExecResult> {
  const image = await presentImage(engine, images, signal)
  const answer = engine.client.createContainer({
    Image: image,
    User: '0:0',
    Entrypoint: ['/bin/sh', '-c', script, 'sh'],
    Cmd: [...words],
    AttachStdout: true,
    AttachStderr: true,
    NetworkDisabled: true,
    Labels: {'org.hub-mon.does': 'hand over secrets'},
    HostConfig: {
      NetworkMode: 'none',
      // As a mount, not a bind: a folder may have a colon in its name.
      Mounts: [{Type: 'bind', Source: folder, Target: mountedAt}],
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
      SecurityOpt: ['no-new-privileges:true'],
      LogConfig: {Type: 'none', Config: {}},
    },
    abortSignal: signal,
  })
  const container = await asked(engine, answer, signal)
  try {
    const stream = await container.attach({stream: true, stdout: true, stderr: true, abortSignal: signal})
    const stop = () => (stream as unknown as {destroy: (reason: Error) => void}).destroy(new Error('aborted'))
    signal.addEventListener('abort', stop, {once: true})
    const output = {stdout: [] as Buffer[], stderr: [] as Buffer[]}
    try {
      await container.start({abortSignal: signal})
      let total = 0
      for await (const {stream: name, bytes} of decodeFrames(stream as AsyncIterable<Buffer>, false)) {
        total += bytes.length
        if (total > mostBytes) throw new SourceError('too-much', `a container of ${image} printed over 1 MiB`)
        output[name].push(bytes)
      }
    } finally {
      signal.removeEventListener('abort', stop)
    }
    const {StatusCode} = (await container.wait({abortSignal: signal})) as {StatusCode?: number}
    return {
      exitCode: StatusCode ?? -1,
      stdout: Buffer.concat(output.stdout).toString(),
      stderr: Buffer.concat(output.stderr).toString(),
    }
  } catch (error) {
    throw toSourceError(engine, error, signal)
  } finally {
    // Also when it was interrupted: nothing of it is to be left.
    await container.remove({force: true, v: true}).catch(() => {})
  }
}

async function presentImage(engine: Engine, images: readonly string[], signal: AbortSignal): Promise<string> {
  for (const image of images) {
    signal.throwIfAborted()
    try {
      await engine.client.getImage(image).inspect()
      return image
    } catch (error) {
      if (!isMissing(error)) throw toSourceError(engine, error, signal)
    }
  }
  throw new SourceError('no-image', `the engine has none of the images ${images.join(', ')}`)
}
