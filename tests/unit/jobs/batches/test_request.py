"""What a batch is submitted with."""

from __future__ import annotations

from jobs.batches.request import BatchRequest


def test_no_metadata_may_be_said_with_null_as_openais_client_does() -> None:
    given = BatchRequest.model_validate({"input_file_id": "file_x", "metadata": None})
    assert given.metadata == {}
