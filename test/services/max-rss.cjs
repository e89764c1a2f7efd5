// Loaded into a process that is measured: at its end says on descriptor 3 how much memory it had at most, in KiB.
const {writeSync} = require('node:fs')

process.once('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)))
