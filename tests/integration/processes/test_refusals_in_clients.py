"""OpenAI's clients, for Python and for Node, print the reason of a refusal."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.integration.processes.caller import Caller
from tests.integration.processes.system import CHECKOUT, PATIENCE, Desk
from tests.programs import require_program

NPM_SECONDS = 120
BATCH = {"endpoint": "/v1/jobs", "completion_window": "24h"}
# Prints what a department's log would have: the message and the members of OpenAI's errors.
NODE = """
import OpenAI from "openai";
const client = new OpenAI({ baseURL: process.argv[2], apiKey: process.argv[3], maxRetries: 0 });
try {
  await client.batches.create(JSON.parse(process.argv[4]));
} catch (error) {
  const { message, status, type, param, code } = error;
  console.log(JSON.stringify({ message, status, type, param, code }));
}
"""
REFUSALS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "invalid": (
        {**BATCH, "input_file_id": "file_1", "completion_window": "soon"},
        {"status": 422, "type": "invalid_request_error", "param": "completion_window",
         "code": "invalid-request"},
    ),
    "missing": (
        {**BATCH, "input_file_id": "file_01m858vwdrw07k0198937535dx"},
        {"status": 404, "type": "not_found_error", "param": None, "code": "not-found"},
    ),
}  # fmt: skip


def seen(error: openai.APIStatusError) -> dict[str, Any]:
    """Of the members that `error` has, those that the test compares."""
    return {
        "status": error.status_code,
        "type": error.type,
        "param": error.param,
        "code": error.code,
    }


async def problem(desk: Desk, api_url: str, body: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {desk.key}"}
    async with httpx.AsyncClient(
        base_url=api_url, headers=headers, trust_env=False, timeout=PATIENCE
    ) as http:
        return dict((await http.post("/v1/batches", json=body)).json())


@pytest.mark.parametrize("name", REFUSALS)
async def test_openais_python_client_prints_the_reason(
    caller: Caller, desk: Desk, api_url: str, name: str
) -> None:
    body, expected = REFUSALS[name]
    with pytest.raises(openai.APIStatusError) as refused:
        await caller.openai.batches.create(**body)
    assert seen(refused.value) == expected
    assert (await problem(desk, api_url, body))["error"]["message"] in str(refused.value)


async def test_a_wrong_key_is_named_by_openais_python_client(api_url: str) -> None:
    async with openai.AsyncOpenAI(base_url=f"{api_url}/v1", api_key="chy_wrong") as client:
        with pytest.raises(openai.AuthenticationError) as refused:
            await client.batches.list()
    assert refused.value.code == "unauthorized"
    assert "key" in str(refused.value)


@pytest.mark.timeout(NPM_SECONDS + 120)
async def test_openais_node_client_prints_the_reason(
    desk: Desk, api_url: str, tmp_path: Path
) -> None:
    node = require_program("node")
    _install_openai(tmp_path)
    (tmp_path / "refused.mjs").write_text(NODE)
    for body, expected in REFUSALS.values():
        argv = (node, "refused.mjs", f"{api_url}/v1", desk.key, json.dumps(body))
        printed = json.loads(await _output(argv, tmp_path))
        message = printed.pop("message")
        assert printed == expected
        assert (await problem(desk, api_url, body))["error"]["message"] in message


async def test_the_node_example_prints_the_reason(desk: Desk, api_url: str, tmp_path: Path) -> None:
    node = require_program("node")
    (tmp_path / "empty.txt").touch()
    example = CHECKOUT / "docs" / "integration" / "submit.mjs"
    process = await asyncio.create_subprocess_exec(
        *(node, str(example), str(tmp_path / "empty.txt")),
        env={**os.environ, "CHANCERY_API_URL": api_url, "CHANCERY_API_KEY": desk.key},
        stderr=subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode
    assert "422 The document has no bytes." in errors.decode()


def _install_openai(folder: Path) -> None:
    """Install npm's package `openai`; skips the test where npm cannot."""
    argv = ("npm", "install", "--no-fund", "--no-audit", "--silent", "openai@7")
    try:
        subprocess.run(argv, cwd=folder, check=True, timeout=NPM_SECONDS, capture_output=True)
    except (FileNotFoundError, subprocess.SubprocessError) as error:
        pytest.skip(f"npm cannot install the package openai: {error}")


async def _output(argv: tuple[str, ...], folder: Path) -> bytes:
    process = await asyncio.create_subprocess_exec(*argv, cwd=folder, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    return output
