#!/bin/bash
# Prints the Python to use: PYTHON where it is set, else the first that fits both the application
# (3.11 or later) and the engine (up to 3.13), else the first that fits the application.
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
echo "setup: no Python 3.11 or later among ${names// /, }; on Debian 12 and Ubuntu 24.04:" \
    "apt-get install python3 python3-venv; or name one: make PYTHON=/path/to/python3.11" >&2
exit 1
