"""hub-traffic: sends sample tasks at a rate, in a mix, and to an end.

In a container of the stack:  docker exec hub-celery-worker hub-traffic --count 60
"""

import argparse
import json
import random
import re
import sys
import time
from fractions import Fraction

from . import tasks
from .celery_app import app

# In per cent. Of 60 tasks 2 fail and 2 are tried again: a hub that is well, but not spotless.
DEFAULT_MIX = {
    "quick": 75,
    "report": 8,
    "slow": 5,
    "scheduled": 4,
    "retrying": 3,
    "failing": 3,
    "memory-hungry": 2,
}
DEFAULT_COUNT = 60
DEFAULT_RATE = 10.0
LARGEST_COUNT = 1_000_000

USAGE, UNAVAILABLE, GAVE_UP = 64, 69, 75


def main(argv=None):
    options = parse(argv)
    try:
        app.connection_for_write().ensure_connection(max_retries=2, interval_start=0.2, interval_step=0.2)
    except Exception as problem:  # whatever the transport raises
        return complain(f"the broker cannot be reached: {problem}", UNAVAILABLE)

    plan = apportion(options.mix, options.count)
    started = time.monotonic()
    sent, results = send(plan, options, started)
    summary = {
        "sent": sum(sent.values()),
        "byTask": {name: count for name, count in sent.items() if count},
        "durationSeconds": round(time.monotonic() - started, 3),
    }
    if options.wait is not None:
        summary.update(wait_for(results, options.wait))
    print(json.dumps(summary) if options.json else in_words(summary))
    return GAVE_UP if summary.get("unfinished") else 0


def parse(argv):
    parser = Parser(
        prog="hub-traffic",
        description="Send sample tasks to the hub, at a rate, in a mix, and to an end.",
        epilog=f"Without --count and --duration: {DEFAULT_COUNT} tasks. Tasks: {', '.join(KINDS)}.",
    )
    parser.add_argument("--count", type=count, metavar="N", help="how many tasks, at most")
    parser.add_argument("--duration", type=duration, metavar="TIME", help="for how long, at most: 30s, 5m, 1h")
    parser.add_argument("--rate", type=positive, default=DEFAULT_RATE, metavar="N", help="tasks a second (default 10)")
    parser.add_argument(
        "--mix",
        type=mix,
        default=DEFAULT_MIX,
        metavar="LIST",
        help="shares, e.g. quick=80,slow=5 (default: " + ",".join(f"{k}={v}" for k, v in DEFAULT_MIX.items()) + ")",
    )
    parser.add_argument("--wait", type=duration, metavar="TIME", help="then wait for their results, at most this long")
    parser.add_argument("--slow-seconds", type=positive, default=2.0, metavar="N", help="how long slow takes (2)")
    parser.add_argument("--megabytes", type=count, default=64, metavar="N", help="what memory-hungry takes (64)")
    parser.add_argument("--countdown", type=positive, default=5.0, metavar="N", help="seconds until scheduled runs (5)")
    parser.add_argument("--seed", type=int, default=None, metavar="N", help="send in the same order again")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(argv)
    if options.count is None:
        options.count = DEFAULT_COUNT if options.duration is None else int(options.rate * options.duration) or 1
    if options.count > LARGEST_COUNT:
        parser.error(f"that would be {options.count} tasks; {LARGEST_COUNT} at most in one go")
    return options


def apportion(shares, total):
    """How many of each: whole numbers that add up to `total`, as near to the shares as they can be."""
    whole = sum(Fraction(share) for share in shares.values())
    exact = {name: Fraction(share) * total / whole for name, share in shares.items()}
    counts = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: exact[name] - counts[name], reverse=True)
    for name in by_remainder[: total - sum(counts.values())]:
        counts[name] += 1
    return counts


def send(plan, options, started):
    order = [name for name, count in plan.items() for _ in range(count)]
    random.Random(options.seed).shuffle(order)
    sent, results = dict.fromkeys(plan, 0), []
    for index, name in enumerate(order):
        # Each has its own time from the start on, so that the rate holds however long one sending takes.
        due = started + index / options.rate
        if options.duration is not None and max(due, time.monotonic()) - started >= options.duration:
            break
        time.sleep(max(0.0, due - time.monotonic()))
        results.append(KINDS[name](index, options))
        sent[name] += 1
    return sent, results


def wait_for(results, seconds):
    deadline = time.monotonic() + seconds
    waiting = list(results)
    while waiting:
        waiting = [result for result in waiting if not result.ready()]
        if not waiting or time.monotonic() >= deadline:
            break
        time.sleep(min(0.2, max(0.0, deadline - time.monotonic())))
    open_ids = {result.id for result in waiting}
    failed = sum(result.failed() for result in results if result.id not in open_ids)
    return {
        "succeeded": len(results) - len(waiting) - failed,
        "failed": failed,
        "unfinished": len(waiting),
    }


def in_words(summary):
    kinds = ", ".join(f"{count} {name}" for name, count in summary["byTask"].items())
    line = f"Sent {summary['sent']} tasks in {summary['durationSeconds']:.1f} s: {kinds or 'none'}"
    if "unfinished" in summary:
        line += f". Done: {summary['succeeded']} succeeded, {summary['failed']} failed"
        if summary["unfinished"]:
            line += f", {summary['unfinished']} not finished yet"
    return line


KINDS = {
    "quick": lambda index, options: tasks.quick.delay(index),
    "slow": lambda index, options: tasks.slow.delay(options.slow_seconds),
    "failing": lambda index, options: tasks.failing.delay(index),
    "retrying": lambda index, options: tasks.retrying.delay(),
    "scheduled": lambda index, options: tasks.scheduled.apply_async(countdown=options.countdown),
    "memory-hungry": lambda index, options: tasks.memory_hungry.delay(options.megabytes),
    "report": lambda index, options: tasks.report.delay(),
}


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(USAGE, f"hub-traffic: {message}\nTry: hub-traffic --help\n")


def count(text):
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 on")
    return number


def positive(text):
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return number


def duration(text):
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", text)
    seconds = float(match[1]) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[match[2] or "s"] if match else 0
    if seconds <= 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time such as 30s, 5m or 1h")
    return seconds


def mix(text):
    shares = {}
    for part in text.split(","):
        name, equals, share = part.strip().partition("=")
        if name not in KINDS:
            raise argparse.ArgumentTypeError(f"there is no task '{name}'; there are {', '.join(KINDS)}")
        if not re.fullmatch(r"\d+(\.\d+)?", share) or not equals:
            raise argparse.ArgumentTypeError(f"'{part.strip()}' wants a share, such as {name}=5")
        shares[name] = Fraction(share)
    if not any(shares.values()):
        raise argparse.ArgumentTypeError("all shares are 0")
    return shares


def complain(message, code):
    print(f"hub-traffic: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
