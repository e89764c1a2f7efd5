import {expect, test} from 'vitest'
import {alertRows} from '../../src/alerts/rows.ts'
import {overFlower} from '../../src/render/rules/over-flower.ts'
import {overHubMon} from '../../src/render/rules/over-hub-mon.ts'
import {rulesFor} from '../../src/render/rules/rules.ts'
import {rulesYaml} from '../../src/render/rules/yaml.ts'

const rows = alertRows({
  expected: {
    ...{poolProcesses: null, nodes: null},
    bounds: [
      {metric: 'queue_messages', labels: {queue: 'reports'}, warning: {above: 500}},
      {metric: 'task_success_ratio', critical: {below: 0.5}},
      {metric: 'celery_pool_processes', warning: {below: 2}},
    ],
  },
})

test.each([overHubMon, overFlower])('rules over $id', async source => {
  const text = await rulesYaml(
    rulesFor(rows, source, ['--project-name', 'shop']),
    source,
    'hub-mon alerts rules',
  )
  await expect(text).toMatchFileSnapshot(`./rules/${source.id}.txt`)
})
