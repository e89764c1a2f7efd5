// Reads vitest's JSON report; tells what was skipped and the counts, and fails on a skip that nobody announced.
//   node .ci/summary.mjs <report.json> <exit code of the tests> <failed steps before the tests>
import {readFileSync} from 'node:fs'

const [file, exitCode, failedSteps] = process.argv.slice(2)
const parts = [
  ...readFileSync(new URL('unavailable.md', import.meta.url), 'utf8').matchAll(/^- \*\*(.+?)\*\*/gm),
].map(([, part]) => part)

const say = line => process.stdout.write(`${line}\n`)

let suites = []
try {
  suites = JSON.parse(readFileSync(file, 'utf8')).testResults
} catch (error) {
  say(`The tests left no report: ${error.message}`)
}
const tests = suites.flatMap(suite => suite.assertionResults)
const count = status => tests.filter(test => test.status === status).length
// A file that could not even be loaded has failed without a single test.
const broken = suites.filter(
  suite => suite.status === 'failed' && !suite.assertionResults.some(test => test.status === 'failed'),
)
const skipped = tests.filter(test => ['skipped', 'pending', 'todo'].includes(test.status))

let unannounced = 0
const missing = new Map()
for (const {fullName} of skipped) {
  const part = parts.find(each => fullName.includes(`needs ${each}`))
  if (part) missing.set(part, (missing.get(part) ?? 0) + 1)
  else {
    unannounced += 1
    say(`Skipped, and not in .ci/unavailable.md: ${fullName}`)
  }
}
for (const [part, times] of missing) say(`Not to be had here: ${part} (${times} tests skipped)`)
for (const {name, message} of broken) say(`Could not be run: ${name}: ${message}`)

let failed = count('failed') + broken.length + unannounced + Number(failedSteps)
// vitest also fails for errors outside any test; no tests at all is a failure, too.
if (failed === 0 && (exitCode !== '0' || count('passed') === 0)) failed = 1
say(`${count('passed')} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
