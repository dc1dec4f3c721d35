"""Workflows for Dify, in its DSL (import: Studio, Import DSL file). They need Dify 1.7 or later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import yaml

from deploy.request_collections.calls import VARIABLES, WAIT_SECONDS, Call, Operations

_DSL = "0.3.1"
_WAITS = 38  # Dify ends a workflow after 1,200 s, and a loop after 100 rounds
_TEXT_CHARS = 50_000  # Dify bounds what a code node returns: 80,000 or 400,000, by its version
_ENDED = "ended"
_EXTENSIONS = (
    "TXT MD HTML EML DOCX PDF OFD XLSX XLS ODS PNG JPG JPEG TIFF BMP WEBP GIF DOC WPS RTF ODT"
)
_BUILD = """\
import json

def main({arguments}) -> dict:
    job = {{"task": task, "options": json.loads(options or "{{}}")}}
{input}    return {{"job": json.dumps(job, ensure_ascii=False)}}
"""
_READ = """\
import json

def main(body: str) -> dict:
    job = json.loads(body)
    if "id" not in job:
        raise ValueError(f"{job['title']}: {job['detail']}")
    error = job["error"] or {}
    return {
        "id": job["id"],
        "status": job["status"] if job["finished_at"] else "open",
        "error": error.get("title", ""),
    }
