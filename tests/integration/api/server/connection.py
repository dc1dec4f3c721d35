"""A connection to the api without a client's conveniences."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from tests.integration.api.running import Running


class Connection:
    """Sends and receives bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        """The status, header fields and JSON of one response."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        body = await self.reader.readexactly(int(fields["content-length"]))
        return int(lines[0].split()[1]), fields, json.loads(body)

    async def end(self) -> bytes:
        """What arrives until the server closes the connection."""
        try:
            return await self.reader.read()
        except ConnectionError:
            return b""


Connect = Callable[[Running], Awaitable[Connection]]
