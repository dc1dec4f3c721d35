"""Settings of a Redis or Valkey server with which the ledger's records take little memory.

`python -m jobs.ledger.server.memory` prints them as lines of a configuration file, for servers that
operators run themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

# A hash with a longer value, or with more fields, is a table instead of a list: more memory, and
# above some hundred fields less time. A job's result, its provenance, a short text and a document's
# id are longer than the default of 64 bytes; a day's usage may have hundreds of fields.
# Redis 6.2 has only these names; later ones and Valkey also know them with `listpack`.
LIST_VALUE, LIST_VALUE_BYTES = "hash-max-ziplist-value", 2048
SETTINGS: Mapping[str, str] = {
    LIST_VALUE: str(LIST_VALUE_BYTES),
    "hash-max-ziplist-entries": "128",
}


def lines() -> tuple[str, ...]:
    """The lines of a configuration file."""
    return tuple(f"{name} {value}" for name, value in SETTINGS.items())


def main() -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines()))


if __name__ == "__main__":
    main()
