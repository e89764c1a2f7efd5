# Celery's own receiver with its State: says when it has taken in as many events as it is told to, and what it took.
import json
import re
import sys
import time

from celery import Celery
from celery.events.state import State

app = Celery(broker=sys.argv[1])
state = State()
seen = begun = cpu = 0


def take(event):
    global seen, begun, cpu
    state.event(event)
    if event['type'] == 'worker-heartbeat':
        return
    if seen == 0:
        begun, cpu = time.perf_counter(), time.process_time()
    seen += 1
    if seen == int(sys.argv[2]):
        # Not getrusage: that begins with what the process had that started this one.
        peak = int(re.search(r'VmHWM:\s+(\d+)', open('/proc/self/status').read())[1])
        print(json.dumps({
            'events': seen, 'missed': 0, 'seconds': time.perf_counter() - begun,
            'cpuSeconds': time.process_time() - cpu, 'rssBytes': peak * 1024,
        }), flush=True)


with app.connection() as connection:
    app.events.Receiver(connection, handlers={'*': take}).capture(limit=None, timeout=None, wakeup=False)
