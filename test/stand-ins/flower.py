#!/usr/bin/env python3
"""A stand-in for Flower 2.1.0 that answers from recordings; needs nothing but Python.

    python3 flower.py --port 5555 --mode open|auth|not-enabled|prefix [--read-only] [--nodes celery@a,celery@b]

FLOWER_BASIC_AUTH (user:password), or `basic_auth` in the file of --conf, asks for those and implies --mode auth.
FLOWER_URL_PREFIX puts everything under it. --nodes puts other node names in place of
the recorded one. Keep it in step with flower.ts.
"""
import argparse
import base64
import json
import os
import pathlib
import runpy
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

RECORDED_NODE = 'w1@vm'


def load(folder, name):
    return json.loads((folder / f'{name}.json').read_text())['response']


def failed_task(tasks):
    """No recorded task had failed for good: one in the shape of the others."""
    task = dict(next(iter(tasks.values())))
    task.update(uuid='5d3f6a52-0000-4000-8000-000000000001', name='app.celery_app.boom', state='FAILURE',
                failed=1795346140.78, succeeded=None, runtime=None, result=None,
                exception="ValueError('boom')", traceback='Traceback (most recent call last): ...',
                timestamp=1795346140.78)
    return {task['uuid']: task}


class Flower:
    def __init__(self, options):
        folder = pathlib.Path(options.recordings)
        self.options = options
        self.answers = {name: load(folder, f'open.{name}') for name in (
            'healthcheck', 'metrics', 'queues-length', 'task-types', 'tasks', 'workers-status', 'workers')}
        self.page = load(folder, 'auth-right.workers')
        self.denied = load(folder, 'auth-missing.workers')
        self.api_denied = load(folder, 'auth-missing.api-workers')
        self.not_enabled = load(folder, 'api-not-enabled.api-workers')
        self.not_found = load(folder, 'outside-prefix.healthcheck')
        self.pairs = [pair for pair in os.environ.get('FLOWER_BASIC_AUTH', '').split(',') if pair]
        if options.conf:
            self.pairs = runpy.run_path(options.conf)['basic_auth']
        self.prefix = os.environ.get('FLOWER_URL_PREFIX', '') or ('flower' if options.mode == 'prefix' else '')
        if options.mode == 'auth' and not self.pairs:
            self.pairs = ['admin:s3cret']

    def answer(self, method, target, authorization):
        url = urlsplit(target)
        path, query = url.path, parse_qs(url.query)
        prefix = f'/{self.prefix}' if self.prefix else ''
        if not path.startswith(f'{prefix}/'):
            return self.not_found
        path = path[len(prefix):]
        if path in ('/healthcheck', '/metrics'):
            return self.answers[path[1:]]
        is_api = path.startswith('/api/')
        if is_api and not self.pairs and self.options.mode == 'not-enabled':
            return self.not_enabled if path == '/api/workers' else {**self.not_enabled, 'body': ''}
        if self.pairs and not self.signed_in(authorization):
            return self.api_denied if is_api else self.denied
        if method == 'POST' and is_api:
            return {'status': 403 if self.options.read_only else 404, 'headers': {}, 'body': ''}
        if path in ('/', '/workers'):
            return self.rows() if query.get('json') else self.page
        if path == '/api/workers':
            return self.answers['workers-status' if query.get('status') else 'workers']
        if path == '/api/tasks':
            return self.tasks(query)
        if path.startswith('/api/task/info/'):
            return self.task_info(unquote(path[15:]))
        return {'/api/task/types': self.answers['task-types'],
                '/api/queues/length': self.answers['queues-length']}.get(path, self.not_found)

    def signed_in(self, authorization):
        return any(authorization == 'Basic ' + base64.b64encode(pair.encode()).decode() for pair in self.pairs)

    def rows(self):
        status = json.loads(self.answers['workers-status']['body'])
        data = [{'hostname': name, 'status': online} for name, online in status.items()]
        return {**self.answers['workers-status'], 'body': json.dumps({'data': data})}

    def tasks(self, query):
        recorded = json.loads(self.answers['tasks']['body'])
        tasks = {**recorded, **failed_task(recorded)}
        state = query.get('state', [None])[0]
        limit = int(query.get('limit', ['100'])[0])
        chosen = [(key, task) for key, task in tasks.items() if state in (None, task['state'])][:limit]
        return {**self.answers['tasks'], 'body': json.dumps(dict(chosen))}

    def task_info(self, task_id):
        """/api/task/info/ID was not recorded: the task as the list has it."""
        answer = self.tasks({})
        task = json.loads(answer['body']).get(task_id)
        if task is None:
            return {'status': 404, 'headers': {}, 'body': f"Unknown task '{task_id}'"}
        return {**answer, 'body': json.dumps(task)}

    def renamed(self, body):
        """The same body for the nodes that were asked for."""
        nodes = [node for node in self.options.nodes.split(',') if node]
        if not nodes:
            return body
        if body.startswith('{') and RECORDED_NODE in body:
            value = json.loads(body)
            if RECORDED_NODE in value:
                return json.dumps({node: value[RECORDED_NODE] for node in nodes})
            if 'data' in value:
                return json.dumps({'data': [{**row, 'hostname': node} for row in value['data'] for node in nodes]})
        return body.replace(RECORDED_NODE, nodes[0])


def handler_for(flower):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def do_GET(self):
            answer = flower.answer(self.command, self.path, self.headers.get('Authorization'))
            body = flower.renamed(answer['body']).encode()
            self.send_response_only(answer['status'])
            self.send_header('Server', 'TornadoServer/6.5.10')
            for name, value in answer['headers'].items():
                if name.lower() not in ('content-length', 'server'):
                    self.send_header(name, value)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    return Handler


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser()
    parser.add_argument('--port', type=int, default=5555)
    parser.add_argument('--address', default='0.0.0.0')
    parser.add_argument('--mode', choices=('open', 'auth', 'not-enabled', 'prefix'), default='open')
    parser.add_argument('--read-only', action='store_true')
    parser.add_argument('--nodes', default='')
    parser.add_argument('--conf', default='')
    parser.add_argument('--recordings', default=str(here.parent / 'recordings' / 'flower-2.1.0'))
    options = parser.parse_args()
    server = ThreadingHTTPServer((options.address, options.port), handler_for(Flower(options)))
    # As process 1 of a container, SIGTERM does nothing unless it is asked for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f'stand-in for Flower on port {server.server_port}, mode {options.mode}', flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
