"""Who may call what: scopes, ends, networks, and the walls between departments, on every route."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from api.access.rules import RULES
from jobs.ledger import Ledger
from jobs.model.api_key import KeyRules, Scope
from jobs.process.settings import ApiSettings
from tests.integration.api.conftest import ALLOWED, Api, Open, finish, problem_of

OTHER_SCOPE = {Scope.read: Scope.submit, Scope.submit: Scope.read, Scope.admin: Scope.read}
# Named by the caller or the platform, not by a department: there is nothing of another's to find.
SHARED_NAMES = {"/v1/tasks/{name}"}


@asynccontextmanager
async def with_key(api: Api, ledger: Ledger, rules: KeyRules) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a new key of tax."""
    key = await ledger.keys.create("tax", rules)
    assert key is not None
    headers = {"Authorization": f"Bearer {key.text}"}
    transport = httpx.ASGITransport(api.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://chancery.test", headers=headers
    ) as client:
        yield client


def scoped(*scopes: Scope) -> KeyRules:
    return KeyRules(scopes=frozenset(scopes))


async def calls(api: Api) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every call under `/v1` in the OpenAPI document."""
    document = (await api.anonymous.get("/openapi.json")).json()
    return [
        (method.upper(), path, call)
        for path, methods in document["paths"].items()
        if path.startswith("/v1/")
        for method, call in methods.items()
    ]


async def objects_of_tax(api: Api, ledger: Ledger) -> dict[str, str]:
    """Something of tax for each placeholder in a path."""
    job = await api.submit(callback_url=ALLOWED)
    await finish(ledger, job["id"])
    callback = (await api.http.get("/v1/callbacks")).json()["data"][0]["id"]
    document = (await api.http.post("/v1/documents", content=b"The water is off.")).json()["id"]
    assert (await api.http.put(f"/v1/libraries/rules/documents/{document}")).status_code == 204
    line = {"custom_id": "1", "method": "POST", "url": "/v1/jobs"}
    body = {"task": "summarize", "input": {"text": "Off."}}
    file = (
        await api.http.post(
            "/v1/files",
            files={"file": ("in.jsonl", json.dumps({**line, "body": body}).encode())},
            data={"purpose": "batch"},
        )
    ).json()["id"]
    window = {"endpoint": "/v1/jobs", "completion_window": "24h", "input_file_id": file}
    answer = await api.http.post("/v1/batches", json=window)
    assert answer.status_code == 200, answer.text
    return {
        "document_id": document,
        "job_id": job["id"],
        "callback_id": callback,
        "file_id": file,
        "batch_id": answer.json()["id"],
        "name": "rules",
    }


def filled(path: str, objects: dict[str, str]) -> str:
    return path.format(**objects)


async def test_every_route_has_a_rule_and_says_its_scope(api: Api) -> None:
    documented = await calls(api)
    assert len(documented) > 25
    for method, path, call in documented:
        rule = RULES[method, path]
        assert call["security"] == [{"apiKey": [rule.scope.value]}]
        assert f"Needs the scope `{rule.scope.value}`" in call["description"]
        assert {"401", "403", "429"} <= set(call["responses"])


async def test_no_route_answers_without_a_key_or_without_its_scope(
    api: Api, ledger: Ledger
) -> None:
    objects = await objects_of_tax(api, ledger)
    for method, path, _ in await calls(api):
        url, scope = filled(path, objects), RULES[method, path].scope
        problem_of(await api.anonymous.request(method, url), 401, "unauthorized")
        others = scoped(*(set(Scope) - {scope}))
        async with with_key(api, ledger, others) as client:
            body = problem_of(await client.request(method, url), 403, "scope-missing")
        assert f"the scope {scope.value}" in body["detail"]


async def test_another_departments_things_are_not_found_on_any_route(
    api: Api, ledger: Ledger
) -> None:
    objects = await objects_of_tax(api, ledger)
    checked = 0
    for method, path, _ in await calls(api):
        if "{" not in path or path in SHARED_NAMES:
            continue
        problem_of(await api.other.request(method, filled(path, objects)), 404, "not-found")
        checked += 1
    assert checked > 10
    for path in ("/v1/jobs", "/v1/files", "/v1/batches", "/v1/callbacks", "/v1/libraries"):
        assert (await api.http.get(path)).json()["data"]
        assert (await api.other.get(path)).json()["data"] == []


def samples(text: str) -> Iterator[tuple[str, float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "chancery_authentication_failures_total":
                yield sample.labels["code"], sample.value


async def test_a_key_does_what_its_scope_allows_and_nothing_else(api: Api, ledger: Ledger) -> None:
    body = {"task": "summarize", "input": {"text": "The water is off."}}
    async with (
        with_key(api, ledger, scoped(Scope.submit)) as submitter,
        with_key(api, ledger, scoped(Scope.read)) as reader,
    ):
        job = await submitter.post("/v1/jobs", json=body)
        assert job.status_code == 202
        path = job.headers["Location"]
        problem_of(await submitter.get(path), 403, "scope-missing")
        assert (await reader.get(path)).status_code == 200
        assert (await reader.head("/v1/nowhere")).status_code == 404
        problem_of(await reader.post("/v1/jobs", json=body), 403, "scope-missing")
        problem_of(await reader.post(f"{path}/cancel"), 403, "scope-missing")
        assert (await submitter.post(f"{path}/cancel")).status_code == 200


async def test_a_key_that_may_only_submit_gets_no_result_by_cancelling(
    api: Api, ledger: Ledger
) -> None:
    job = await api.submit()
    await finish(ledger, job["id"])
    path = f"/v1/jobs/{job['id']}"
    assert (await api.http.get(path)).json()["result"]
    async with with_key(api, ledger, scoped(Scope.submit)) as submitter:
        answer = (await submitter.post(f"{path}/cancel")).json()
    assert answer["status"] == "succeeded"
    assert (answer["result"], answer["result_url"]) == (None, f"{path}/result")


async def test_a_call_that_waits_gets_nothing_after_its_key_was_revoked(
    api: Api, ledger: Ledger
) -> None:
    job = await api.submit()
    path = f"/v1/jobs/{job['id']}"
    async with with_key(api, ledger, scoped(Scope.read)) as reader:
        waiting = asyncio.create_task(reader.get(path, params={"wait": 30}))
        newest = (await ledger.keys.valid("tax"))[0]
        assert newest.scopes == {Scope.read}
        await ledger.keys.revoke("tax", newest.id)
        assert not waiting.done()
        await finish(ledger, job["id"])
        problem_of(await waiting, 401, "key-revoked")


async def test_a_revocation_applies_to_the_next_request(api: Api, ledger: Ledger) -> None:
    key = api.keys["tax"]
    assert (await api.http.get("/v1/jobs")).status_code == 200
    await ledger.keys.revoke("tax", key.split("_")[1])
    problem = problem_of(await api.http.get("/v1/jobs"), 401, "key-revoked")
    assert key not in json.dumps(problem)
    wrong = {"Authorization": f"Bearer {key[:-1]}?"}
    problem_of(await api.anonymous.get("/v1/jobs", headers=wrong), 401, "unauthorized")
    assert (await api.other.get("/v1/jobs")).status_code == 200


async def test_an_expired_key_is_told_so(api: Api, ledger: Ledger) -> None:
    async with with_key(api, ledger, KeyRules(lifetime_ms=300)) as client, asyncio.timeout(30):
        while (answer := await client.get("/v1/jobs")).status_code == 200:
            await asyncio.sleep(0.02)
    problem_of(answer, 401, "key-expired")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_key_with_networks_is_refused_from_elsewhere(
    open_api: Open, ledger: Ledger
) -> None:
    proxies = (ip_network("127.0.0.1/32"),)
    rules = KeyRules(networks=(ip_network("10.1.0.0/16"),))
    async with (
        open_api(settings=ApiSettings(trusted_proxies=proxies)) as api,
        with_key(api, ledger, rules) as client,
    ):
        inside, outside = {"X-Forwarded-For": "10.1.2.3"}, {"X-Forwarded-For": "10.2.2.3"}
        assert (await client.get("/v1/jobs", headers=inside)).status_code == 200
        answer = await client.get("/v1/jobs", headers=outside)
        assert "10.2.2.3" in problem_of(answer, 403, "network-not-allowed")["detail"]
        problem_of(await client.get("/v1/jobs"), 403, "network-not-allowed")


async def test_a_forwarded_address_without_a_trusted_proxy_opens_nothing(
    api: Api, ledger: Ledger
) -> None:
    rules = KeyRules(networks=(ip_network("10.1.0.0/16"),))
    async with with_key(api, ledger, rules) as client:
        answer = await client.get("/v1/jobs", headers={"X-Forwarded-For": "10.1.2.3"})
    problem_of(answer, 403, "network-not-allowed")


async def test_wrong_keys_are_slowed_per_source_and_valid_ones_are_not(open_api: Open) -> None:
    settings = ApiSettings(failed_keys=3, trusted_proxies=(ip_network("127.0.0.1/32"),))
    async with open_api(settings=settings) as api:
        source = {"X-Forwarded-For": "192.0.2.7"}
        wrong = {**source, "Authorization": f"Bearer chy_{'0' * 12}_wrong"}
        for _ in range(3):
            problem_of(await api.anonymous.get("/v1/jobs", headers=wrong), 401, "unauthorized")
        answer = await api.anonymous.get("/v1/jobs", headers=wrong)
        problem_of(answer, 429, "too-many-failures")
        assert int(answer.headers["Retry-After"]) >= 1
        assert (await api.http.get("/v1/jobs", headers=source)).status_code == 200
        problem_of(await api.anonymous.get("/v1/jobs", headers=source), 401, "unauthorized")
        elsewhere = {**wrong, "X-Forwarded-For": "192.0.2.8"}
        problem_of(await api.anonymous.get("/v1/jobs", headers=elsewhere), 401, "unauthorized")
        figures = dict(samples((await api.anonymous.get("/metrics")).text))
    assert figures == {"unauthorized": 5, "too-many-failures": 1}
