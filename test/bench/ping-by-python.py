# `app.control.ping` over an open connection: reads how many replies to wait for, writes the milliseconds that it took.
import sys
import time

from tasks import app

with app.connection_for_write() as connection:
    connection.ensure_connection()
    for line in sys.stdin:
        limit = int(line)
        start = time.perf_counter()
        replies = app.control.ping(limit=limit, timeout=5, connection=connection)
        print((time.perf_counter() - start) * 1000 if len(replies) == limit else 'nan', flush=True)
