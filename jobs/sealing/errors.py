"""What can be wrong with sealed bytes, and whose fault it is."""

from __future__ import annotations

import errno

from jobs.model.problems import ProblemError


class UnusableKeys(Exception):
    """The master key is missing, malformed or not the one that the store was sealed with.

    A process that meets it at its start must not run. The message says what to do.
    """


class Damaged(FileNotFoundError):
    """Sealed bytes were cut, reordered, exchanged or altered, or their data key is gone.

    A subclass of `FileNotFoundError`, because it is handled alike: the content is lost.
    """

    def __init__(self, what: str) -> None:
        super().__init__(errno.ENOENT, what)


def key_unknown(key_id: str) -> ProblemError:
    """The problem of bytes whose master key this process does not have: the operator's fault."""
    return ProblemError(
        "storage-locked",
        f"The content is encrypted with master key {key_id}, which this process does not have. "
        "Operators: add that key to the master key file and restart.",
        retry_after=60,
    )


def no_master_key() -> ProblemError:
    """The problem of sealed content in a process without any master key."""
    return ProblemError(
        "storage-locked",
        "The content is encrypted, and this process has no master key. Operators: set "
        "CHANCERY_MASTER_KEY_FILE for every process.",
        retry_after=60,
    )
