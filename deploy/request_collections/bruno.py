"""A collection for Bruno: a folder of .bru files (https://docs.usebruno.com/bru-lang/overview)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from deploy.request_collections.calls import (
    VARIABLES,
    Call,
    FileBody,
    FormBody,
    FormPart,
    JsonBody,
    Operations,
    Parameter,
)

FOLDER = "bruno"
_COLLECTION = {name: value for name, value in VARIABLES.items() if name != "base_url"}
_UNTIL_ENDED = """\
if (res.body.finished_at === null) {
  bru.runner.setNextRequest(req.getName());
}"""


def files(operations: Operations) -> dict[str, str]:
    written = {
        f"{FOLDER}/bruno.json": json.dumps(
            {"version": "1", "name": "Chancery", "type": "collection"}, indent=2
        )
        + "\n",
        f"{FOLDER}/collection.bru": _blocks(
            [
                ("auth", "mode: bearer"),
                ("auth:bearer", "token: {{api_key}}"),
                ("vars:pre-request", _pairs(_COLLECTION)),
            ]
        ),
        f"{FOLDER}/environments/Chancery.bru": _blocks(
            [("vars", f"base_url: {VARIABLES['base_url']}")]
        )
        + "vars:secret [\n  api_key\n]\n",
    }
    for number, (folder, calls) in enumerate(operations.by_folder(), 1):
        path = f"{FOLDER}/{folder}"
        head = [("meta", f"name: {folder}\nseq: {number}"), ("auth", "mode: inherit")]
        written[f"{path}/folder.bru"] = _blocks(head)
        for order, call in enumerate(calls, 1):
            name = re.sub(r"[^\w ,]", "", call.name)
            written[f"{path}/{name}.bru"] = _blocks(_request(name, call, order))
    return written


def _request(name: str, call: Call, order: int) -> Iterator[tuple[str, str]]:
    mode, body = _body(call.body)
    yield "meta", f"name: {name}\ntype: http\nseq: {order}"
    auth = "none" if call.public else "inherit"
    yield call.method.lower(), f"url: {call.url}\nbody: {mode}\nauth: {auth}"
    if call.query:
        yield "params:query", _parameters(call.query)
    headers = call.headers
    if isinstance(call.body, FileBody):
        headers = (*headers, Parameter("Content-Type", "application/octet-stream", enabled=True))
    if headers:
        yield "headers", _parameters(headers)
    if body:
        yield f"body:{_BLOCKS.get(mode, mode)}", body
    if call.captures is not None:
        variable, member = call.captures
        yield "vars:post-response", f"{variable}: res.body.{member}"
    if call.until_ended:
        yield "script:post-response", _UNTIL_ENDED
    yield "assert", f"res.status: eq {call.status}"
    if call.description:
        yield "docs", call.description


_BLOCKS = {"multipartForm": "multipart-form", "formUrlEncoded": "form-urlencoded"}


def _body(body: JsonBody | FileBody | FormBody | None) -> tuple[str, str]:
    """The mode, and the content of its block."""
    if body is None:
        return "none", ""
    if isinstance(body, JsonBody):
        return "json", json.dumps(body.value, ensure_ascii=False, indent=2)
    if isinstance(body, FileBody):
        return "file", f"file: @file(../{body.path}) @contentType(application/octet-stream)"
    if not body.multipart:
        return "formUrlEncoded", "\n".join(_part(part) for part in body.parts)
    return "multipartForm", "\n".join(_part(part) for part in body.parts)


def _part(part: FormPart) -> str:
    if part.path is not None:
        return f"{part.name}: @file(../{part.path})"
    value = part.value.replace("\n", " ")
    kind = f" @contentType({part.content_type})" if part.content_type else ""
    return f"{part.name}: {value}{kind}"


def _parameters(parameters: tuple[Parameter, ...]) -> str:
    return "\n".join(
        f"{'' if each.enabled else '~'}{each.name}: {each.value}".rstrip() for each in parameters
    )


def _pairs(values: dict[str, str]) -> str:
    return "\n".join(f"{name}: {value}".rstrip() for name, value in values.items())


def _blocks(blocks: Iterable[tuple[str, str]]) -> str:
    return "\n".join(
        f"{name} {{\n{''.join(_indented(line) for line in text.splitlines())}}}\n"
        for name, text in blocks
    )


def _indented(line: str) -> str:
    return f"  {line}".rstrip() + "\n"
