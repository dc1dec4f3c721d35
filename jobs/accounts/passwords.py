"""Passwords: their rules, and their hashes with Argon2id (RFC 9106)."""

from __future__ import annotations

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from jobs.model.problems import ProblemError

LEAST_CHARS, MOST_CHARS = 10, 200
# Each takes 64 MiB for some 50 ms of all processors.
_AT_ONCE = 2
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def check_password(password: str, account: str) -> None:
    """Raise `ProblemError("password-unsuitable")` for a password that is easily guessed."""
    if not LEAST_CHARS <= len(password) <= MOST_CHARS:
        raise ProblemError(
            "password-unsuitable",
            f"Use a password of {LEAST_CHARS} to {MOST_CHARS} characters.",
        )
    if len(set(password)) < LEAST_CHARS // 2 or account in password.lower():
        raise ProblemError(
            "password-unsuitable",
            "Use a password of more different characters, without the name of the account.",
        )


def hash_password(password: str) -> str:
    """The hash, with its parameters and a new salt. Takes some 50 ms."""
    return _HASHER.hash(password)


def matches(password: str, hashed: str | None) -> bool:
    """Whether the password has the hash. Without a hash: False after the same time."""
    try:
        return _HASHER.verify(hashed or _unused_hash(), password) and bool(hashed)
    except (VerificationError, InvalidHashError):
        return False


class PasswordChecks:
    """Hashes and compares off the event loop, a few at the same time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def matches(self, password: str, hashed: str | None) -> bool:
        """See `matches`. A longer password than is allowed matches nothing."""
        async with self._turns:
            return await asyncio.to_thread(matches, password[: MOST_CHARS + 1], hashed)

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(hash_password, password)


@cache
def _unused_hash() -> str:
    return _HASHER.hash("")
