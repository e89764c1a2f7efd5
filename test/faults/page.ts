import type {Listed} from './catalogue.ts'
import type {Result} from './results.ts'

/** A row of docs/faults.md as far as the fault itself says it: what the page must not say otherwise. */
export function rowStart({id, fault}: Listed): string {
  return `| \`${id}\` | ${cell(fault.title)} | \`${fault.expects.first}\``
}

/** `docs/faults.md`, with the rows of the page as it was for faults that have not been run here. */
export function faultsPage(faults: readonly (Listed & {result: Result | null})[], old: string): string {
  const rows = faults.map(listed => {
    const start = rowStart(listed)
    const {result} = listed
    if (result === null)
      return old.split('\n').find(line => line.startsWith(start)) ?? `${start}: not run yet | | | |`
    const {message, seconds, decision, typed} = result
    const cure = [
      ...(decision === null ? [] : [cell(decision)]),
      ...(typed === null ? [] : [`\`${cell(typed)}\``]),
    ].join('; then ')
    const how =
      decision === null ? 'typed as it stands' : `a person's decision${typed === null ? '' : ', then typed'}`
    return `${start}: ${cell(message)} | ${seconds.toFixed(1)} s | ${cure} | ${how} |`
  })
  return `# Faults

<!-- Written by \`npm run docs -- faults\` from the last run of test/faults; edit those. -->

In an incident ten things look broken and one is. Each fault in [test/faults](https://github.com/hub-mon/hub-mon/tree/main/test/faults) is done to a healthy hub of its own, with a real engine, a real Redis and real workers; then \`doctor\` has to
name the cause first, with everything else that is red marked as following from it, within 5 s, and its first cure is typed as it stands, or, where that is a person's to decide,
carried out as it says. After that the hub has to be healthy again.

Times are of the whole process on the machine of the last run, two cores that ran two hubs side by side.

| fault | what has happened | what \`doctor\` says first | after | its cure | verified by |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

${rows.length} faults.
`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')
}
