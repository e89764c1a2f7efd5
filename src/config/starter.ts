/** What `config init` writes: every setting, explained, commented out, so that the file changes nothing as it stands. */
export const starterFile = `# hub-mon's configuration. Every line may go. Flags and HUB_MON_* variables win over it.
# hub-mon config validate checks it; hub-mon config show prints what is in force and where it came from.

# The hub to look at. Left out: a compose file here or above, else the running hub.
# file: docker-compose.yml
# projectName: hub

# The broker, where it is not found from the stack (Kubernetes, systemd).
# A password is better kept in the variable HUB_MON_REDIS_URL.
# redisUrl: redis://127.0.0.1:6379/0
# flowerUrl: http://127.0.0.1:5555
# flowerAuth is better kept in the variable FLOWER_BASIC_AUTH (user:password).

# All reading together.
# timeout: 4.5s

# Which compose services are what, where their names, images and commands do not tell.
# services:
#   redis: broker
#   workers: [worker-fast, worker-slow]
#   flower: monitor

# What should be there. Left out: the sum of --concurrency in the workers' commands.
# expected:
#   poolProcesses: 2
#   nodes: 1

# Targets and alert bounds; hub-mon stats shows them, hub-mon doctor judges by them. null takes one away.
# An alert fires when its bound is crossed for this long; of tasks, those of the window count.
# metrics:
#   queue_messages:
#     target: {below: 10}
#     warning: {above: 10}
#     for: 5m
#     only:
#       - queue: reports
#         warning: {above: 500}
#   task_failure_ratio:
#     warning: {above: 0.05}
#     critical: {above: 0.10}
#     leastSamples: 20
#     window: 15m
#   task_runtime_seconds:
#     warning: {above: 1800}

# What hub-mon record keeps: how finely and how long, at most how much, and in which Redis (left out: the broker);
# and of which latest stretch doctor and stats judge tasks.
# history:
#   buckets:
#     - {every: 10s, keep: 1h}
#     - {every: 1m, keep: 2d}
#     - {every: 1h, keep: 90d}
#   mostMegabytes: 64
#   window: 15m
#   store: redis://127.0.0.1:6380/0
#   name: shop

# How often hub-mon alerts --follow looks, and whom it tells; hub-mon alerts test tries them.
# alerts:
#   every: 15s
#   notify:
#     - exec: logger -t hub "$HUB_MON_ALERT_SEVERITY $HUB_MON_ALERT_SUMMARY"
#     - webhook: https://hooks.example.com/services/T000/B000/secret
#     - alertmanager: http://127.0.0.1:9093

# hub-mon up brings the hub into production: docs/production.md. Left out: what up --production was told before.
# production:
#   site: hub.example.com
#   certificate: {email: ops@example.com}   # or internal, or {certificate: hub.pem, key: hub.key}
#   allow: [10.0.0.0/8, 203.0.113.7, "2001:db8::/32"]
#   trustedProxies: [192.0.2.10]
#   prefix: flower
#   allowActions: false
#   bind: 0.0.0.0
#   httpsPort: 443
#   httpPort: 80
#   exportUrls: false
#   secrets: /etc/hub/secrets               # the files with the passwords; hub-mon secrets init makes them

# Variables for the compose file: your own application in the bundled stack.
# stack:
#   HUB_APP_IMAGE: registry.example.com/shop:1.4
#   HUB_CELERY_APP: shop.celery
#   HUB_CONCURRENCY: 4
`
