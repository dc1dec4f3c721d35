"""Runs the workflows for Dify: the nodes that they have, by Dify's documentation."""

from __future__ import annotations

import re
import textwrap
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.integration.api.request_collections.session import FOLDER, Session

_PLACE = re.compile(r"\{\{#(\w+)\.(\w+)#\}\}")


@dataclass
class Player:
    """`environment`: the values of the variables that a user sets after the import. `start`: the
    fields of the form; a document is its name and bytes."""

    session: Session
    environment: Mapping[str, str]
    start: Mapping[str, Any]
    pool: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def play(self, name: str) -> dict[str, Any]:
        """The outputs of the end that is reached."""
        workflow = yaml.safe_load((FOLDER / name).read_text())["workflow"]
        assert {each["name"] for each in workflow["environment_variables"]} == set(self.environment)
        self.pool |= {"env": dict(self.environment), "sys": {"workflow_run_id": str(uuid.uuid4())}}
        return await self._follow(workflow["graph"], "start")

    async def _follow(self, graph: dict[str, Any], current: str) -> dict[str, Any]:
        nodes = {each["id"]: each["data"] for each in graph["nodes"]}
        while True:
            handle = await self._run(graph, current, nodes[current])
            following = [
                each["target"]
                for each in graph["edges"]
                if (each["source"], each["sourceHandle"]) == (current, handle)
            ]
            if not following:
                return self.pool[current]
            (current,) = following

    async def _run(self, graph: dict[str, Any], name: str, data: dict[str, Any]) -> str:
        """The handle at which the run goes on."""
        match data["type"]:
            case "start":
                for each in data["variables"]:
                    assert not each["required"] or each["variable"] in self.start
                self.pool[name] = dict(self.start)
            case "code":
                self.pool[name] = self._code(data)
            case "http-request":
                self.pool[name] = await self._request(data)
            case "loop":
                await self._loop(graph, name, data)
            case "assigner":
                for each in data["items"]:
                    node, variable = each["variable_selector"]
                    self.pool[node][variable] = self._value(each["value"])
            case "if-else":
                (case,) = data["cases"]
                (condition,) = case["conditions"]
                return case["case_id"] if self._holds(condition) else "false"
            case "end":
                self.pool[name] = {
                    each["variable"]: self._value(each["value_selector"])
                    for each in data["outputs"]
                }
            case kind:
                assert kind == "loop-start"
        return "source"

    async def _loop(self, graph: dict[str, Any], name: str, data: dict[str, Any]) -> None:
        self.pool[name] = {each["label"]: each["value"] for each in data["loop_variables"]}
        (condition,) = data["break_conditions"]
        for _ in range(data["loop_count"]):
            await self._follow_inside(graph, data["start_node_id"])
            if self._holds(condition):
                return

    async def _follow_inside(self, graph: dict[str, Any], start: str) -> None:
        self.pool.setdefault(start, {})
        self.pool.setdefault("keep", {})
        await self._follow(graph, start)

    def _code(self, data: dict[str, Any]) -> dict[str, Any]:
        space: dict[str, Any] = {}
        exec(textwrap.dedent(data["code"]), space)  # our own code, as Dify runs it
        arguments = {
            each["variable"]: self._value(each["value_selector"]) for each in data["variables"]
        }
        result = dict(space["main"](**arguments))
        assert set(result) == set(data["outputs"])
        assert all(isinstance(value, str) for value in result.values())
        return result

    async def _request(self, data: dict[str, Any]) -> dict[str, Any]:
        token = self._text(data["authorization"]["config"]["api_key"])
        headers = {"Authorization": f"Bearer {token}", **self._lines(data["headers"])}
        content: dict[str, Any] = {}
        match data["body"]:
            case {"type": "raw-text", "data": [part]}:
                content = {"content": self._text(part["value"])}
            case {"type": "form-data", "data": parts}:
                texts = [each for each in parts if each["type"] == "text"]
                content = {
                    "data": {each["key"]: self._text(each["value"]) for each in texts},
                    "files": {
                        each["key"]: self._value(each["file"])
                        for each in parts
                        if each["type"] == "file"
                    },
                }
        response = await self.session.send(
            data["method"],
            self._text(data["url"]),
            query=self._lines(data["params"]),
            headers=headers,
            **content,
        )
        return {"status_code": response.status_code, "body": response.text}

    def _lines(self, text: str) -> dict[str, str]:
        lines = [line.partition(":") for line in self._text(text).splitlines()]
        return {name.strip(): value.strip() for name, _, value in lines}

    def _text(self, template: str) -> str:
        return _PLACE.sub(lambda match: str(self.pool[match[1]][match[2]]), template)

    def _value(self, selector: list[str]) -> Any:
        node, name = selector
        return self.pool[node].get(name)

    def _holds(self, condition: dict[str, Any]) -> bool:
        equal = self._value(condition["variable_selector"]) == condition["value"]
        return equal if condition["comparison_operator"] == "is" else not equal
