#!/bin/bash
# `make test`: unit and integration tests in parallel, while the engine is installed; then those
# that need it, two at a time; then those that measure and need the whole machine.
# Arguments are passed to pytest; with arguments, a suite without matching tests is allowed.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
# Redis and the store flush every write: on a disk that stalls for seconds, tests that measure a
# time would fail. The folders of passed tests are deleted, because they take memory.
options=()
free_kib=$(df --output=avail -k /dev/shm 2>/dev/null | tail -1)
if ((${free_kib:-0} >= 4 * 1024 * 1024)) && ! findmnt -no OPTIONS -T /dev/shm | grep -qw noexec; then
    export PYTEST_DEBUG_TEMPROOT=/dev/shm
    options=(-o tmp_path_retention_policy=failed)
fi

suite() {
    local began=$SECONDS status
    .venv/bin/pytest --durations=12 "${options[@]}" "$@"
    status=$?
    # Status 5: no test was collected.
    if ((status != 0)) && ! ((status == 5 && has_arguments)); then failed=$status; fi
    echo "tests: $1 ended with status $status ($((SECONDS - began)) s)"
}

has_arguments=$(($# > 0))
log=$(mktemp)
# At low priority: the tests are to run as if it were not there.
nice -n 19 make engine >"$log" 2>&1 &
engine=$!
trap 'kill "$engine" 2>/dev/null; rm -f "$log"' EXIT
suite tests/unit tests/integration -n 4 --dist worksteal "$@"
if kill -0 "$engine" 2>/dev/null; then echo "tests: waiting for the installation of the engine"; fi
wait "$engine"
engine_status=$?
cat "$log"
if ((engine_status != 0)); then exit "$engine_status"; fi
# Two at a time, because they mostly wait: for processes to start, and for leases to end.
suite tests/system -n 2 "$@"
suite tests/hostile "$@"
exit "$failed"
