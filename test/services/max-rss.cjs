// Loaded into a process that is measured: at its end says on descriptor 3 how much memory it had at most, in KiB.
const {readFileSync, writeSync} = require('node:fs')

process.once('exit', () => {
  // What getrusage tells is never less than what the process was forked from.
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : ''
  writeSync(3, /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? String(process.resourceUsage().maxRSS))
})
