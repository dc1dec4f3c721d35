"""Workflows for n8n (https://docs.n8n.io/workflows/export-import/)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from deploy.request_collections.calls import VARIABLES, WAIT_SECONDS, Call, Operations

_SPACE = uuid.UUID("0a6f2a1e-54c4-5e0b-9a3c-6f1d3c1b8e21")
_SETTINGS = "Settings"
_SUBMIT = "Submit"
_WAIT = "Wait for its end"
_ENDED = "Ended?"
_SUCCEEDED = "Succeeded?"
_RESULT = "Read its result"
_FAILED = "Report its error"
# A new execution is a new operation; a repeated request of one execution is the same one.
_KEY = "=n8n-{{ $workflow.id }}-{{ $execution.id }}"
_JOB = "={{ JSON.stringify({ task: $json.task }) }}"
_TEXT_JOB = "={{ JSON.stringify({ task: $json.task, input: { text: $json.text } }) }}"
Node = dict[str, Any]


def files(operations: Operations) -> dict[str, str]:
    submit = operations.calls["submitJob"]
    text = _http(
        submit,
        {
            "contentType": "raw",
            "rawContentType": "application/json",
            "body": _TEXT_JOB,
        },
    )
    document = _http(
        submit,
        {
            "contentType": "multipart-form-data",
            "bodyParameters": {
                "parameters": [
                    {"parameterType": "formData", "name": "job", "value": _JOB},
                    {
                        "parameterType": "formBinaryData",
                        "name": "file",
                        "inputDataFieldName": "document",
                    },
                ]
            },
        },
    )
    start = _node("Start", "manualTrigger", 1, {})
    form = _node(
        "Document",
        "formTrigger",
        2.2,
        {
            "formTitle": "Chancery",
            "formFields": {
                "values": [
                    {"fieldLabel": "document", "fieldType": "file", "requiredField": True}
                    | {"multipleFiles": False}
                ]
            },
            "options": {},
        },
    )
    form["webhookId"] = _id("webhook")
    fields = {"base_url": VARIABLES["base_url"], "task": VARIABLES["task"]}
    example = "The water supply in Mill Street is interrupted on 5 March."
    return {
        "n8n-text.json": _workflow(
            "Chancery: a text", [start, _settings({**fields, "text": example}), text], operations
        ),
        "n8n-document.json": _workflow(
            "Chancery: a document", [form, _settings(fields), document], operations
        ),
    }


def _workflow(name: str, begin: Sequence[Node], operations: Operations) -> str:
    wait, result = operations.calls["getJob"], operations.calls["getResult"]
    nodes = [
        *begin,
        _http(wait, {}, name=_WAIT, query={"wait": str(WAIT_SECONDS)}),
        _condition(_ENDED, "={{ $json.finished_at }}", "notEmpty"),
        _condition(_SUCCEEDED, "={{ $json.status }}", "equals", "succeeded"),
        _http(result, {}, name=_RESULT),
        _node(
            _FAILED,
            "stopAndError",
            1,
            {"errorMessage": "={{ $json.status }}: {{ $json.error?.title }}"},
        ),
    ]
    for place, node in enumerate(nodes):
        node["position"] = [220 * place, 0]
    chain = [node["name"] for node in nodes[:5]]
    links = [(name, [following]) for name, following in pairwise(chain)]
    # The outputs of a condition: what follows if it is true, and if it is false.
    links += [(_ENDED, [_SUCCEEDED, _WAIT]), (_SUCCEEDED, [_RESULT, _FAILED])]
    workflow = {
        "name": name,
        "nodes": nodes,
        "connections": {
            source: {"main": [[{"node": each, "type": "main", "index": 0}] for each in targets]}
            for source, targets in links
        },
        "settings": {"executionOrder": "v1"},
        "pinData": {},
        "active": False,
        "id": _id(name)[:16],
    }
    return json.dumps(workflow, ensure_ascii=False, indent=2) + "\n"


def _settings(fields: Mapping[str, str]) -> Node:
    assignments = [
        {"id": _id(name), "name": name, "value": value, "type": "string"}
        for name, value in fields.items()
    ]
    # The document of the form goes on to the next node.
    return _node(
        _SETTINGS,
        "set",
        3.4,
        {
            "assignments": {"assignments": assignments},
            "includeOtherFields": True,
            "options": {"stripBinary": False},
        },
    )


def _http(
    call: Call, body: Mapping[str, Any], *, name: str = _SUBMIT, query: Mapping[str, str] = {}
) -> Node:
    path = call.path.replace("{{job_id}}", "{{ $json.id }}")
    parameters: dict[str, Any] = {
        "method": call.method,
        "url": f"={{{{ $('{_SETTINGS}').first().json.base_url }}}}{path}",
        "authentication": "genericCredentialType",
        "genericAuthType": "httpBearerAuth",
    }
    if query:
        pairs = [{"name": each, "value": value} for each, value in query.items()]
        parameters |= {"sendQuery": True, "queryParameters": {"parameters": pairs}}
    if body:
        header = {"name": "Idempotency-Key", "value": _KEY}
        parameters |= {"sendHeaders": True, "headerParameters": {"parameters": [header]}}
        parameters |= {"sendBody": True, **body}
    parameters["options"] = {}
    node = _node(name, "httpRequest", 4.2, parameters)
    return node | {"retryOnFail": True, "maxTries": 3, "waitBetweenTries": 5000}


def _condition(name: str, value: str, operation: str, compared: str = "") -> Node:
    operator: dict[str, Any] = {"type": "string", "operation": operation}
    if operation == "notEmpty":
        operator["singleValue"] = True
    condition = {
        "id": _id(name),
        "leftValue": value,
        "rightValue": compared,
        "operator": operator,
    }
    options = {"caseSensitive": True, "leftValue": "", "typeValidation": "loose", "version": 2}
    conditions = {"options": options, "conditions": [condition], "combinator": "and"}
    return _node(name, "if", 2.2, {"conditions": conditions, "options": {}})


def _node(name: str, kind: str, version: float, parameters: Mapping[str, Any]) -> Node:
    return {
        "parameters": dict(parameters),
        "id": _id(f"node {name}"),
        "name": name,
        "type": f"n8n-nodes-base.{kind}",
        "typeVersion": version,
    }


def _id(name: str) -> str:
    """The same at each generation."""
    return str(uuid.uuid5(_SPACE, name))
