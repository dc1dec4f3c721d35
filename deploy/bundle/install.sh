#!/bin/bash
# Installs this bundle, without a network and as an ordinary user. `./install.sh --help` lists the
# options; PYTHON names the Python to use.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/.*"python": "\([0-9.]*\)".*/\1/p' "$here/MANIFEST.json")
for python in ${PYTHON:-"python$version" python3}; do
    if "$python" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
        exec "$python" -B "$here/deploy/bundle/install_bundle.py" "$@"
    fi
done
echo "install: found no Python $version, for which this bundle was built (tried ${PYTHON:-python$version," \
    "python3}). Install it, or: PYTHON=/path/to/python$version ./install.sh" >&2
exit 1
