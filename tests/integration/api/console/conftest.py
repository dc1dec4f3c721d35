"""The console over HTTP: the api with accounts, and clients that behave like browsers."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from redis.asyncio import Redis

from jobs.accounts.passwords import hash_password
from jobs.audit.files import AuditFiles
from jobs.ledger import Ledger
from jobs.model.account import Role
from jobs.process.settings import RedisSettings
from tests.integration.api.conftest import Api

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@cache
def hashed(password: str = PASSWORD) -> str:
    return hash_password(password)


@dataclass
class Visitor:
    """A browser: it keeps cookies, follows redirects, and sends the token of the page it is on."""

    http: httpx.AsyncClient
    token: str = field(default="", init=False)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return self._seen(await self.http.get(f"/console{path}", **options))

    async def post(self, path: str, token: str | None = None, **fields: str) -> httpx.Response:
        data = {"csrf": self.token if token is None else token, **fields}
        return self._seen(await self.http.post(f"/console{path}", data=data))

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        await self.get("/sign-in")
        return await self.post("/sign-in", name=name, password=password)

    def _seen(self, response: httpx.Response) -> httpx.Response:
        if found := _TOKEN.search(response.text):
            self.token = found[1]
        return response


@dataclass
class ConsoleSystem:
    """The api with tax's accounts `zhang` (staff) and `li` (reviewer), health's `wang` (staff),
    and `op` (operator).
    """

    api: Api

    @asynccontextmanager
    async def visitor(self, address: str = "10.0.0.1") -> AsyncIterator[Visitor]:
        transport = httpx.ASGITransport(self.api.app, client=(address, 1234))
        async with httpx.AsyncClient(
            transport=transport, base_url="https://chancery.test", follow_redirects=True
        ) as http:
            yield Visitor(http)


def audited(api: Api) -> list[dict[str, object]]:
    files = AuditFiles.of(api.folder)
    lines = [line for day in files.days() for line in files.day(day).read_text().splitlines()]
    return [json.loads(line) for line in lines]


async def add_accounts(ledger: Ledger) -> None:
    await ledger.accounts.create("zhang", "tax", Role.staff, hashed())
    await ledger.accounts.create("li", "tax", Role.reviewer, hashed())
    await ledger.accounts.create("wang", "health", Role.staff, hashed())
    await ledger.accounts.create("op", None, Role.operator, hashed())


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def module_ledger(valkey: tuple[subprocess.Popen[bytes], str]) -> AsyncIterator[Ledger]:
    """An empty ledger for all tests of a file."""
    async with Redis.from_url(valkey[1]) as redis:
        await redis.flushall()
    ledger = Ledger(RedisSettings(url=SecretStr(valkey[1])))
    yield ledger
    await ledger.close()


@pytest.fixture
async def system(api: Api, ledger: Ledger) -> ConsoleSystem:
    await add_accounts(ledger)
    return ConsoleSystem(api)


@pytest.fixture
async def stranger(system: ConsoleSystem) -> AsyncIterator[Visitor]:
    async with system.visitor() as visitor:
        yield visitor


@pytest.fixture
async def zhang(stranger: Visitor) -> Visitor:
    """zhang's browser, signed in."""
    answer = await stranger.sign_in("zhang")
    assert answer.status_code == 200, answer.text
    return stranger
