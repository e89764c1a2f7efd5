import {clean} from '../text/clean.ts'

type Initialised = {
  folder: string
  made: readonly string[]
  changed: readonly {name: string; why: string}[]
  kept: readonly string[]
}

/** What `secrets init` did, and where the login is; never what it is. */
export function initialisedText({folder, made, changed, kept}: Initialised): string {
  const lines = [
    made.length === 0 && changed.length === 0
      ? `All files are in ${folder} already; nothing was changed.`
      : made.length === 0
        ? `Nothing was missing in ${folder}.`
        : `Made ${count(made.length)} in ${folder}${kept.length === 0 ? '' : `, and left ${count(kept.length)} as they were`}.`,
    ...changed.map(({name, why}) => `Changed ${name}: ${why}.`),
    ...(changed.length === 0
      ? []
      : [
          'What runs learns of it when it is started again; of passwords of Redis, also by hub-mon secrets rotate.',
        ]),
    `The user and the password for the browser stand in ${folder}/login.`,
  ]
  return lines.map(line => `${clean(line)}\n`).join('')
}

function count(files: number): string {
  return files === 1 ? '1 file' : `${files} files`
}
