"""Sends the requests of a collection as the program would that imports it."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

FOLDER = Path(__file__).parents[4] / "docs/integration/collections"


@dataclass
class Session:
    """`open`: set when a request for a job found it open. A collection waits 30 s for a job: here
    each request waits for a short time, so that it has to repeat it."""

    http: httpx.AsyncClient
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        **content: Any,
    ) -> httpx.Response:
        sent = {**(query or {})}
        if "wait" in sent:
            assert sent["wait"] == "30"
            sent["wait"] = "0.1"
        response = await self.http.request(method, url, params=sent or None, **content)
        if "wait" in sent and response.json()["finished_at"] is None:
            self.open.set()
        return response


def replace(text: str, variables: Mapping[str, str]) -> str:
    """Replace `{{name}}` as Postman and Bruno do."""
    values = {**variables, "$guid": str(uuid.uuid4())}
    return re.sub(r"\{\{([$\w]+)\}\}", lambda match: values[match[1]], text)


def file_of(name: str) -> tuple[str, bytes]:
    """A file beside the collections, with its name."""
    path = FOLDER / name
    return path.name, path.read_bytes()
