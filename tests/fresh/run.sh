#!/bin/bash
# `make fresh-test`: runs `make demo` from a fresh clone with an empty environment and home folder, as
# an ordinary user (as `nobody` if started by root), once for each configuration of pip:
#   configured  this machine's package indexes
#   public      no configuration: only the public index
# WAYS selects one of them, PYTHON the Python to use. Everything is removed at the end.
set -euo pipefail
cd "$(dirname "$0")/../.."
checkout=$PWD
ways=${WAYS:-configured public}
folder=

as_ordinary_user() {
    if [[ $(id -u) == 0 ]]; then
        setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
    else
        "$@"
    fi
}

remove() { [[ -z $folder ]] || rm -rf "$folder"; }
trap remove EXIT

megabytes() { du -sm "$@" 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'; }

try() {
    local way=$1 configuration=()
    case $way in
        configured) mapfile -t configuration < <(env | grep '^PIP_' || true) ;;
        public) configuration=(PIP_CONFIG_FILE=/dev/null) ;;
        *) echo "fresh-test: WAYS must be configured or public, not $way" >&2; exit 2 ;;
    esac
    folder=$(mktemp -d)
    git clone -q "$checkout" "$folder/chancery"
    mkdir "$folder/home"
    [[ $(id -u) != 0 ]] || chown -R nobody:nogroup "$folder"
    local make=(env -i "PATH=$PATH" "HOME=$folder/home" "TMPDIR=$folder/home"
        "${configuration[@]}" make -C "$folder/chancery" demo "PYTHON=${PYTHON:-}")
    echo "== fresh-test: $way, first run"
    local began=$SECONDS
    as_ordinary_user "${make[@]}" | tee "$folder/first.log"
    local first=$((SECONDS - began))
    local verified
    verified=$(grep -c 'signature verified' "$folder/first.log" || true)
    if ((verified != 4)); then
        echo "fresh-test: expected 4 verified callbacks, got $verified" >&2
        exit 1
    fi
    echo "== fresh-test: $way, second run"
    began=$SECONDS
    as_ordinary_user "${make[@]}" >"$folder/second.log"
    local second=$((SECONDS - began))
    local dirt
    dirt=$(git -C "$folder/chancery" -c safe.directory='*' status --porcelain)
    if [[ -n $dirt ]]; then
        echo "fresh-test: the demo left files in the checkout: $dirt" >&2
        exit 1
    fi
    local venv engine downloads
    venv=$(megabytes "$folder/chancery/.venv")
    engine=$(megabytes "$folder/chancery/.engine")
    downloads=$(megabytes "$folder/home")
    summary+=("$way: 4 callbacks verified; first run $first s, second $second s;" \
        "disk: .venv $venv MB, .engine $engine MB, pip cache $downloads MB"$'\n')
    remove
    folder=
}

summary=()
tests/fresh/locks.sh
for way in $ways; do
    try "$way"
done
echo "== fresh-test"
echo -n "${summary[*]}"
