"""The salts that keep one department's prompts out of another's use of the prefix cache.

An engine answers sooner where it has computed the same beginning of a prompt before. Without a
salt, a department could learn in this way what another one has sent.
"""

from __future__ import annotations

import asyncio
import hmac

from jobs.ledger import Ledger


class CacheSalts:
    """Derives a salt for each department from a secret in the ledger, the same for all workers.

    With `shared`, there are no salts: departments share the cache.
    """

    def __init__(self, ledger: Ledger, *, shared: bool) -> None:
        self._ledger = ledger
        self._shared = shared
        self._secret: bytes | None = None
        # The first jobs of a worker start together, and would open a connection each.
        self._reading = asyncio.Lock()
        # A digest takes as long as a tenth of a batch's line.
        self._salts: dict[str, str] = {}

    async def of(self, department: str) -> str | None:
        """The department's salt; None if the cache is shared.

        Raises `ProblemError("unavailable")` if the secret is not known and the ledger is away.
        """
        if self._shared:
            return None
        if department not in self._salts:
            digest = hmac.digest(await self._known_secret(), department.encode(), "sha256")
            self._salts[department] = digest.hex()
        return self._salts[department]

    async def _known_secret(self) -> bytes:
        async with self._reading:
            if self._secret is None:
                self._secret = (await self._ledger.departments.cache_secret()).encode()
            return self._secret
