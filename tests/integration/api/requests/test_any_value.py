"""What is accepted can be read back by every route; the rest is refused with a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.ledger import Ledger
from jobs.model.department import Quota
from tasks.registry import TASKS
from tests.integration.api.conftest import ALLOWED, Api, problem_of
from worker.commands.department.arguments import CountType, RateType

EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
EDGE_TIMES = ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-01:00"]
TEXTS = st.text(st.characters(exclude_categories=()), max_size=20)
MOMENTS = st.one_of(
    st.sampled_from(EDGE_TIMES),
    st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
    st.timedeltas(timedelta(days=-3), timedelta(days=800)).map(
        lambda ahead: (datetime.now(UTC) + ahead).isoformat()
    ),
    st.floats(),
    st.integers(-(10**20), 10**20),
    st.none(),
    TEXTS,
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(10**400), 10**400), st.floats(), TEXTS
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)
JOBS = st.fixed_dictionaries(
    {
        "task": st.just("summarize") | TEXTS,
        "input": st.fixed_dictionaries({"text": st.just("The water is off.") | TEXTS}),
    },
    optional={
        "metadata": st.dictionaries(TEXTS, VALUES, max_size=4) | SCALARS,
        "not_before": MOMENTS,
        "deadline": MOMENTS,
        "lane": st.sampled_from(["interactive", "bulk"]) | SCALARS,
        "model": st.sampled_from(["fast", "full", "auto"]) | SCALARS,
        "callback_url": st.just(ALLOWED) | TEXTS.map(lambda text: ALLOWED + text) | SCALARS,
        "options": st.fixed_dictionaries({}, optional={"max_words": SCALARS, "focus": SCALARS}),
    },
)


def sent(body: Any) -> dict[str, Any]:
    return {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}


def strict(answer: httpx.Response) -> Any:
    """The answer's JSON, which has no NaN and no infinity."""
    return json.loads(answer.content, parse_constant=pytest.fail)


def check_refusal(answer: httpx.Response, body: Any) -> None:
    """It is the sender's fault, and what it names is in `body`, or missing there."""
    assert 400 <= answer.status_code < 500, answer.text
    problem = strict(answer)
    assert problem["detail"]
    errors = problem.get("errors", [])
    assert errors or problem["type"] != "/problems/invalid-request"
    for error in errors:
        assert error["detail"]
        check_pointer(error["pointer"], json.loads(json.dumps(body)), error["detail"])
    if errors:
        pointer = errors[0]["pointer"].removeprefix("#/query")
        param = pointer.removeprefix("#").strip("/").replace("/", ".")
        assert problem["error"]["param"] == (param or None)


def check_pointer(pointer: str, value: Any, detail: str) -> None:
    """RFC 6901, section 6: a JSON pointer as a fragment."""
    assert pointer == "#" or pointer.startswith("#/"), pointer
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for index, part in enumerate(parts):
        if isinstance(value, list):
            value = value[int(part)]
        elif index == len(parts) - 1 and part not in value:
            assert detail.startswith("This member is required."), (pointer, detail)
        else:
            value = value[part]


@EXAMPLES
@given(body=JOBS)
async def test_an_accepted_job_is_read_by_every_route(
    api: Api, ledger: Ledger, body: dict[str, Any]
) -> None:
    answer = await api.http.post("/v1/jobs", **sent(body))
    if answer.status_code != 202:
        check_refusal(answer, body)
        return
    job_id = strict(answer)["id"]
    job = strict(await api.http.get(f"/v1/jobs/{job_id}"))
    assert job["id"] == job_id
    assert job["metadata"] == (body.get("metadata") or {})
    listed = strict(await api.http.get("/v1/jobs"))["data"]
    assert listed[0] == job
    claims = await ledger.runs.claim([job_id], "w", 30)
    assert [claim.job.id for claim in claims.granted] in ([], [job_id])
    assert strict(await api.http.post(f"/v1/jobs/{job_id}/cancel"))["status"] in {
        "cancelled", "expired",
    }  # fmt: skip
    callbacks = strict(await api.http.get("/v1/callbacks", params={"job_id": job_id}))["data"]
    url = body.get("callback_url")
    assert [one["url"] for one in callbacks] == ([url] if url is not None else [])
    assert (await api.http.get("/v1/usage")).status_code == 200
    assert (await api.http.get(f"/v1/jobs/{job_id}/result")).status_code == 404


@pytest.mark.parametrize("field", ["not_before", "deadline"])
@pytest.mark.parametrize("moment", [*EDGE_TIMES, "2999-01-01T00:00:00Z", "1969-12-31T23:59:59Z"])
async def test_times_at_the_edges_are_refused_where_they_stand(
    api: Api, field: str, moment: str
) -> None:
    body = {"task": "summarize", "input": {"text": "The water is off."}, field: moment}
    problem = problem_of(await api.http.post("/v1/jobs", json=body), 422, "invalid-request")
    assert [one["pointer"] for one in problem["errors"]] == [f"#/{field}"]
    assert "a year" in problem["errors"][0]["detail"]
    assert strict(await api.http.get("/v1/jobs"))["data"] == []


