/** `docs/performance.md`: what was measured, and what the figures mean. */
export function page(
  tables: {
    startUp: string
    celery: string
    open: string
    deep: string
    history: string
    recorder: string
    fleet: string
  },
  machine: string,
  day: string,
): string {
  return `# Performance

Start-up is a feature: an operator types \`hub-mon doctor\` many times in an incident, a script every minute. Every figure stands beside a yardstick
measured in the same run, in turns; trust the ratios (of the medians), not the milliseconds. \`npm run bench -- --write\` makes this page anew (with a hub running: \`hub-mon up\`).

Measured on ${day}: ${machine}.

## Start-up

${tables.startUp}

- The yardstick of \`doctor\` is \`celery inspect ping\` inside the worker's container: it starts a Python, imports the application and waits its full second for nodes that may
  still answer. \`doctor\` asks all nodes, Docker, Compose, Redis and Flower at once and is done when every subscribed node has answered.
- CPU and memory come from the engine's own statistics. Engines before 25 take one to two seconds for a sample, whoever asks; \`--skip stack.cpu,stack.memory\` leaves that out.
- What makes the start-up: [ADR 0003](adr/0003-one-bundle-few-files.md).

## Beside Celery's own commands

Whole processes on the same machine as Redis and real workers; \`hub-mon … --redis-url\` beside \`celery -A tasks …\` in the application's folder.

${tables.celery}

## Over an open connection

In one process each, Node and Python, both connected before the clock starts.

${tables.open}

## A queue of a million messages

${tables.deep}

## A week of ten million tasks

Beside a week of ten thousand of the same twenty task types: what is read is buckets of time, whatever was counted in them.

${tables.history}

## The recorder

Celery's events through a real Redis, replayed: what \`hub-mon record\` takes in with its histograms and its writes to the store on the same Redis, beside Celery's own receiver with its \`State\`. Above, with
nobody dropped, how quick; below, with the limits that Redis has by itself (\`client-output-buffer-limit pubsub 32mb 8mb 60\`), how quick events may come until any is lost, and what the recorder then
says that it missed. Sender, Redis and recorder share this machine.

${tables.recorder}

## 1,000 nodes and 200 queues

Simulated ([test/fleet](https://github.com/hub-mon/hub-mon/tree/main/test/fleet)): every node answers every question with what a real one would say. What the simulator itself uses of the machine is seen apart.

${tables.fleet}
`
}
