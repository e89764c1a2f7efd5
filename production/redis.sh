#!/bin/sh
# Starts Redis with the users of the ACL file, and with TLS alone where there is a certificate: redis.sh redis-server [option …]
set -eu
set -- "$@" --aclfile /run/secrets/redis_acl
if [ -s /run/secrets/redis_tls ]; then
  # One file has both, the certificate and its key.
  set -- "$@" --port 0 --tls-port 6379 --tls-auth-clients no --tls-ca-cert-file /run/secrets/redis_ca \
    --tls-cert-file /run/secrets/redis_tls --tls-key-file /run/secrets/redis_tls
fi
exec "$@"
