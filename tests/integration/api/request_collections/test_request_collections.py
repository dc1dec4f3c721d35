"""The collections for Postman, Bruno, n8n and Dify, replayed against the api."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.model.job import Job
from jobs.model.problems import Problem
from jobs.model.states import JobStatus
from jobs.process.settings import RedisSettings
from jobs.submit.form_mapping import read_mapping
from standin.valkey import start_valkey
from tests.integration.api.conftest import finish
from tests.integration.api.request_collections import bruno, dify, n8n, postman
from tests.integration.api.request_collections.session import FOLDER, Session
from tests.integration.api.running import end_jobs, served
from tests.programs import require_program

pytestmark = pytest.mark.asyncio(loop_scope="module")
FORM = 'text = "ZW"\n[job]\ntask = "summarize"\n'
TEXT = 'He said "停水",\nthen left.'
# What a request of the collection gets here instead of its success.
OTHERWISE = {
    "Get a result that waits for approval": 409,
    "Approve, correct or reject a result": 409,
    "Delete an ended batch": 409,  # it has not ended: no scheduler runs here
    "Readiness of the system": 503,  # no engine either
}


@dataclass
class System:
    url: str
    key: str
    ledger: Ledger
    session: Session

    @property
    def variables(self) -> dict[str, str]:
        return {"base_url": self.url, "api_key": self.key}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """One system for all tests: it starts a process for the first file, which takes long."""
    folder = tmp_path_factory.mktemp("collections")
    process, redis_url = start_valkey(folder)
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    tax = await ledger.departments.create("tax", callback_allow=["oa.tax.intranet"])
    async with served(redis_url, folder) as url, httpx.AsyncClient(timeout=120) as http:
        yield System(url, tax.api_key, ledger, Session(http))
    await ledger.close()
    process.terminate()
    process.wait(10)


@pytest.fixture
def system(running: System) -> System:
    return replace(running, session=Session(running.session.http))


@pytest_asyncio.fixture(loop_scope="module")
async def ending(system: System) -> AsyncIterator[None]:
    """Ends each job, the first one when a collection has found it open."""

    async def work() -> None:
        await system.session.open.wait()
        await end_jobs(system.ledger)

    working = asyncio.create_task(work())
    yield
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


@pytest.mark.parametrize("program", [postman, bruno])
@pytest.mark.usefixtures("ending")
async def test_the_first_folder_submits_waits_and_reads_the_result(
    program: ModuleType, system: System
) -> None:
    variables = {**program.VARIABLES, **system.variables}
    flow = [item for folder, item in program.requests() if folder == "Submit and wait"]
    assert len(flow) == 4
    for item in flow:
        again = True
        while again:
            response = await program.run(system.session, item, variables)
            assert response.status_code == program.status_of(item), response.text
            again = program.after(item, response, variables)
    assert system.session.open.is_set()
    assert response.json() == {"summary": "Off."}
    jobs = (await system.ledger.jobs.list("tax", limit=2)).items
    assert [job.metadata for job in jobs] == [{"case": "2026-1187"}] * 2


@pytest.mark.parametrize("program", [postman, bruno])
async def test_every_request_of_a_collection_is_one_that_the_api_takes(
    program: ModuleType, system: System
) -> None:
    mapping = read_mapping(FORM.encode()).model_dump_json()
    await system.ledger.departments.set_form("tax", "notices", mapping)
    maker = Maker(system)
    await maker.put_into_library("regulations", await maker.make("document_id"))
    count = 0
    for folder, item in program.requests():
        if folder == "Submit and wait":
            continue
        text = program.text_of(item)
        variables = {**program.VARIABLES, **system.variables}
        for name in set(re.findall(r"\{\{(\w+_id)\}\}", text)):
            variables[name] = await maker.make(name)
        if "Remove a document" in text:
            await maker.put_into_library(variables["library"], variables["document_id"])
        response = await program.run(system.session, item, variables)
        expected = next((s for name, s in OTHERWISE.items() if name in text), None)
        assert response.status_code == (expected or program.status_of(item)), response.text
        count += 1
    assert count >= 40


@dataclass
class Maker:
    """Makes what a request needs."""

    system: System

    async def make(self, name: str) -> str:
        return await {
            "job_id": self._job,
            "document_id": self._document,
            "file_id": self._file,
            "batch_id": self._batch,
            "callback_id": self._callback,
        }[name]()

    async def put_into_library(self, library: str, document_id: str) -> None:
        await self._send("PUT", f"/v1/libraries/{library}/documents/{document_id}")

    async def _job(self) -> str:
        body = {"task": "summarize", "input": {"text": "The water is off."}}
        body["callback_url"] = "http://oa.tax.intranet/"
        job = (await self._send("POST", "/v1/jobs", json=body)).json()
        await finish(self.system.ledger, job["id"])
        return str(job["id"])

    async def _document(self) -> str:
        headers = {"Content-Type": "application/octet-stream"}
        # A new document each time: one that a library uses cannot be deleted.
        content = str(uuid.uuid4()).encode()
        sent = await self._send("POST", "/v1/documents", content=content, headers=headers)
        return str(sent.json()["id"])

    async def _file(self) -> str:
        content = {"file": ("a.jsonl", b"{}\n")}
        sent = await self._send("POST", "/v1/files", files=content, data={"purpose": "batch"})
        return str(sent.json()["id"])

    async def _batch(self) -> str:
        body = {"input_file_id": await self._file(), "endpoint": "/v1/jobs"}
        body["completion_window"] = "24h"
        return str((await self._send("POST", "/v1/batches", json=body)).json()["id"])

    async def _callback(self) -> str:
        await self._job()
        found = await self._send("GET", "/v1/callbacks")
        return str(found.json()["data"][0]["id"])

    async def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.system.key}", **content.pop("headers", {})}
        url = f"{self.system.url}{path}"
        response = await self.system.session.http.request(method, url, headers=headers, **content)
        return response.raise_for_status()


async def newest_job(system: System) -> Job:
    return (await system.ledger.jobs.list("tax")).items[0]


Play = Callable[[System, str], Awaitable[object]]


async def play_n8n(system: System, name: str) -> object:
    document = ("通知.txt", "停水。".encode()) if "document" in name else None
    settings = {"base_url": system.url} | ({} if document else {"text": TEXT})
    node = require_program("node")
    return await n8n.Player(system.session, node, system.key, settings, document).play(name)


async def play_dify(system: System, name: str) -> object:
    document = ("通知.txt", "停水。".encode())
    given = {"document": document} if "document" in name else {"text": TEXT}
    start = {"task": "summarize", "options": '{"max_words": 60}', **given}
    outputs = await dify.Player(system.session, system.variables, start).play(name)
    return json.loads(outputs["result"]) if "result" in outputs else outputs


@pytest.mark.parametrize(
    ("play", "name"),
    [
        (play, path.name)
        for play, pattern in ((play_n8n, "n8n-*.json"), (play_dify, "dify-*.yml"))
        for path in sorted(FOLDER.glob(pattern))
    ],
)
@pytest.mark.usefixtures("ending")
async def test_a_workflow_submits_waits_and_returns_the_result(
    play: Play, name: str, system: System
) -> None:
    assert await play(system, name) == {"summary": "Off."}
    assert system.session.open.is_set()
    job = await newest_job(system)
    document = await system.ledger.documents.get("tax", str(job.document_id))
    assert document is not None
    if "document" in name:
        assert document.filename == "通知.txt"
    else:
        sent = await system.session.http.get(
            f"{system.url}/v1/documents/{document.id}/content",
            headers={"Authorization": f"Bearer {system.key}"},
        )
        assert sent.text == TEXT


@pytest.mark.parametrize(
    ("play", "name"), [(play_n8n, "n8n-text.json"), (play_dify, "dify-text.yml")]
)
async def test_a_workflow_says_why_a_job_failed(play: Play, name: str, system: System) -> None:
    async def fail() -> None:
        await system.session.open.wait()
        job = await newest_job(system)
        error = Problem("document-encrypted", "It asks for a password.")
        await finish(system.ledger, job.id, status=JobStatus.failed, result=None, error=error)

    failing = asyncio.create_task(fail())
    if play is play_n8n:
        with pytest.raises(n8n.Stopped, match=r"^failed: The document is encrypted$"):
            await play(system, name)
    else:
        outputs = await play(system, name)
        job = await newest_job(system)
        error = "The document is encrypted"
        assert outputs == {"status": "failed", "error": error, "job_id": job.id}
    await failing


async def test_a_refused_job_ends_a_workflow_with_the_problem(system: System) -> None:
    system = replace(system, key="chy_wrong")
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await play_n8n(system, "n8n-text.json")
    with pytest.raises(ValueError, match="API key"):
        await play_dify(system, "dify-text.yml")
