"""The request for a batch."""

from __future__ import annotations

from jobs.batches.request import BatchRequest


def test_metadata_may_be_null_as_openais_client_sends_it() -> None:
    given = BatchRequest.model_validate({"input_file_id": "file_x", "metadata": None})
    assert given.metadata == {}
