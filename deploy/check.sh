#!/bin/bash
# Runs every check that needs no server, all at once, prints their times, and fails if one fails.
set -uo pipefail
bin=.venv/bin
failed=()
names=()
outputs=$(mktemp -d)
trap 'rm -r "$outputs"' EXIT

check() {
    local name=$1
    shift
    names+=("$name")
    (
        began=$SECONDS
        "$@" >"$outputs/$name" 2>&1
        echo "$? $((SECONDS - began))" >"$outputs/$name.status"
    ) &
}

report() {
    local name=$1 status seconds
    read -r status seconds <"$outputs/$name.status" || status=1 seconds=0
    if ((status == 0)); then
        echo "check: $name ok ($seconds s)"
    else
        cat "$outputs/$name"
        echo "check: $name FAILED ($seconds s)"
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
    # Status 3: accepted secrets moved to other lines, and there are no new ones.
    ((status == 0 || status == 3)) && return
    echo "Check each of them. If none is a secret, accept them with: make secrets"
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
wait
for name in "${names[@]}"; do report "$name"; done

if ((${#failed[@]})); then
    echo "check: ${failed[*]} failed" >&2
    exit 1
fi
