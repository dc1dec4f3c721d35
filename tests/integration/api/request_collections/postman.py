"""Runs requests of the Postman collection: what Postman's documentation says of its members."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx

from tests.integration.api.request_collections.session import FOLDER, Session, file_of, replace

COLLECTION: dict[str, Any] = json.loads((FOLDER / "chancery.postman_collection.json").read_text())
VARIABLES = {each["key"]: each["value"] for each in COLLECTION["variable"]}
_STATUS = re.compile(r'pm\.test\(".*", \(\) => pm\.response\.to\.have\.status\((\d+)\)\);')
_SET = re.compile(r'pm\.collectionVariables\.set\("(\w+)", pm\.response\.json\(\)\.(\w+)\);')
_REPEAT = """\
if (pm.response.json().finished_at === null) {
    pm.execution.setNextRequest(pm.info.requestName);
}"""


def requests() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each with the name of its folder."""
    for folder in COLLECTION["item"]:
        for item in folder["item"]:
            yield folder["name"], item


def text_of(item: dict[str, Any]) -> str:
    return json.dumps(item)


def status_of(item: dict[str, Any]) -> int:
    match = _STATUS.match(_script(item))
    assert match
    return int(match[1])


async def run(session: Session, item: dict[str, Any], variables: dict[str, str]) -> httpx.Response:
    request = item["request"]
    headers = {
        each["key"]: replace(each["value"], variables)
        for each in request["header"]
        if not each.get("disabled")
    }
    auth = request.get("auth", COLLECTION["auth"])
    if auth["type"] == "bearer":
        headers["Authorization"] = f"Bearer {replace(auth['bearer'][0]['value'], variables)}"
    url = request["url"]
    address = replace("/".join([*url["host"], *url["path"]]), variables)
    query = {
        each["key"]: replace(each["value"], variables)
        for each in url.get("query", ())
        if not each.get("disabled")
    }
    content = _content(request.get("body"), variables)
    return await session.send(request["method"], address, query=query, headers=headers, **content)


def after(item: dict[str, Any], response: httpx.Response, variables: dict[str, str]) -> bool:
    """Run the script after a success; whether the request is to be sent again."""
    rest = _STATUS.sub("", _script(item)).strip()
    for name, member in _SET.findall(rest):
        variables[name] = response.json()[member]
    rest = _SET.sub("", rest).strip()
    assert rest in ("", _REPEAT)
    return bool(rest) and response.json()["finished_at"] is None


def _script(item: dict[str, Any]) -> str:
    (event,) = item["event"]
    assert event["listen"] == "test"
    return "\n".join(event["script"]["exec"])


def _content(body: dict[str, Any] | None, variables: dict[str, str]) -> dict[str, Any]:
    match body:
        case None:
            return {}
        case {"mode": "raw", "raw": text}:
            return {"content": replace(text, variables)}
        case {"mode": "file", "file": {"src": path}}:
            return {"content": file_of(path)[1]}
        case {"mode": "urlencoded", "urlencoded": pairs}:
            return {"data": {each["key"]: replace(each["value"], variables) for each in pairs}}
        case {"mode": "formdata", "formdata": parts}:
            return {"files": [(each["key"], _part(each, variables)) for each in parts]}
    raise AssertionError(body)


def _part(part: dict[str, Any], variables: dict[str, str]) -> tuple[str | None, Any, Any]:
    if part["type"] == "file":
        return (*file_of(part["src"]), None)
    return (None, replace(part["value"], variables), part.get("contentType"))
