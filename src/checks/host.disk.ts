import {bytes} from '../render/text/bytes.ts'
import {confirmBy, cureBy} from '../report/finding.ts'
import {defineCheck, fail, pass, skip} from './check.ts'

const little = 2_000_000_000
const hardlyAny = 500_000_000

export const hostDisk = defineCheck({
  id: 'host.disk',
  category: 'host',
  title: 'There is room on the disk',
  why: 'Redis refuses all writes once it cannot save (MISCONF), and images cannot be fetched.',
  looksAt: 'Free bytes where the engine keeps its data: a warning below 2 GB, critical below 500 MB.',
  confirm: ['df -h /var/lib/docker', 'docker system df'],
  cure: ['docker system prune'],
  severity: 'warning',
  phase: 'always',
  needs: [],
  roots: 'host',
  follows: ['docker.reachable'],
  judge({sources}) {
    const reading = sources.host
    if (reading === undefined || reading.status === 'unavailable')
      return fail(`this machine could not be asked: ${reading?.error.message ?? 'no reason given'}`, {
        severity: 'notice',
        remedies: [confirmBy('how full the disks are', 'df', '-h')],
      })
    const {disk} = reading.value
    if (disk === null) return skip('how full the disk is could not be read')
    const free = `${bytes(disk.freeBytes)} of ${bytes(disk.totalBytes)} free at ${disk.path}`
    if (disk.freeBytes >= little) return pass(free)
    const critical = disk.freeBytes < hardlyAny
    return fail(`only ${free}`, {
      severity: critical ? 'critical' : 'warning',
      evidence: [
        {
          ...{label: 'free', value: disk.freeBytes, unit: 'bytes'},
          bound: `below ${critical ? '500 MB' : '2 GB'}`,
        },
      ],
      remedies: [
        confirmBy('what Docker keeps', 'docker', 'system', 'df'),
        cureBy('remove stopped containers, unused networks and dangling images', 'docker', 'system', 'prune'),
      ],
    })
  },
})
