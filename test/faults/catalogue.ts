import {readdir} from 'node:fs/promises'
import path from 'node:path'
import type {Fault} from './fault.ts'

/** In the order in which they build on each other; each is a folder here and a test file of its name. */
export const areas = ['docker', 'containers', 'redis', 'celery', 'flower', 'security', 'pairs'] as const
export type Area = (typeof areas)[number]

export type Listed = {
  /** `redis/stopped`: its file's name without the ending. */
  id: string
  area: Area
  fault: Fault
}

const folder = import.meta.dirname

/** Every fault of an area, by name. */
export async function faultsOf(area: Area): Promise<Listed[]> {
  const files = await readdir(path.join(folder, area)).catch(() => [])
  const names = files.filter(file => file.endsWith('.fault.ts')).map(file => file.replace('.fault.ts', ''))
  return await Promise.all(
    names.sort().map(async name => {
      const {default: fault} = (await import(`./${area}/${name}.fault.ts`)) as {default: Fault}
      return {id: `${area}/${name}`, area, fault}
    }),
  )
}

export async function allFaults(): Promise<Listed[]> {
  return (await Promise.all(areas.map(faultsOf))).flat()
}
