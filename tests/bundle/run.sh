#!/bin/bash
# `make bundle-test`: builds a bundle, then, as an ordinary user (as `nobody` if started by root) in a
# network namespace that has only its own loopback: installs it, starts the system, upgrades and goes
# back with jobs and batches in flight. BUNDLE names a bundle that was built before, PYTHON the Python
# for which to build (3.11, 3.12, 3.13). Everything is removed at the end.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"

as_ordinary_user() {
    if [[ $(id -u) == 0 ]]; then
        setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
    else
        "$@"
    fi
}

python=${PYTHON:-$(env -i PATH=/usr/local/bin:/usr/bin:/bin python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')}
if [[ -z ${BUNDLE:-} ]]; then
    .venv/bin/python deploy/bundle/build.py --python "$python" --name older --out "$folder/built"
    BUNDLE=$(echo "$folder"/built/*)
fi
mkdir -p "$folder/home" "$folder/stand-ins/tests/bundle"
cp -a "$BUNDLE" "$folder/bundle"
cp -a standin "$folder/stand-ins"
cp -a tests/bundle/*.py "$folder/stand-ins/tests/bundle"
[[ $(id -u) != 0 ]] || chown -R nobody:nogroup "$folder"

# In the namespace: the first installation by hand, the rest by the Python of what it installed.
as_ordinary_user env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME="$folder/home" TMPDIR="$folder/home" LANG=C.UTF-8 FOLDER="$folder" \
    unshare --user --map-current-user --net --keep-caps bash -euc '
        ip link set lo up
        if ip route get 192.0.2.1 2>/dev/null; then echo "bundle-test: a network is reachable" >&2; exit 1; fi
        "$FOLDER/bundle/install.sh" --root "$FOLDER/home/chancery"
        cd "$FOLDER/stand-ins"
        exec "$FOLDER/home/chancery/current/venv/bin/python" -m tests.bundle.sealed "$FOLDER"'