"""
_TEXTS = ("id", "status", "error")
Node = dict[str, Any]


def files(operations: Operations) -> dict[str, str]:
    text = {"label": "Text", "type": "paragraph", "max_length": _TEXT_CHARS}
    document = {
        "label": "Document",
        "type": "file",
        "allowed_file_types": ["custom"],
        "allowed_file_extensions": [f".{each}" for each in _EXTENSIONS.split()],
        "allowed_file_upload_methods": ["local_file", "remote_url"],
    }
    form = {
        "type": "form-data",
        "data": [
            {"id": "job", "key": "job", "type": "text", "value": "{{#build.job#}}"},
            {"id": "file", "key": "file", "type": "file", "file": ["start", "document"]},
        ],
    }
    raw = {"type": "raw-text", "data": [{"id": "job", "type": "text", "value": "{{#build.job#}}"}]}
    return {
        "dify-text.yml": _app("Chancery: a text", {"text": text}, raw, operations),
        "dify-document.yml": _app("Chancery: a document", {"document": document}, form, operations),
    }


def _app(
    name: str, variable: Mapping[str, Any], body: Mapping[str, Any], operations: Operations
) -> str:
    content = {
        "app": {
            "name": name,
            "description": "Submits a job to Chancery, waits for its end, returns its result. Set "
            "the environment variables base_url and api_key.",
            "mode": "workflow",
            "icon": "📄",
            "icon_background": "#E4FBCC",
            "use_icon_as_answer_icon": False,
        },
        "dependencies": [],
        "kind": "app",
        "version": _DSL,
        "workflow": {
            "conversation_variables": [],
            "environment_variables": [
                _environment("base_url", VARIABLES["base_url"], "string"),
                _environment("api_key", "", "secret"),
            ],
            "features": {"file_upload": {"enabled": False}},
            "graph": _graph(variable, body, operations),
        },
    }
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)


def _environment(name: str, value: str, kind: str) -> dict[str, Any]:
    selector = ["env", name]
    return {
        "id": name,
        "name": name,
        "value": value,
        "value_type": kind,
        "selector": selector,
        "description": "",
    }


def _graph(
    variable: Mapping[str, Any], body: Mapping[str, Any], operations: Operations
) -> dict[str, Any]:
    calls = operations.calls
    nodes = [
        _node("start", "Start", "start", {"variables": _inputs(variable)}),
        _build(with_text="text" in variable),
        _http("submit", "Submit", calls["submitJob"], body),
        _read("submitted", "submit"),
        _node("wait", "Wait for its end", "loop", _loop()),
        *_rounds(calls["getJob"]),
        _node("succeeded", "Succeeded?", "if-else", _condition()),
        _http("result", "Read its result", calls["getResult"], None),
        _end("done", {"result": ["result", "body"], "job_id": ["submitted", "id"]}),
        _end(
            "failed",
            {
                "status": ["wait", "status"],
                "error": ["wait", "error"],
                "job_id": ["submitted", "id"],
            },
        ),
    ]
    chain = ("start", "build", "submit", "submitted", "wait", "succeeded")
    kinds = {node["id"]: node["data"]["type"] for node in nodes}
    links = [*pairwise(chain), ("result", "done")]
    edges = [_edge(kinds, *link) for link in links]
    edges += [
        _edge(kinds, "succeeded", "result", handle="true"),
        _edge(kinds, "succeeded", "failed", handle="false"),
    ]
    inside = ("rounds", "poll", "polled", "keep")
    edges += [_edge(kinds, *link, loop="wait") for link in pairwise(inside)]
    for place, node in enumerate(node for node in nodes if "parentId" not in node):
        node["position"] = {"x": 30 + 300 * place, "y": 300}
    return {"nodes": nodes, "edges": edges, "viewport": {"x": 0, "y": 0, "zoom": 0.7}}


def _inputs(variable: Mapping[str, Any]) -> list[dict[str, Any]]:
    task = {"label": "Task", "type": "text-input", "max_length": 128, "default": VARIABLES["task"]}
    options = {"label": "Options (JSON)", "type": "paragraph", "max_length": 10_000}
    fields = {**variable, "task": task, "options": options}
    return [
        {"variable": name, "required": name != "options", "options": [], **values}
        for name, values in fields.items()
    ]


def _build(*, with_text: bool) -> Node:
    names = ["task", "options", *(["text"] if with_text else [])]
    code = _BUILD.format(
        arguments=", ".join(f"{name}: str" for name in names),
        input='    job["input"] = {"text": text}\n' if with_text else "",
    )
    return _code("build", "Build the job", code, {name: ["start", name] for name in names}, ["job"])


def _read(name: str, source: str) -> Node:
    return _code(name, "Read the job", _READ, {"body": [source, "body"]}, _TEXTS)


def _rounds(wait: Call) -> list[Node]:
    """The nodes of a round: ask for the job, which answers when it ends, and keep its status."""
    items = [
        {
            "variable_selector": ["wait", name],
            "operation": "over-write",
            "input_type": "variable",
            "write_mode": "over-write",
            "value": ["polled", name],
        }
        for name in ("status", "error")
    ]
    nodes = [
        _node("rounds", "", "loop-start", {}),
        _http("poll", "Ask for the job", wait, None, params=f"wait:{WAIT_SECONDS}"),
        _read("polled", "poll"),
        _node("keep", "Keep its status", "assigner", {"version": "2", "items": items}),
    ]
    for place, node in enumerate(nodes):
        node["data"] |= {"isInLoop": True, "loop_id": "wait"}
        node |= {"parentId": "wait", "position": {"x": 60 + 280 * place, "y": 80}, "zIndex": 1002}
    nodes[0]["type"] = "custom-loop-start"
    return nodes


def _loop() -> dict[str, Any]:
    variables = [
        {"id": name, "label": name, "var_type": "string", "value_type": "constant", "value": value}
        for name, value in (("status", "open"), ("error", "-"))
    ]
    ended = {
        "id": _ENDED,
        "varType": "string",
        "variable_selector": ["wait", "status"],
        "comparison_operator": "is not",
        "value": "open",
    }
    return {
        "start_node_id": "rounds",
        "loop_count": _WAITS,
        "logical_operator": "and",
        "loop_variables": variables,
        "break_conditions": [ended],
        "width": 1200,
        "height": 220,
    }


def _condition() -> dict[str, Any]:
    succeeded = {
        "id": "succeeded",
        "varType": "string",
        "variable_selector": ["wait", "status"],
        "comparison_operator": "is",
        "value": "succeeded",
    }
    case = {"id": "true", "case_id": "true", "logical_operator": "and", "conditions": [succeeded]}
    return {"cases": [case]}


def _http(
    name: str, title: str, call: Call, body: Mapping[str, Any] | None, *, params: str = ""
) -> Node:
    headers = ""
    if body is not None:
        # A repeated run is a new operation; a repeated request of one run is the same one.
        headers = "Idempotency-Key:dify-{{#sys.workflow_run_id#}}"
        if body["type"] == "raw-text":
            headers += "\nContent-Type:application/json"
    path = call.path.replace("{{job_id}}", "{{#submitted.id#}}")
    return _node(
        name,
        title,
        "http-request",
        {
            "method": call.method.lower(),
            "url": "{{#env.base_url#}}" + path,
            "authorization": {
                "type": "api-key",
                "config": {"type": "bearer", "api_key": "{{#env.api_key#}}", "header": ""},
            },
            "headers": headers,
            "params": params,
            "body": body or {"type": "none", "data": []},
            "timeout": {"connect": 10, "read": 2 * WAIT_SECONDS, "write": 60},
            "variables": [],
        },
    )


def _code(
    name: str,
    title: str,
    code: str,
    variables: Mapping[str, Sequence[str]],
    outputs: Sequence[str],
) -> Node:
    return _node(
        name,
        title,
        "code",
        {
            "code_language": "python3",
            "code": code,
            "variables": [
                {"variable": each, "value_selector": list(selector)}
                for each, selector in variables.items()
            ],
            "outputs": {each: {"type": "string", "children": None} for each in outputs},
        },
    )


def _end(name: str, outputs: Mapping[str, Sequence[str]]) -> Node:
    values = [
        {"variable": each, "value_selector": list(selector), "value_type": "string"}
        for each, selector in outputs.items()
    ]
    return _node(name, "End", "end", {"outputs": values})


def _node(name: str, title: str, kind: str, data: Mapping[str, Any]) -> Node:
    return {
        "id": name,
        "type": "custom",
        "data": {"type": kind, "title": title, "desc": "", **data},
        "sourcePosition": "right",
        "targetPosition": "left",
    }


def _edge(
    kinds: Mapping[str, str], source: str, target: str, *, handle: str = "source", loop: str = ""
) -> dict[str, Any]:
    data = {
        "isInIteration": False,
        "isInLoop": bool(loop),
        "sourceType": kinds[source],
        "targetType": kinds[target],
    }
    return {
        "id": f"{source}-{handle}-{target}",
        "type": "custom",
        "source": source,
        "sourceHandle": handle,
        "target": target,
        "targetHandle": "target",
        "data": data | ({"loop_id": loop} if loop else {}),
        "zIndex": 1002 if loop else 0,
    }
