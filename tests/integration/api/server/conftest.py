"""Connections to a process of the api."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.integration.api.running import Running
from tests.integration.api.server.connection import Connect, Connection


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Opens connections that are closed after the test."""
    opened: list[Connection] = []

    async def open_one(api: Running) -> Connection:
        opened.append(Connection(*await asyncio.open_connection("127.0.0.1", api.port)))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.writer.transport.abort()
        with suppress(ConnectionError):
            await connection.writer.wait_closed()
