#!/bin/sh
# Starts Redis with the users of the ACL file, and with TLS alone where there is a certificate: redis.sh redis-server [option …]
set -eu
users=/run/secrets/redis_acl
case $("$1" --version) in
  # Before 7.2 there is no CLIENT SETINFO, and a line that allows it is refused.
  *' v=7.'[01].*)
    users=/tmp/redis_acl
    (umask 077 && sed 's/ +client|setinfo//' /run/secrets/redis_acl >"$users")
    ;;
esac
set -- "$@" --aclfile "$users"
if [ -s /run/secrets/redis_tls ]; then
  # One file has both, the certificate and its key.
  set -- "$@" --port 0 --tls-port 6379 --tls-auth-clients no --tls-ca-cert-file /run/secrets/redis_ca \
    --tls-cert-file /run/secrets/redis_tls --tls-key-file /run/secrets/redis_tls
fi
exec "$@"
