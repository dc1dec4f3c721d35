#!/bin/bash
# `make fleet-test`: the tests of several machines, in namespaces of their own for users, processes
# and networks. Nothing is changed on this machine's network, root is not needed, and everything ends
# with this script, even if it is killed.
set -euo pipefail
cd "$(dirname "$0")/../.."
own=(--net --mount --pid --fork --kill-child --mount-proc)
[[ $(id -u) == 0 ]] || own+=(--user --map-root-user)
if ! unshare "${own[@]}" ip link set lo up; then
    echo "fleet-test: this machine gives no namespaces to this user; run it as root" >&2
    exit 1
fi
exec unshare "${own[@]}" .venv/bin/pytest tests/fleet "$@"
