#!/bin/sh
# Runs in Valkey's container.
#   valkey.sh server ARGUMENT...   the server, with the user `chancery`, whose password is the secret
#                                  redis_password, and the user `operator`, for `cli` alone
#   valkey.sh cli COMMAND...       valkey-cli as `operator`
# With CHANCERY_REDIS_TLS=1 both use the secrets redis_cert, redis_key and redis_ca.
set -eu
umask 077
secrets=${CHANCERY_SECRETS:-/run/secrets}
folder=${TMPDIR:-/tmp}

# As `python -m jobs.ledger.server.access` prints them.
rules='resetkeys ~chancery:* ~interactive* ~bulk* ~callbacks* ~_kombu.* ~unacked* ~*celery* allchannels -@all +@read +@write +@transaction +@pubsub +@connection -@admin -@dangerous +evalsha +script|load +script|exists +time +info +config|get +bgrewriteaof +replconf +sync'

digest() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

command=$1
shift
case $command in
server)
  password=$(cat "$secrets/redis_password")
  [ -n "$password" ] || { echo "the secret redis_password is empty" >&2; exit 1; }
  head -c 24 /dev/urandom | sha256sum | cut -d ' ' -f 1 >"$folder/operator"
  {
    echo "user default off"
    echo "user chancery on #$(digest "$password") $rules"
    echo "user operator on #$(digest "$(cat "$folder/operator")") allkeys allchannels allcommands"
  } >"$folder/users.acl"
  if [ -n "${CHANCERY_REDIS_TLS:-}" ]; then
    set -- "$@" --port 0 --tls-port 6379 --tls-auth-clients optional \
      --tls-cert-file "$secrets/redis_cert" --tls-key-file "$secrets/redis_key" \
      --tls-ca-cert-file "$secrets/redis_ca"
  fi
  # As `python -m jobs.ledger.server.memory` prints them.
  exec valkey-server --aclfile "$folder/users.acl" --hash-max-ziplist-value 2048 \
    --hash-max-ziplist-entries 128 "$@"
  ;;
cli)
  [ -z "${CHANCERY_REDIS_TLS:-}" ] || set -- --tls --cacert "$secrets/redis_ca" "$@"
  REDISCLI_AUTH=$(cat "$folder/operator") exec valkey-cli --user operator "$@"
  ;;
*)
  echo "usage: valkey.sh server|cli ARGUMENT..." >&2
  exit 2
  ;;
esac
