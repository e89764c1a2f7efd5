#!/bin/sh
# Ends with 0 when Redis answers PONG to the user that may do nothing else. The password goes over a pipe: no command
# line and no variable has it. The answer is compared: redis-cli ends with 0 on LOADING and MISCONF, too.
if [ -s /run/secrets/redis_tls ]; then set -- --tls --cacert /run/secrets/redis_ca; fi
answer=$(printf 'AUTH health %s\nPING\n' "$(cat /run/secrets/redis_health)" | redis-cli "$@" 2>&1 | tail -n 1)
echo "$answer"
[ "$answer" = PONG ]
