"""HTTP as in RFC 9110, whatever the client: methods, codings, headers, a path prefix."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from ipaddress import ip_network

import pytest

from jobs.ledger import Ledger
from jobs.process.settings import ApiSettings
from tests.integration.api.conftest import Api, Open, finish, problem_of

JOB = {"task": "summarize", "input": {"text": "The water is off."}}
LOCAL = (ip_network("127.0.0.1/32"),)


async def paths(api: Api, ledger: Ledger) -> list[str]:
    """A path of each route that answers GET."""
    job = await api.submit()
    await finish(ledger, job["id"])
    document = (await api.http.post("/v1/documents", content=b"The water is off.")).json()
    form = {"purpose": (None, b"batch"), "file": ("a.jsonl", b"{}\n")}
    file = (await api.http.post("/v1/files", files=form)).json()
    await api.http.put(f"/v1/libraries/laws/documents/{document['id']}")
    batch = (await api.http.post("/v1/batches", json={"input_file_id": file["id"]})).json()
    values = {
        "job_id": job["id"], "document_id": document["id"], "file_id": file["id"],
        "batch_id": batch["id"], "code": "internal",
    }  # fmt: skip
    routes = (await api.http.get("/openapi.json")).json()["paths"]
    found = ["/docs", "/docs/swagger-ui.css", "/openapi.json", "/v1/nothing"]
    for route in (route for route, methods in routes.items() if "get" in methods):
        name = "summarize" if "tasks" in route else "laws"
        found.append(route.replace("{name}", name).format(**values))
    return found


async def test_head_works_wherever_get_does(api: Api, ledger: Ledger) -> None:
    for path in await paths(api, ledger):
        got, head = await api.http.get(path), await api.http.head(path)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        for name in ("content-type", "content-length", "accept-ranges"):
            if path not in ("/metrics", "/readyz", "/v1/libraries"):
                assert head.headers.get(name) == got.headers.get(name), (path, name)
    metrics = (await api.anonymous.get("/metrics")).text
    assert 'method="HEAD",route="/v1/jobs/{job_id}",status_code="200"' in metrics


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/jobs", "GET, HEAD, POST"),
        ("DELETE", "/v1/batches", "GET, HEAD, POST"),
        ("PUT", "/v1/files/file_1", "DELETE, GET, HEAD"),
        ("GET", "/v1/libraries/laws/documents/doc_1", "DELETE, PUT"),
        ("HEAD", "/v1/jobs/job_1/cancel", "POST"),
        ("POST", "/openapi.json", "GET, HEAD"),
        ("OPTIONS", "/docs", "GET, HEAD"),
    ],
)
async def test_allow_has_every_method_of_the_path(
    api: Api, method: str, path: str, allow: str
) -> None:
    answer = await api.http.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/documents", "/v1/batches"])
async def test_a_coded_body_is_refused_with_what_is_accepted(api: Api, path: str) -> None:
    coded = await api.http.post(path, content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    problem_of(coded, 415, "unsupported-coding")
    assert coded.headers["accept-encoding"] == "identity"


async def test_the_identity_coding_is_none(api: Api) -> None:
    headers = {"Content-Encoding": "Identity"}
    answer = await api.http.post("/v1/documents", content=b"The water.", headers=headers)
    assert answer.status_code == 201


async def test_every_response_has_the_security_headers(api: Api, ledger: Ledger) -> None:
    for path in await paths(api, ledger):
        headers = (await api.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert (headers.get("cache-control") == "no-store") == path.startswith("/v1/"), path


async def test_the_policy_of_docs_allows_what_the_page_has_and_no_other_script(api: Api) -> None:
    page = await api.anonymous.get("/docs")
    policy = page.headers["content-security-policy"]
    (scripts,) = re.findall(r"script-src ([^;]*)", policy)
    (inline,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digest = b64encode(sha256(inline.encode()).digest()).decode()
    assert scripts == f"'self' 'sha256-{digest}'"
    assert not re.search(r"<[^>]+\son\w+=|<[^>]+\sstyle=", page.text)


@pytest.mark.parametrize("kept_in_path", [False, True])
async def test_below_a_prefix_every_address_has_it(
    open_api: Open, ledger: Ledger, *, kept_in_path: bool
) -> None:
    settings, prefix = ApiSettings(trusted_proxies=LOCAL), "/gov/chancery"
    headers = {"X-Forwarded-Prefix": prefix}
    front = prefix if kept_in_path else ""
    async with open_api(settings=settings) as api:
        sent = await api.http.post(f"{front}/v1/jobs", json=JOB, headers=headers)
        job_id = sent.json()["id"]
        assert sent.headers["location"] == f"{prefix}/v1/jobs/{job_id}"
        blob = await api.app.state.services.store.put(b'{"summary": "Off."}', "tax", job_id)
        await finish(ledger, job_id, result=None, result_blob=blob)
        listed = await api.http.get(f"{front}/v1/jobs", headers=headers)
        assert listed.json()["data"][0]["result_url"] == f"{prefix}/v1/jobs/{job_id}/result"
        result = await api.http.get(f"{front}/v1/jobs/{job_id}/result", headers=headers)
        assert result.json() == {"summary": "Off."}
        assert result.headers["cache-control"] == "no-store"
        page = (await api.http.get(f"{front}/docs", headers=headers)).text
        assert set(re.findall(r"""["'](/[^"']+)["']""", page)) == {
            f"{prefix}/{name}"
            for name in ("openapi.json", "docs/swagger-ui.css", "docs/swagger-ui-bundle.js")
        }
        document = (await api.http.get(f"{front}/openapi.json", headers=headers)).json()
        assert document["servers"] == [{"url": prefix}]
        document = (await api.http.get("/openapi.json")).json()
        assert document["servers"] == [{"url": "/"}]


async def test_a_prefix_of_the_settings_needs_no_header(open_api: Open) -> None:
    async with open_api(settings=ApiSettings(root_path="/chancery")) as api:
        sent = await api.http.post("/chancery/v1/jobs", json=JOB)
        assert sent.headers["location"] == f"/chancery/v1/jobs/{sent.json()['id']}"


@pytest.mark.parametrize("prefix", ["/gov", "//evil.example", "/a\u00e9", "/" + "a/" * 40])
async def test_a_prefix_that_no_proxy_vouches_for_is_ignored(open_api: Open, prefix: str) -> None:
    trusted = () if prefix == "/gov" else LOCAL
    headers = {b"X-Forwarded-Prefix": prefix.encode()}
    async with open_api(settings=ApiSettings(trusted_proxies=trusted)) as api:
        sent = await api.http.post("/v1/jobs", json=JOB, headers=headers)
        assert sent.headers["location"].startswith("/v1/jobs/")


async def test_openai_clients_find_the_reason_in_a_refusal(api: Api) -> None:
    refused = await api.http.post("/v1/jobs", json={**JOB, "surplus": 1, "lane": "fast"})
    problem = problem_of(refused, 422, "invalid-request")
    error = problem["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == "invalid-request"
    assert error["type"] == "invalid_request_error"
    assert error["param"] == "lane"
    assert problem["detail"] in error["message"]
    assert problem["errors"][0]["detail"] in error["message"]
    anonymous = problem_of(await api.anonymous.get("/v1/jobs"), 401, "unauthorized")
    assert anonymous["error"] == {
        "message": anonymous["detail"], "type": "authentication_error", "param": None,
        "code": "unauthorized",
    }  # fmt: skip
