#!/bin/bash
# Prints the Python to use: PYTHON if set, else the first one for both the application (3.11 or
# later) and the engine (up to 3.13), else the first one for the application.
set -euo pipefail
names=${PYTHON:-python3 python3.13 python3.12 python3.11}

fits() { "$1" -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $2))" 2>/dev/null; }

for newest in 13 99; do
    for name in $names; do
        if fits "$name" "$newest"; then
            echo "$name"
            exit
        fi
    done
done
echo "setup: found no Python 3.11 or later (tried ${names// /, }). On Debian 12 and Ubuntu 24.04:" \
    "apt-get install python3 python3-venv. Or: make PYTHON=/path/to/python3.11" >&2
exit 1
