"""Settings of a Redis or Valkey server with which the ledger's records take little memory.

`python -m jobs.ledger.server.memory` prints them as lines of a configuration file, for servers that
operators run themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

# With a longer value a hash is kept as a table, in about twice the memory. Results, provenance,
# short texts and ids of documents are longer than the default of 64 bytes.
# Redis 6.2 has only this name; later ones and Valkey also know it as hash-max-listpack-value.
SETTINGS: Mapping[str, str] = {"hash-max-ziplist-value": "2048"}


def lines() -> tuple[str, ...]:
    """The lines of a configuration file."""
    return tuple(f"{name} {value}" for name, value in SETTINGS.items())


def main() -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines()))


if __name__ == "__main__":
    main()
