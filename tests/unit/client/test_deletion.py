"""The client deletes jobs, documents and batches."""

from __future__ import annotations

from typing import Any

import pytest

from chancery import AsyncChancery, Chancery, NotFound
from tests.unit.client.conftest import KEY

PATHS = ["/v1/jobs/job_1", "/v1/documents/doc_1", "/v1/batches/batch_1"]


def test_jobs_documents_and_batches_are_deleted(server: Any, chancery: Chancery) -> None:
    assert chancery.delete_job("job_1").deleted
    assert chancery.delete_document("doc_1").deleted
    assert chancery.delete_batch("batch_1").deleted
    assert [request.path for request in server.requests] == PATHS
    with pytest.raises(NotFound):
        chancery.delete_job("job_1")


async def test_the_async_client_deletes_too(server: Any) -> None:
    async with AsyncChancery(server.url, KEY, timeout=10) as chancery:
        assert (await chancery.delete_job("job_1")).id == "job_1"
        assert (await chancery.delete_document("doc_1")).id == "doc_1"
        assert (await chancery.delete_batch("batch_1")).id == "batch_1"
    assert [request.path for request in server.requests] == PATHS
