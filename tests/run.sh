#!/bin/bash
# `make test`: unit and integration tests in parallel, then those that need the whole machine.
# Arguments are passed to pytest; with arguments, a suite without matching tests is allowed.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0

suite() {
    .venv/bin/pytest "$@"
    local status=$?
    # Status 5: no test was collected.
    if ((status != 0)) && ! ((status == 5 && has_arguments)); then failed=$status; fi
}

has_arguments=$(($# > 0))
suite tests/unit tests/integration -n 4 --dist worksteal "$@"
suite tests/system "$@"
suite tests/hostile "$@"
exit "$failed"
