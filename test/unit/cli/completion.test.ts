import {spawnSync} from 'node:child_process'
import {describe, expect, it} from 'vitest'
import {completionScript} from '../../../src/cli/completion.ts'

const commands = [
  {words: 'config show', summary: 'show settings', flags: ['--json'], values: []},
  {words: 'doctor', summary: "what's wrong", flags: ['--json', '--wait'], values: []},
  {words: 'explain', summary: 'explain a check', flags: [], values: ['redis.reachable', 'redis.memory']},
  {words: 'workers', summary: 'show nodes', flags: ['--watch'], values: []},
  {words: 'workers ping', summary: 'ping nodes', flags: ['--json'], values: []},
  {words: 'workers pool grow', summary: 'grow a pool', flags: ['--yes'], values: []},
  {words: 'workers pool shrink', summary: 'shrink a pool', flags: ['--dry-run'], values: []},
]

/** What bash offers after these words. */
function offered(...words: string[]): string[] {
  const script = `${completionScript('bash', commands)}
COMP_WORDS=(hub-mon "$@"); COMP_CWORD=$#; _hub_mon; printf '%s\\n' "\${COMPREPLY[@]}"`
  const {stdout, stderr, status} = spawnSync('bash', ['-c', script, 'bash', ...words], {encoding: 'utf8'})
  expect({stderr, status}).toEqual({stderr: '', status: 0})
  return stdout.split('\n').filter(word => word !== '')
}

describe('completion for bash', () => {
  it('offers commands, then their flags and values', () => {
    expect(offered('')).toEqual(['config', 'doctor', 'explain', 'workers'])
    expect(offered('do')).toEqual(['doctor'])
    expect(offered('doctor', '--w')).toEqual(['--wait'])
    expect(offered('explain', 'redis.m')).toEqual(['redis.memory'])
    expect(offered('config', '')).toEqual(['show'])
    expect(offered('config', 'show', '--')).toEqual(['--json'])
  })

  it('offers what stands below a command, at any depth, with the flags of each its own', () => {
    expect(offered('workers', '')).toEqual(['ping', 'pool', '--watch'])
    expect(offered('workers', 'po')).toEqual(['pool'])
    expect(offered('workers', 'celery@a', 'p')).toEqual([])
    expect(offered('workers', 'ping', '--')).toEqual(['--json'])
    expect(offered('workers', 'pool', '')).toEqual(['grow', 'shrink'])
    expect(offered('workers', 'pool', 'grow', 'celery@a', '--')).toEqual(['--yes'])
  })
})

describe('completion for zsh', () => {
  it('quotes what a shell would take for its own', () => {
    expect(completionScript('zsh', commands)).toContain(`'doctor:what'\\''s wrong'`)
  })
})
