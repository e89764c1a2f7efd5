"""The Celery application: `celery -A app.celery_app …`.

Runs with Celery 5.2 (Debian 12) to 5.6. Every setting that is not Celery's default says why.
"""

import os
from pathlib import Path

from celery import Celery
from kombu import Queue


def url(variable, otherwise):
    """An address: the content of the file that <variable>_FILE names (a secret), else the variable itself."""
    file = os.environ.get(f"{variable}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(variable, otherwise)


app = Celery("app", include=["app.tasks"])

app.conf.update(
    broker_url=url("CELERY_BROKER_URL", "redis://localhost:6379/0"),
    result_backend=url("CELERY_RESULT_BACKEND", "redis://localhost:6379/1"),
    # Redis may be a moment later than we are. (The default from Celery 6 on; older ones ignore it.)
    broker_connection_retry_on_startup=True,
    # Redis hands out a message again when it was not acknowledged for this long. It must be longer than the longest
    # task and the longest countdown, or tasks run twice.
    broker_transport_options={"visibility_timeout": 3600},
    # A second queue, so that long reports do not keep quick tasks waiting in line.
    task_queues=(Queue("celery"), Queue("reports")),
    task_routes={"app.tasks.report": {"queue": "reports"}},
    # Events and results that monitoring needs: who sent a task, when it started, what it was called.
    worker_send_task_events=True,
    task_send_sent_event=True,
    task_track_started=True,
    result_extended=True,
    result_expires=24 * 3600,
    # No task may hold a pool process for ever: asked to end after 4 minutes, ended after 5.
    task_soft_time_limit=240,
    task_time_limit=300,
    # One message ahead for each process: with more, quick tasks wait behind slow ones while another process idles.
    worker_prefetch_multiplier=1,
    timezone="UTC",
)
