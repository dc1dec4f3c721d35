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

no_new_secrets() {
    local files baseline status=0
    mapfile -d '' files < <(git ls-files -z -- ':!.secrets.baseline')
    baseline=$(mktemp)
    cp .secrets.baseline "$baseline"
    "$bin/detect-secrets-hook" --baseline "$baseline" "${files[@]}" || status=$?
    rm "$baseline"
    # 3: what is accepted stands on another line now, and nothing is new.
    ((status == 0 || status == 3)) && return
    echo "If you have looked at each and none is a secret: make secrets"
    return 1
}

check format "$bin/ruff" format --check .
check lint "$bin/ruff" check .
# luacheck is a system package: PyPI has no Lua linter. CI installs it, and fails without it.
if command -v luacheck >/dev/null || [[ -n ${CI:-} ]]; then
    check lua "$bin/python" deploy/lint_lua.py
else
    echo "check: lua NOT CHECKED: apt-get install --no-install-recommends lua-check"
fi
check types "$bin/mypy"
check imports "$bin/lint-imports"
check secrets no_new_secrets

if ((${#failed[@]})); then
    echo "check: ${failed[*]} failed" >&2
    exit 1
fi
