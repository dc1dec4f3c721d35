"""The requests of the collections: each operation of the OpenAPI document with an example.

`{{name}}` stands for a variable of the collection, as in Postman and Bruno.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# The variables of a collection with their first values. The requests set the empty ones.
VARIABLES = {
    "base_url": "http://127.0.0.1:8080",
    "task": "summarize",
    "library": "regulations",
    "form": "notices",
    "code": "too-large",
    "job_id": "",
    "document_id": "",
    "file_id": "",
    "batch_id": "",
    "callback_id": "",
}
FLOW = "Submit and wait"
WAIT_SECONDS = 30  # below the 60 s after which many gateways and Dify end a request
SAMPLE_TEXT = "停水通知\n\n因管道检修，3月5日8时至18时，磨坊街停止供水，请提前储水。\n"
SAMPLE_LINES = (
    '{"custom_id": "1", "method": "POST", "url": "/v1/jobs", "body": {"task": "summarize", '
    '"input": {"text": "The water supply in Mill Street is interrupted on 5 March."}}}\n'
)
# What `{name}` is in a path, by the segment before it.
_NAMED = {"tasks": "task", "libraries": "library", "forms": "form"}
# The member of a response that later requests need.
_CAPTURES = {
    "submitJob": ("job_id", "id"),
    "uploadDocument": ("document_id", "id"),
    "uploadFile": ("file_id", "id"),
    "submitBatch": ("batch_id", "id"),
}
# For bodies whose schema has no example of its own.
_EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "decideApproval": {"decision": "approve", "by": "Operator"},
}


@dataclass(frozen=True, slots=True)
class JsonBody:
    value: Any


@dataclass(frozen=True, slots=True)
class FileBody:
    """The bytes of the file `path`, which lies beside the collections."""

    path: str


@dataclass(frozen=True, slots=True)
class FormPart:
    """One part of a form. With `path` it is a file."""

    name: str
    value: str = ""
    path: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class FormBody:
    parts: tuple[FormPart, ...]
    multipart: bool = True


@dataclass(frozen=True, slots=True)
class Parameter:
    """`enabled`: sent; the others are there for the user to switch on."""

    name: str
    value: str
    enabled: bool
    description: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `status`: that of its success. `captures`: a variable, and the member of the
    response that it gets. `until_ended`: repeated until the job has ended. `public`: needs no key.
    """

    name: str
    folder: str
    method: str
    path: str
    status: int
    description: str = ""
    query: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    body: JsonBody | FileBody | FormBody | None = None
    captures: tuple[str, str] | None = None
    until_ended: bool = False
    public: bool = False

    @property
    def url(self) -> str:
        sent = "&".join(f"{each.name}={each.value}" for each in self.query if each.enabled)
        return "{{base_url}}" + self.path + (f"?{sent}" if sent else "")


@dataclass(frozen=True)
class Operations:
    """The operations of an OpenAPI document, by their ids."""

    document: Mapping[str, Any]
    calls: Mapping[str, Call] = field(init=False)

    def __post_init__(self) -> None:
        calls = {
            operation["operationId"]: self._call(path, method, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        }
        object.__setattr__(self, "calls", calls)

    @property
    def version(self) -> str:
        return str(self.document["info"]["version"])

    def flow(self) -> Iterator[Call]:
        """Submit a text or a file, wait for the end of the job, read its result."""
        submit, wait, result = (
            replace(self.calls[name], folder=FLOW) for name in ("submitJob", "getJob", "getResult")
        )
        job = json.dumps({"task": "{{task}}", "metadata": {"case": "2026-1187"}})
        parts = (
            FormPart("job", job, content_type="application/json"),
            FormPart("file", path="notice.txt"),
        )
        yield replace(submit, name="Submit a text")
        yield replace(submit, name="Submit a file", body=FormBody(parts))
        seconds = Parameter("wait", str(WAIT_SECONDS), enabled=True)
        yield replace(wait, name="Wait for its end", query=(seconds,), until_ended=True)
        yield replace(result, name="Read its result")

    def by_folder(self) -> Iterator[tuple[str, list[Call]]]:
        """The flow first, then the operations by tag, those that delete last."""
        yield FLOW, list(self.flow())
        for tag in self.document["tags"]:
            calls = [call for call in self.calls.values() if call.folder == tag["name"]]
            if calls:
                yield tag["name"], sorted(calls, key=lambda call: call.method == "DELETE")

    def _call(self, path: str, method: str, operation: Mapping[str, Any]) -> Call:
        parameters = operation.get("parameters", [])
        identifier = operation["operationId"]
        return Call(
            name=operation["summary"],
            folder=operation["tags"][0],
            method=method.upper(),
            path=_with_variables(path),
            status=int(next(each for each in operation["responses"] if each.startswith("2"))),
            description=operation.get("description", ""),
            query=tuple(_query(each) for each in parameters if each["in"] == "query"),
            headers=tuple(_key(each) for each in parameters if each["in"] == "header"),
            body=self._body(identifier, operation.get("requestBody")),
            captures=_CAPTURES.get(identifier),
            public="security" not in operation,
        )

    def _body(
        self, identifier: str, request: Mapping[str, Any] | None
    ) -> JsonBody | FileBody | FormBody | None:
        if request is None:
            return None
        ((media_type, content),) = request["content"].items()
        if media_type == "application/json":
            schema = self._resolved(content["schema"])
            return JsonBody(_example(schema.get("example") or _EXAMPLES[identifier]))
        if media_type == "application/octet-stream":
            return FileBody("notice.txt")
        if media_type == "multipart/form-data":
            return FormBody((FormPart("purpose", "batch"), FormPart("file", path="lines.jsonl")))
        return FormBody((FormPart("ZW", SAMPLE_TEXT.strip()),), multipart=False)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return found


def _example(example: Mapping[str, Any]) -> dict[str, Any]:
    """The document's example with variables, and without the URL of a receiver: each department
    allows its own."""
    value = {**example}
    value.pop("callback_url", None)
    if "metadata" in value:
        value["metadata"] = {k: v for k, v in value["metadata"].items() if k != "callback_url"}
    if "input_file_id" in value:
        value["input_file_id"] = "{{file_id}}"
    return value


def _with_variables(path: str) -> str:
    named = re.sub(r"/(\w+)/\{name\}", lambda m: f"/{m[1]}/{{{{{_NAMED[m[1]]}}}}}", path)
    return re.sub(r"(?<!\{)\{(\w+)\}", r"{{\1}}", named)


def _query(parameter: Mapping[str, Any]) -> Parameter:
    name, required = parameter["name"], parameter["required"]
    default = parameter["schema"].get("default")
    value = "{{task}}" if required else "" if default is None else str(default)
    return Parameter(name, value, required, parameter.get("description", ""))


def _key(parameter: Mapping[str, Any]) -> Parameter:
    # Postman and Bruno replace it by a new UUID for each request.
    return Parameter(
        parameter["name"], "{{$guid}}", enabled=True, description=parameter.get("description", "")
    )
