"""Clients generated from the OpenAPI document."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.app import AppSettings, create_app
from deploy.java_client import generate
from tests.integration.processes.system import Desk
from tests.programs import require_program

EVENTS = {
    *("job.succeeded", "job.failed", "job.cancelled", "job.expired"),
    *("batch.completed", "batch.failed", "batch.expired", "batch.cancelled"),
}


def test_the_document_is_valid_openapi() -> None:
    document = create_app(AppSettings()).openapi()
    errors = [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]
    assert errors == []


def test_the_document_has_what_generators_need() -> None:
    document = create_app(AppSettings()).openapi()
    calls = [call for methods in document["paths"].values() for call in methods.values()]
    ids = [call["operationId"] for call in calls]
    assert {"submitJob", "getJob", "uploadDocument", "submitBatch", "getFileContent"} <= set(ids)
    assert len(ids) == len(set(ids))
    assert document["servers"]
    assert set(document["webhooks"]) == EVENTS
    for call in calls:
        bodies = [call.get("requestBody", {}), *call["responses"].values()]
        assert all(len(body.get("content", {})) <= 1 for body in bodies), call["operationId"]
    schemas = document["components"]["schemas"]
    assert schemas["SummarizeResult"]["properties"]["summary"]
    assert {"RedactOptions", "RedactResult", "JobEvent", "BatchEvent"} <= set(schemas)


def test_integers_that_exceed_32_bits_say_so() -> None:
    schemas = create_app(AppSettings()).openapi()["components"]["schemas"]
    seed = schemas["Sampling"]["properties"]["seed"]
    assert "int64" in [each.get("format") for each in (seed, *seed.get("anyOf", ()))]
    assert schemas["DocumentView"]["properties"]["bytes"]["format"] == "int64"


@pytest.mark.timeout(300)
async def test_the_generated_java_client_submits_a_job(
    desk: Desk, api_url: str, tmp_path: Path
) -> None:
    require_program("java")
    require_program("httpmime")
    class_path = generate(tmp_path / "java")
    notice = tmp_path / "notice.txt"
    notice.write_text("The water is off on 5 March.")
    printed = _run(["java", "-cp", class_path, "SubmitGenerated", str(notice)], desk, api_url)
    assert "status succeeded" in printed


def _run(argv: Sequence[str], desk: Desk, api_url: str) -> str:
    env = {**os.environ, "CHANCERY_API_URL": api_url, "CHANCERY_API_KEY": desk.key}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
