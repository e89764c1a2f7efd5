import {cureBy} from '../report/finding.ts'
import {defineCheck, fail, pass, skip} from './check.ts'
import {affectedBy, containerOf, hubMon} from './names.ts'

export const recorderVersions = defineCheck({
  id: 'recorder.versions',
  category: 'recorder',
  title: 'The recorder is of this version',
  why: 'What one version writes another may read otherwise; an old recorder lacks what has been mended since.',
  looksAt: 'The version of hub-mon that the recorder says it is, and one that stands by for it.',
  confirm: ['docker inspect --format {{.Config.Image}} hub-recorder'],
  cure: ['hub-mon up --build'],
  severity: 'notice',
  phase: 'running',
  needs: ['history'],
  reads: ['docker'],
  judge(snapshot, {history: {recorder, standby}}) {
    if (recorder === null) return skip('no recorder writes')
    const others = [
      {tool: recorder.tool, words: `the recorder on ${recorder.host} is ${recorder.tool}`},
      ...(standby === null
        ? []
        : [{tool: standby.tool, words: `the one that stands by on ${standby.host} is ${standby.tool}`}]),
    ].filter(({tool}) => tool !== snapshot.tool)
    if (others.length === 0) return pass(`${recorder.tool}, on ${recorder.host}`)
    const differ = standby !== null && standby.tool !== recorder.tool
    return fail(`${others.map(({words}) => words).join(', ')}; this is ${snapshot.tool}`, {
      severity: differ ? 'warning' : 'notice',
      affects: affectedBy(snapshot, 'recorder'),
      remedies: [
        containerOf(snapshot, 'recorder') === undefined
          ? cureBy('start it again with this version', ...hubMon(snapshot, 'record', '--wait', '1h'))
          : cureBy('build it anew', ...hubMon(snapshot, 'up', '--build')),
      ],
    })
  },
})
