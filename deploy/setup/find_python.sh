#!/bin/bash
# Makes the application's environment at the folder given, with what requirements-dev.lock names.
# PYTHON names the Python to use; else the first of version 3.11 or later is taken.
set -euo pipefail
venv=$1
began=$SECONDS

say() { echo "setup: $* ($((SECONDS - began)) s)"; }

fitting() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2])' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if fitting "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "setup: no Python 3.11 or later among ${PYTHON:-python3, python3.13, python3.12, python3.11};" \
        "install one, or name it: make PYTHON=..." >&2
    exit 1
}

# Runs a command quietly, with a line every 15 seconds; shows what it said when it fails.
quietly() {
    local what=$1 log
    shift
    log=$(mktemp)
    say "$what"
    "$@" >"$log" 2>&1 &
    local pid=$! ticks=0
    trap 'kill "$pid" 2>/dev/null || true; rm -f "$log"; exit 130' INT TERM
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        ticks=$((ticks + 1))
        if ((ticks % 75 == 0)); then say "$what"; fi
    done
    trap - INT TERM
    if ! wait "$pid"; then
        tail -n 30 "$log" >&2
        rm -f "$log"
        echo "setup: $what failed" >&2
        exit 1
    fi
    rm -f "$log"
}

python=$(find_python)
if [[ ! -x $venv/bin/python ]] || ! fitting "$venv/bin/python"; then
    rm -rf "$venv"
    if ! "$python" -m venv "$venv"; then
        echo "setup: $python cannot make environments: on Debian, install python3-venv" >&2
        rm -rf "$venv"
        exit 1
    fi
fi
quietly "installing what requirements-dev.lock names" \
    "$venv/bin/python" -m pip install --quiet --require-hashes -r requirements-dev.lock
quietly "installing chancery itself" \
    "$venv/bin/python" -m pip install --quiet --no-build-isolation --no-deps -e .
say "$("$venv/bin/python" --version) in $venv is ready"
