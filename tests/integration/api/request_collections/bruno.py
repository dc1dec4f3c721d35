"""Runs requests of the Bruno collection: what Bruno's documentation says of its blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.integration.api.request_collections.session import FOLDER, Session, file_of, replace

_ROOT = FOLDER / "bruno"
_REPEAT = """\
if (res.body.finished_at === null) {
  bru.runner.setNextRequest(req.getName());
}"""
_FILE = re.compile(r"@file\(\.\./([\w.]+)\)")
_TYPE = re.compile(r" @contentType\((.*)\)$")
Blocks = dict[str, str]


def _blocks(path: Path) -> Blocks:
    text = path.read_text()
    found = re.findall(r"^([\w:-]+) \{\n(.*?)^\}$", text, re.DOTALL | re.MULTILINE)
    return {name: re.sub(r"^  ", "", body, flags=re.MULTILINE) for name, body in found}


def _pairs(block: str) -> dict[str, str]:
    """Without those that are switched off by `~`."""
    lines = [line.partition(":") for line in block.splitlines() if not line.startswith("~")]
    return {name: value.strip() for name, _, value in lines}


VARIABLES = {
    **_pairs(_blocks(_ROOT / "collection.bru")["vars:pre-request"]),
    **_pairs(_blocks(_ROOT / "environments/Chancery.bru")["vars"]),
}


def requests() -> Iterator[tuple[str, Blocks]]:
    """In the order of `seq`, each with the name of its folder."""
    for folder in sorted(_ROOT.glob("*/folder.bru"), key=_order):
        for path in sorted(folder.parent.glob("*.bru"), key=_order):
            if path != folder:
                blocks = _blocks(path)
                assert _pairs(blocks["meta"])["name"] == path.stem
                yield folder.parent.name, blocks


def _order(path: Path) -> int:
    return int(_pairs(_blocks(path)["meta"])["seq"])


def text_of(blocks: Blocks) -> str:
    return "\n".join(blocks.values())


def status_of(blocks: Blocks) -> int:
    return int(_pairs(blocks["assert"])["res.status"].removeprefix("eq "))


async def run(session: Session, blocks: Blocks, variables: dict[str, str]) -> httpx.Response:
    method = next(name for name in ("get", "post", "put", "delete") if name in blocks)
    head = _pairs(blocks[method])
    headers = {
        name: replace(value, variables) for name, value in _pairs(blocks.get("headers", "")).items()
    }
    if head["auth"] == "inherit":
        token = _pairs(_blocks(_ROOT / "collection.bru")["auth:bearer"])["token"]
        headers["Authorization"] = f"Bearer {replace(token, variables)}"
    if head["body"] == "json":
        headers["Content-Type"] = "application/json"
    address, _, in_url = head["url"].partition("?")
    query = _pairs(blocks.get("params:query", ""))
    assert in_url == "&".join(f"{name}={value}" for name, value in query.items())
    return await session.send(
        method.upper(),
        replace(address, variables),
        query={name: replace(value, variables) for name, value in query.items()},
        headers=headers,
        **_content(head["body"], blocks, variables),
    )


def after(blocks: Blocks, response: httpx.Response, variables: dict[str, str]) -> bool:
    """Take variables from a success; whether the request is to be sent again."""
    for name, place in _pairs(blocks.get("vars:post-response", "")).items():
        variables[name] = response.json()[place.removeprefix("res.body.")]
    script = blocks.get("script:post-response", "").strip()
    assert script in ("", _REPEAT)
    return bool(script) and response.json()["finished_at"] is None


def _content(mode: str, blocks: Blocks, variables: dict[str, str]) -> dict[str, Any]:
    match mode:
        case "none":
            return {}
        case "json":
            return {"content": replace(blocks["body:json"], variables)}
        case "file":
            match = _FILE.search(blocks["body:file"])
            assert match
            return {"content": file_of(match[1])[1]}
        case "formUrlEncoded":
            pairs = _pairs(blocks["body:form-urlencoded"])
            return {"data": {name: replace(value, variables) for name, value in pairs.items()}}
        case "multipartForm":
            parts = _pairs(blocks["body:multipart-form"])
            return {"files": [(name, _part(value, variables)) for name, value in parts.items()]}
    raise AssertionError(mode)


def _part(value: str, variables: dict[str, str]) -> tuple[str | None, Any, Any]:
    if match := _FILE.match(value):
        return (*file_of(match[1]), None)
    kind = _TYPE.search(value)
    return (None, replace(_TYPE.sub("", value), variables), kind[1] if kind else None)
