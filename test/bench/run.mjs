// Not a test: nothing here passes or fails. The measuring is TypeScript, so that it starts Redis and Celery as the tests do.
import {register} from 'tsx/esm/api'

register()
const {bench} = await import('./bench.ts')
await bench(process.argv.slice(2))
