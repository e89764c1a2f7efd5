"""One task for each thing that a hub's monitoring has to show."""

import time

from .celery_app import app


class CustomerMissing(Exception):
    """What `failing` fails with."""


class UpstreamBusy(Exception):
    """What `retrying` tries again for."""


@app.task
def quick(number=0):
    """Done in a few milliseconds."""
    return sum(range(number % 1000))


@app.task
def slow(seconds=2.0):
    """Holds a pool process for a while."""
    time.sleep(seconds)
    return seconds


@app.task
def failing(order=0):
    """Fails, always."""
    raise CustomerMissing(f"order {order} has no customer")


@app.task(bind=True, max_retries=5)
def retrying(self, times=1, pause=0.5):
    """Fails `times` times, and succeeds then."""
    if self.request.retries < times:
        raise self.retry(exc=UpstreamBusy("the upstream asks us to come back"), countdown=pause)
    return self.request.retries


@app.task
def scheduled(label="later"):
    """Sent with a countdown: a worker holds it until its time has come."""
    return label


@app.task
def memory_hungry(megabytes=64, seconds=1.0):
    """Takes memory that is really touched, keeps it for a while, and gives it back."""
    block = bytearray(megabytes * 1024 * 1024)
    for page in range(0, len(block), 4096):
        block[page] = 1
    time.sleep(seconds)
    return len(block)


@app.task
def report(rows=1000):
    """Some computing, on the queue `reports`."""
    total = 0
    for row in range(rows):
        total += row * row % 97
    return total
