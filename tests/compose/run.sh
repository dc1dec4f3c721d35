#!/usr/bin/env bash
# `make compose-test`: runs docker-compose.yml on a machine without an image registry. Starts its own
# Docker daemon, loads the base images from prepare.sh, runs the tests in this folder, and stops the
# daemon. Keeps .compose/cache for the next run.
# With a Docker that can pull images, run `.venv/bin/pytest -s tests/compose` instead.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
run=$root/.compose/run
cache=$root/.compose/cache
REDIS_IMAGE=$(sed -n 's/.*CHANCERY_REDIS_IMAGE:-\([^}]*\)}.*/\1/p' "$root/docker-compose.yml")
PYTHON_IMAGE=$(sed -n 's/^ARG PYTHON_IMAGE=//p' "$root/deploy/docker/Dockerfile")
export REDIS_IMAGE PYTHON_IMAGE

say() { printf 'compose-test: %s (%ss)\n' "$*" "$SECONDS"; }

# Ends the daemon of an earlier run that was killed.
end_leftover() {
  local pid
  pid=$(cat "$run/docker.pid" 2>/dev/null || true)
  [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] || return 0
  say "stopping the daemon of an earlier run"
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
}

# Removes the daemon's bridge and rules, unless another daemon had rules before.
clean_network() {
  [ "$chains_before" = 0 ] || return 0
  ip link delete docker0 2>/dev/null || true
  iptables-save | grep -vi docker | iptables-restore
  # shellcheck disable=SC2086  # the words of a rule
  iptables $policy_before
  printf '%s' "$ip_forward" >/proc/sys/net/ipv4/ip_forward
}

start_dockerd() {
  end_leftover
  mkdir -p "$run/config/cli-plugins"
  ln -sf "$cache"/plugins/docker-* "$run/config/cli-plugins/"
  export DOCKER_CONFIG=$run/config DOCKER_HOST=unix://$run/docker.sock
  unset DOCKER_CONTEXT
  chains_before=$(iptables-save | grep -c DOCKER || true)
  policy_before=$(iptables -S FORWARD | head -n 1)
  ip_forward=$(cat /proc/sys/net/ipv4/ip_forward)
  dockerd --data-root "$run/data" --exec-root "$run/exec" --pidfile "$run/docker.pid" \
    --host "$DOCKER_HOST" --storage-driver overlay2 >"$root/.compose/dockerd.log" 2>&1 &
  dockerd_pid=$!
  for _ in $(seq 100); do
    docker info >/dev/null 2>&1 && return 0
    kill -0 "$dockerd_pid" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 20 "$root/.compose/dockerd.log" >&2
  return 1
}

stop_dockerd() {
  local status=$?
  trap - EXIT INT TERM
  if [ -n "${dockerd_pid:-}" ]; then
    say "stopping dockerd"
    kill "$dockerd_pid" 2>/dev/null || true
    wait "$dockerd_pid" 2>/dev/null || true
    clean_network
  fi
  rm -rf --one-file-system "$run"
  exit "$status"
}

load() {
  docker image inspect "$1" >/dev/null 2>&1 && return 0
  say "loading $1"
  docker import --change 'CMD ["python3"]' "$cache/${1//[:\/]/_}.tar" "$1" >/dev/null
}

# Passes this machine's pip configuration to the build as secrets, so that neither an address nor a
# certificate is stored in an image or a committed file.
build_secrets() {
  local bundle index extra
  bundle=$(pip_config cert)
  index=$(pip_config index-url)
  extra=$(pip_config extra-index-url | tr ' ' '\n' | grep '^https\?:' | tr '\n' ' ' || true)
  cat "${bundle:-/etc/ssl/certs/ca-certificates.crt}" >"$run/ca_bundle"
  {
    printf '[global]\ncert = /run/secrets/ca_bundle\n'
    [ -z "$index" ] || printf 'index-url = %s\n' "$index"
    [ -z "$extra" ] || printf 'extra-index-url = %s\n' "$extra"
  } >"$run/pip_conf"
  export CHANCERY_TEST_PIP_CONF=$run/pip_conf CHANCERY_TEST_CA_BUNDLE=$run/ca_bundle
}

pip_config() {
  "$root/.venv/bin/python" -m pip config get "global.$1" 2>/dev/null \
    || "$root/.venv/bin/python" -m pip config get ":env:.$1" 2>/dev/null || true
}

"$here/prepare.sh"
trap stop_dockerd EXIT INT TERM
say "starting dockerd"
start_dockerd
load "$PYTHON_IMAGE"
load "$REDIS_IMAGE"
build_secrets
timeout --foreground --signal INT --kill-after 150 "${COMPOSE_TEST_SECONDS:-900}" "$root/.venv/bin/pytest" -s "$here" "$@"