OPTIONS = st.sampled_from(sorted(TASKS)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(TASKS[name].options.model_json_schema()["properties"], VALUES),
        ),
    )
)
SURPLUS = st.dictionaries(TEXTS, VALUES, max_size=2)


@settings(EXAMPLES, max_examples=150)
@given(chosen=OPTIONS, more_options=SURPLUS, more=SURPLUS, text=SCALARS | st.just("Off."))
async def test_a_refusal_names_what_is_in_the_request_or_missing_there(
    api: Api,
    chosen: tuple[str, dict[str, Any]],
    more_options: dict[str, Any],
    more: dict[str, Any],
    text: Any,
) -> None:
    task, options = chosen
    body = {**more, "task": task, "input": {"text": text}, "options": {**more_options, **options}}
    answer = await api.http.post("/v1/jobs", **sent(body))
    if answer.status_code != 202:
        check_refusal(answer, body)


@EXAMPLES
@given(
    path=st.sampled_from(["/v1/jobs", "/v1/callbacks", "/v1/batches", "/v1/files", "/v1/usage"]),
    query=st.dictionaries(
        st.sampled_from(
            ["status", "task", "batch_id", "job_id", "limit", "cursor", "after", "order", "from"]
        )
        | TEXTS,
        TEXTS | st.integers().map(str),
        max_size=3,
    ),
)
async def test_a_refused_query_names_its_parameter(
    api: Api, path: str, query: dict[str, str]
) -> None:
    valid = {
        name.encode("utf-8", "replace").decode(): value.encode("utf-8", "replace").decode()
        for name, value in query.items()
    }
    answer = await api.http.get(path, params=valid)
    if answer.status_code != 200:
        check_refusal(answer, {"query": valid})


BATCHES = st.fixed_dictionaries(
    {"completion_window": st.sampled_from(["24h", "30d", "1s", "31d"]) | TEXTS},
    optional={
        "metadata": st.dictionaries(st.sampled_from(["deadline", "case", "lane"]) | TEXTS, TEXTS)
        | st.fixed_dictionaries(
            {"deadline": MOMENTS.filter(lambda moment: isinstance(moment, str))}
        )
        | SCALARS,
        "output_expires_after": st.fixed_dictionaries(
            {"anchor": st.just("created_at"), "seconds": SCALARS}
        ),
    },
)


@EXAMPLES
@given(body=BATCHES)
async def test_an_accepted_batch_is_read_by_every_route(api: Api, body: dict[str, Any]) -> None:
    line = {"custom_id": "a", "method": "POST", "url": "/v1/jobs", "body": {}}
    form = {"file": ("a.jsonl", json.dumps(line).encode())}
    file = strict(await api.http.post("/v1/files", files=form, data={"purpose": "batch"}))
    body = {"input_file_id": file["id"], "endpoint": "/v1/jobs", **body}
    answer = await api.http.post("/v1/batches", **sent(body))
    if answer.status_code != 200:
        check_refusal(answer, body)
        return
    batch = strict(answer)
    found = strict(await api.http.get(f"/v1/batches/{batch['id']}"))
    assert found["metadata"] == batch["metadata"] == (body.get("metadata") or {})
    assert strict(await api.http.get("/v1/batches"))["data"][0] == found
    assert strict(await api.http.post(f"/v1/batches/{batch['id']}/cancel"))["id"] == batch["id"]
    assert (await api.http.get("/v1/files")).status_code == 200


DIGITS = st.from_regex(r"[0-9]{1,30}(\.[0-9]{1,5})?(/s)?", fullmatch=True)


@EXAMPLES
@given(rate=DIGITS, count=DIGITS)
async def test_an_accepted_quota_is_shown_and_applied(
    api: Api, ledger: Ledger, rate: str, count: str
) -> None:
    try:
        quota = Quota(
            rate=RateType().convert(rate, None, None),
            **{
                name: CountType().convert(count, None, None)
                for name in ("max_in_flight", "max_record_bytes", "tokens_per_day")
            },
        )
    except click.BadParameter:
        return
    assert await ledger.departments.set_quota("tax", quota)
    department = await ledger.departments.get("tax")
    assert department is not None
    assert department.quota == quota
    body = {"task": "summarize", "input": {"text": "The water is off."}}
    answer = await api.http.post("/v1/jobs", json=body)
    assert answer.status_code in {202, 429}
    limits = {one["name"]: one["limit"] for one in strict(await api.http.get("/v1/usage"))["quota"]}
    assert limits["rate"] == pytest.approx(quota.rate)
    assert limits["record-bytes"] == quota.max_record_bytes
    assert "ratelimit" in answer.headers
