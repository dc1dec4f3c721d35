"""Runs the workflows for n8n: the nodes that they have, their expressions with Node."""

from __future__ import annotations

import json
import subprocess
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.integration.api.request_collections.session import FOLDER, Session

# Replaces `{{ ... }}` in each text that starts with `=`; one expression alone keeps its type.
_EVALUATE = """
const { values, json, nodes, execution } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const $ = (name) => ({ first: () => ({ json: nodes[name] }) });
const evaluate = (code) => new Function("$json", "$", "$execution", "$workflow",
    `return (${code})`)(json, $, { id: execution }, { id: "w" });
const each = (value) => {
    if (Array.isArray(value)) return value.map(each);
    if (value !== null && typeof value === "object")
        return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, each(v)]));
    if (typeof value !== "string" || !value.startsWith("=")) return value;
    const alone = /^=\\{\\{((?:(?!\\}\\}).|\\} \\}\\)(?= \\}\\}))*)\\}\\}$/s.exec(value);
    if (alone) return evaluate(alone[1]);
    return value.slice(1).replace(/\\{\\{(.*?)\\}\\}/gs, (_, code) => evaluate(code) ?? "");
};
process.stdout.write(JSON.stringify(each(values)));
"""


class Stopped(Exception):
    """The node `stopAndError` was reached."""


@dataclass
class Player:
    """`settings`: replace the values of the node Settings, as a user does after the import.
    `document`: the name and bytes of the file in the form, if the workflow begins with one."""

    session: Session
    node: str
    key: str
    settings: dict[str, str]
    document: tuple[str, bytes] | None = None
    results: dict[str, Any] = field(default_factory=dict)
    execution: str = field(default_factory=lambda: str(uuid.uuid4()))

    async def play(self, name: str) -> Any:
        """Run the workflow from its first node; returns what the last one returns."""
        workflow = json.loads((FOLDER / name).read_text())
        nodes = {each["name"]: each for each in workflow["nodes"]}
        current, item = workflow["nodes"][0]["name"], dict[str, Any]()
        while True:
            output, item = await self._run(nodes[current], item)
            self.results[current] = item
            following = workflow["connections"].get(current)
            if following is None:
                return item
            (link,) = following["main"][output]
            current = link["node"]

    async def _run(self, node: dict[str, Any], item: Any) -> tuple[int, Any]:
        """The number of its output, and what is sent there."""
        kind = node["type"].removeprefix("n8n-nodes-base.")
        parameters = self._evaluated(node["parameters"], item)
        match kind:
            case "manualTrigger":
                return 0, item
            case "formTrigger":
                (each,) = parameters["formFields"]["values"]
                assert (each["fieldType"], each["fieldLabel"]) == ("file", "document")
                return 0, item
            case "set":
                given = parameters["assignments"]["assignments"]
                return 0, {each["name"]: each["value"] for each in given} | self.settings
            case "httpRequest":
                return 0, await self._request(parameters)
            case "if":
                (condition,) = parameters["conditions"]["conditions"]
                return (0 if _holds(condition) else 1), item
            case "stopAndError":
                raise Stopped(parameters["errorMessage"])
        raise AssertionError(kind)

    async def _request(self, parameters: dict[str, Any]) -> Any:
        assert parameters["genericAuthType"] == "httpBearerAuth"
        headers = {"Authorization": f"Bearer {self.key}"}
        for each in parameters.get("headerParameters", {}).get("parameters", ()):
            headers[each["name"]] = each["value"]
        pairs = parameters.get("queryParameters", {}).get("parameters", ())
        content: dict[str, Any] = {}
        match parameters.get("contentType"):
            case "raw":
                headers["Content-Type"] = parameters["rawContentType"]
                content = {"content": parameters["body"]}
            case "multipart-form-data":
                parts = parameters["bodyParameters"]["parameters"]
                content = {"files": [(each["name"], self._part(each)) for each in parts]}
        response = await self.session.send(
            parameters["method"],
            parameters["url"],
            query={each["name"]: each["value"] for each in pairs},
            headers=headers,
            **content,
        )
        return response.raise_for_status().json()

    def _part(self, part: dict[str, Any]) -> tuple[str | None, Any]:
        if part["parameterType"] == "formData":
            return (None, part["value"])
        assert part["inputDataFieldName"] == "document"
        assert self.document
        return self.document

    def _evaluated(self, values: Any, item: Any) -> Any:
        context = {"values": values, "json": item, "nodes": self.results}
        context["execution"] = self.execution
        done = subprocess.run(
            [self.node, "-e", _EVALUATE],
            input=json.dumps(context),
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)


def _holds(condition: dict[str, Any]) -> bool:
    value, operation = condition["leftValue"], condition["operator"]["operation"]
    if operation == "notEmpty":
        return value not in (None, "")
    assert operation == "equals"
    return bool(value == condition["rightValue"])
