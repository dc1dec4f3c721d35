"""The user that Chancery needs on a Redis or Valkey server, as rules of its access control list.

`python -m jobs.ledger.server.access` prints the rules, for servers that operators run themselves.
"""

from __future__ import annotations

import sys

from jobs.model.lanes import Queue

USER = "chancery"
# The ledger's keys, and those of Celery's transport: queues (a suffix is the priority), bindings,
# messages not acknowledged, and what Flower asks of the workers.
_KEYS = ("chancery:*", *(f"{queue.value}*" for queue in Queue), "_kombu.*", "unacked*", "*celery*")
_COMMANDS = (
    *("+@read", "+@write", "+@transaction", "+@pubsub", "+@connection", "-@admin", "-@dangerous"),
    *("+evalsha", "+script|load", "+script|exists", "+time"),
    # What the server reports of itself, and the rewriting of its file after deletions.
    *("+info", "+config|get", "+bgrewriteaof"),
    # `chancery backup` copies the data as a replica does.
    *("+replconf", "+sync"),
)


def rules() -> str:
    """The rules of one user, without name and password."""
    # All channels: a rule would have to repeat each pattern that Celery subscribes to.
    return " ".join(
        ("resetkeys", *(f"~{key}" for key in _KEYS), "allchannels", "-@all", *_COMMANDS)
    )


def main() -> None:
    sys.stdout.write(f"{rules()}\n")


if __name__ == "__main__":
    main()
