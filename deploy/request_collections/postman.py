"""A collection for Postman, format 2.1.0 (https://schema.postman.com/collection/json/v2.1.0/)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

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

NAME = "chancery.postman_collection.json"
_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_UNTIL_ENDED = """\
if (pm.response.json().finished_at === null) {
    pm.execution.setNextRequest(pm.info.requestName);
}"""


def files(operations: Operations) -> dict[str, str]:
    variables = {**VARIABLES, "api_key": ""}
    collection = {
        "info": {
            "name": "Chancery",
            "description": "Set the variables base_url and api_key, then run the folder "
            "`Submit and wait`.",
            "schema": _SCHEMA,
        },
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{api_key}}", "type": "string"}],
        },
        "variable": [{"key": name, "value": value} for name, value in variables.items()],
        "item": [
            {"name": folder, "item": [_item(call) for call in calls]}
            for folder, calls in operations.by_folder()
        ],
    }
    return {NAME: json.dumps(collection, ensure_ascii=False, indent=2) + "\n"}


def _item(call: Call) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": call.method,
        "header": [_parameter(each) for each in call.headers],
        "url": _url(call),
        "description": call.description,
    }
    if call.public:
        request["auth"] = {"type": "noauth"}
    if call.body is not None:
        request["body"] = _body(call.body)
    if isinstance(call.body, JsonBody):
        request["header"].append({"key": "Content-Type", "value": "application/json"})
    if isinstance(call.body, FileBody):
        request["header"].append({"key": "Content-Type", "value": "application/octet-stream"})
    script = {"type": "text/javascript", "exec": _script(call).splitlines()}
    return {
        "name": call.name,
        "event": [{"listen": "test", "script": script}],
        "request": request,
    }


def _url(call: Call) -> dict[str, Any]:
    url: dict[str, Any] = {
        "raw": call.url,
        "host": ["{{base_url}}"],
        "path": urlsplit(call.path).path.strip("/").split("/"),
    }
    if call.query:
        url["query"] = [_parameter(each) for each in call.query]
    return url


def _parameter(parameter: Parameter) -> dict[str, Any]:
    each: dict[str, Any] = {"key": parameter.name, "value": parameter.value}
    if parameter.description:
        each["description"] = parameter.description
    return each if parameter.enabled else {**each, "disabled": True}


def _body(body: JsonBody | FileBody | FormBody) -> dict[str, Any]:
    if isinstance(body, JsonBody):
        raw = json.dumps(body.value, ensure_ascii=False, indent=2)
        return {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}
    if isinstance(body, FileBody):
        return {"mode": "file", "file": {"src": body.path}}
    if not body.multipart:
        pairs = [{"key": part.name, "value": part.value} for part in body.parts]
        return {"mode": "urlencoded", "urlencoded": pairs}
    return {"mode": "formdata", "formdata": [_part(part) for part in body.parts]}


def _part(part: FormPart) -> dict[str, Any]:
    if part.path is not None:
        return {"key": part.name, "type": "file", "src": part.path}
    each = {"key": part.name, "type": "text", "value": part.value}
    return {**each, "contentType": part.content_type} if part.content_type else each


def _script(call: Call) -> str:
    lines = [f'pm.test("status {call.status}", () => pm.response.to.have.status({call.status}));']
    if call.captures is not None:
        name, member = call.captures
        lines.append(f'pm.collectionVariables.set("{name}", pm.response.json().{member});')
    if call.until_ended:
        lines.append(_UNTIL_ENDED)
    return "\n".join(lines)
