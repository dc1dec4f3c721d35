"""The OpenAPI document: the routes, the callbacks, and the models of every task."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.access.authentication import SCHEME
from api.access.rules import rule_of
from api.openapi.examples import EXAMPLES
from api.responses.json_responses import ProblemView
from jobs.approval.requests import ApprovalRequest
from jobs.batches.batch import BATCH_ENDINGS, BatchStatus
from jobs.batches.request import BatchRequest
from jobs.model.states import ENDINGS, JobStatus
from jobs.submit.requests import JobRequest, RedeliverRequest
from tasks.registry import TASKS
from tasks.task import Origin

Schema = dict[str, Any]

JOB_EVENTS = tuple(status.value for status in JobStatus if status in ENDINGS)
BATCH_EVENTS = tuple(status.value for status in BatchStatus if status in BATCH_ENDINGS)
_MAX_INT32 = 2**31 - 1
_REFERENCE = "#/components/schemas/{model}"
_LIST = re.compile(r"\b(?:OpenAI)?ListView_(\w+?)View_")
_EVENT_HEADERS = {
    "webhook-id": "Identifies the event; equal at every attempt.",
    "webhook-timestamp": "Seconds since 1970; refuse one that is more than five minutes from now.",
    "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; more than "
    "one, with spaces between, after a change of the secret.",
    "chancery-attempt": "The number of the attempt, from 1.",
}


def operation_id(route: APIRoute) -> str:
    """The name of a route's function in camel case, which generators use for methods."""
    return _camel(route.name)


def openapi_document(app: FastAPI) -> Schema:
    """The document of `app`. Raises `ValueError` if two operations have the same id."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=[{"url": "/"}],
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    _remove_default_422(document, schemas)
    _name_scopes(document)
    for model in (JobRequest, BatchRequest, RedeliverRequest, ApprovalRequest, ProblemView):
        schemas |= _schemas_of(model, model.__name__)
    for task in TASKS.values():
        if task.origin is Origin.built_in:
            name = _camel(task.name, first_upper=True)
            schemas |= _schemas_of(task.options, f"{name}Options", name)
            schemas |= _schemas_of(task.result, f"{name}Result", name)
    schemas |= {"JobEvent": _event("job", JOB_EVENTS), "BatchEvent": _event("batch", BATCH_EVENTS)}
    document["components"]["schemas"] = schemas = _for_generators(schemas)
    for name, example in EXAMPLES.items():
        schemas[name]["example"] = example  # set here: FastAPI omits null values
    document["webhooks"] = _webhooks()
    for call in _calls(document):
        _keep_one_media_type(call)
    _check_operation_ids(document)
    named: Schema = _with_short_list_names(document)
    return named


def _schemas_of(model: type[BaseModel], name: str, prefix: str = "") -> Schema:
    """The model's schema as `name`, and the schemas that it refers to, prefixed."""
    template = _REFERENCE.replace("{", f"{prefix}{{")
    schema = model.model_json_schema(ref_template=template)
    definitions = schema.pop("$defs", {})
    return {prefix + each: definition for each, definition in definitions.items()} | {name: schema}


def _for_generators(value: Any) -> Any:
    """Simplify what becomes Java that does not compile: lists in unions, and constant booleans.
    Say which integers need 64 bits: generators take 32 without a format.

    `GET /v1/tasks` has the exact schemas.
    """
    if isinstance(value, list):
        return [_for_generators(each) for each in value]
    if not isinstance(value, dict):
        return value
    value = {name: _for_generators(each) for name, each in value.items()}
    for keyword in ("anyOf", "oneOf"):
        if not _is_generated(value.get(keyword, ())):
            del value[keyword]
    if value.get("type") == "boolean":
        value.pop("const", None)
    if value.get("type") == "integer" and value.get("maximum", _MAX_INT32 + 1) > _MAX_INT32:
        value["format"] = "int64"
    return value


def _is_generated(union: Sequence[Schema]) -> bool:
    """Whether generators make something that compiles of the union."""
    kinds = {each.get("type", "object" if "$ref" in each else "any") for each in union}
    return "any" not in kinds and not ("array" in kinds and kinds - {"array", "null"})


def _event(subject: str, endings: tuple[str, ...]) -> Schema:
    view = _REFERENCE.format(model=f"{subject.capitalize()}View")
    return {
        "title": f"{subject.capitalize()}Event",
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "enum": [f"{subject}.{ending}" for ending in endings]},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"$ref": view},
        },
    }


def _webhooks() -> Schema:
    events = [("job", ending) for ending in JOB_EVENTS]
    events += [("batch", ending) for ending in BATCH_EVENTS]
    return {
        f"{subject}.{ending}": {"post": _webhook(subject, ending)} for subject, ending in events
    }


def _webhook(subject: str, ending: str) -> Schema:
    schema = {"$ref": _REFERENCE.format(model=f"{subject.capitalize()}Event")}
    return {
        "operationId": f"on{subject.capitalize()}{ending.capitalize()}",
        "tags": ["events"],
        "summary": f"A {subject} has ended as {ending}",
        "description": "Posted to `callback_url`, signed as in Standard Webhooks 1.0.0.",
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": description,
                "schema": {"type": "string"},
            }
            for name, description in _EVENT_HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "The event was received."},
            "410": {"description": "The URL no longer exists: nothing more is sent to it."},
            "default": {"description": "Not received: the event is sent again."},
        },
    }


def _remove_default_422(document: Schema, schemas: Schema) -> None:
    """Remove FastAPI's own 422 response: errors here are problems (RFC 9457)."""
    for call in _calls(document):
        if "application/json" in call["responses"].get("422", {}).get("content", {}):
            del call["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


def _name_scopes(document: Schema) -> None:
    """Add the scope that each call needs: to its description, and as OpenAPI's role name."""
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            if rule := rule_of(method.upper(), path):
                call["security"] = [{SCHEME: [rule.scope.value]}]
                text = f"{call.get('description', '')} Needs the scope `{rule.scope.value}`."
                call["description"] = text.strip()


def _keep_one_media_type(call: Schema) -> None:
    """Describe one media type a body: generators merge several into a method that fits none.

    A form beside another type is left to the description. JSON beside bytes is FastAPI's default.
    """
    request = call.get("requestBody", {}).get("content", {})
    if len(request) > 1:
        request.pop("multipart/form-data", None)
    for response in call["responses"].values():
        content = response.get("content", {})
        if len(content) > 1:
            content.pop("application/json", None)


def _check_operation_ids(document: Schema) -> None:
    ids = [call["operationId"] for call in _calls(document)]
    if repeated := {each for each in ids if ids.count(each) > 1}:
        raise ValueError(f"operations with the same id: {', '.join(sorted(repeated))}")


def _calls(document: Schema) -> Iterator[Schema]:
    paths = chain(document["paths"].values(), document.get("webhooks", {}).values())
    return chain.from_iterable(methods.values() for methods in paths)


def _with_short_list_names(value: Any) -> Any:
    """Rename `ListView_JobView_` to `JobList` in names and references."""
    if isinstance(value, dict):
        return {_list_name(key): _with_short_list_names(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_short_list_names(each) for each in value]
    return _list_name(value) if isinstance(value, str) else value


def _list_name(text: str) -> str:
    return _LIST.sub(r"\1List", text) if "ListView_" in text else text


def _camel(name: str, *, first_upper: bool = False) -> str:
    first, *rest = name.split("_")
    return (first.capitalize() if first_upper else first) + "".join(map(str.capitalize, rest))
