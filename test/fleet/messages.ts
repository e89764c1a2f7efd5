import {pythonJson} from './python-json.ts'

/** A task's message as it lies in a queue's list. */
export function taskMessage(task: {id: string; name: string; queue: string; priority?: number}): string {
  const body = [
    [1042, 'a short text'],
    {dry_run: false},
    {callbacks: null, errbacks: null, chain: null, chord: null},
  ]
  return pythonJson({
    body: base64(body),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: {
      lang: 'py',
      task: task.name,
      id: task.id,
      shadow: null,
      eta: null,
      expires: null,
      group: null,
      group_index: null,
      retries: 0,
      timelimit: [null, null],
      root_id: task.id,
      parent_id: null,
      argsrepr: "(1042, 'a short text')",
      kwargsrepr: "{'dry_run': False}",
      origin: 'gen41@web-7c9f',
      ignore_result: false,
      replaced_task_nesting: 0,
      stamped_headers: null,
      stamps: {},
    },
    properties: {
      correlation_id: task.id,
      reply_to: '6a0f1f0e-3f5c-3f43-8f0c-2f0b8c7f3c11',
      delivery_mode: 2,
      delivery_info: {exchange: '', routing_key: task.queue},
      priority: task.priority ?? 0,
      body_encoding: 'base64',
      delivery_tag: task.id,
    },
  })
}

export function base64(value: unknown): string {
  return Buffer.from(pythonJson(value)).toString('base64')
}
