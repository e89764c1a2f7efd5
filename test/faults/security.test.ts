import {runFaults} from './run.ts'

await runFaults('security')
