import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {docker, root} from './hub.ts'

/** `celery … flower --port=5555` answers as a Flower that sees the node of the hub it is in, or those of STAND_IN_NODES. */
const celery = `#!/bin/sh
conf=
for word; do case $word in --conf=*) conf=$word ;; esac; done
exec python3 -u /stand-ins/flower.py --port 5555 --read-only --recordings /flower-2.1.0 \\
  --nodes "\${STAND_IN_NODES:-celery@\${HOSTNAME%-flower}-celery-worker}" $conf
`

/**
 * An image in which the stand-in takes Flower's place, for machines that cannot have Flower: the hub's own image and
 * two folders. Needs no builder and no network.
 */
export async function makeFlowerImage(name: string): Promise<{remove: () => Promise<void>}> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hub-mon-flower-'))
  const program = path.join(folder, 'celery')
  await writeFile(program, celery, {mode: 0o755})
  const container = (await docker('create', 'hub-mon/hub:0.1')).trim()
  try {
    await docker('cp', path.join(root, 'test/stand-ins'), `${container}:/stand-ins`)
    await docker('cp', path.join(root, 'test/recordings/flower-2.1.0'), `${container}:/flower-2.1.0`)
    await docker('cp', program, `${container}:/usr/local/bin/celery`)
    await docker('commit', '--change', 'LABEL org.hub-mon.without=', container, name)
  } finally {
    await docker('rm', container)
    await rm(folder, {recursive: true})
  }
  return {remove: async () => void (await docker('rmi', name))}
}
