#!/bin/bash
# Every check that needs no server; says how long each took, and fails if any did.
set -uo pipefail
bin=.venv/bin
failed=()

check() {
    local name=$1 began=$SECONDS output
    shift
    if output=$("$@" 2>&1); then
        echo "check: $name ok ($((SECONDS - began)) s)"
    else
        echo "$output"
        echo "check: $name FAILED ($((SECONDS - began)) s)"
        failed+=("$name")
    fi
}

tracked() { git ls-files -z; }

no_new_secrets() {
    tracked | xargs -0 "$bin/detect-secrets-hook" --baseline .secrets.baseline && return
    echo "If you have looked at each and none is a secret: make secrets"
    return 1
}

check format "$bin/ruff" format --check .
check lint "$bin/ruff" check .
check types "$bin/mypy"
check imports "$bin/lint-imports"
check secrets no_new_secrets

if ((${#failed[@]})); then
    echo "check: ${failed[*]} failed" >&2
    exit 1
fi
