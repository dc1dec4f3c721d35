"""Unfinished uploads in a bucket, and the signature of requests for them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from jobs.unfinished_uploads import (
    Credentials,
    UnfinishedUploads,
    bucket_address,
    signed_headers,
)
from tests.storage import S3Server, s3_settings

YEAR = 365 * 24 * 3600
# The examples of AWS's documentation of Signature Version 4.
AWS_EXAMPLE = Credentials(
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"
)


@pytest.mark.parametrize(
    ("query", "signature"),
    [
        ("lifecycle=", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)
def test_requests_are_signed_as_in_the_documentation(query: str, signature: str) -> None:
    url = f"https://examplebucket.s3.amazonaws.com/?{query}"
    at = datetime(2013, 5, 24, tzinfo=UTC)
    assert signed_headers("GET", url, AWS_EXAMPLE, at)["authorization"].endswith(signature)


def test_only_old_unfinished_uploads_below_the_prefix_are_aborted(
    s3: S3Server, tmp_path: Path
) -> None:
    settings = s3_settings(s3.url, tmp_path)
    for name in ("unfinished/tax/a b.sealed", "unfinished/tax/c", "elsewhere/d"):
        begun = httpx.post(
            f"{s3.url}/{s3.bucket}/{name}", params={"uploads": ""}, auth=("k", "s"), timeout=30
        )
        assert re.search("<UploadId>", begun.text), begun.text
    uploads = UnfinishedUploads(f"s3://{s3.bucket}/unfinished", settings)
    # The server says of every upload that it began in 2010.
    assert uploads.abort_older_than(50 * YEAR) == 0
    assert uploads.abort_older_than(0) == 2
    assert uploads.abort_older_than(0) == 0
    assert UnfinishedUploads(f"s3://{s3.bucket}/elsewhere", settings).abort_older_than(0) == 1


def test_without_a_key_in_the_settings_the_bucket_must_do_it(tmp_path: Path) -> None:
    settings = s3_settings("http://127.0.0.1:9", tmp_path, s3_access_key_id=None)
    assert UnfinishedUploads("s3://documents/x", settings).abort_older_than(0) == 0


@pytest.mark.parametrize(
    ("server", "region", "style", "address"),
    [
        ("https://s3.intranet:9000", None, "path", "https://s3.intranet:9000/docs"),
        ("https://s3.intranet:9000", "x", "host", "https://docs.s3.intranet:9000"),
        (None, "eu-west-1", "path", "https://s3.eu-west-1.amazonaws.com/docs"),
        (None, "eu-west-1", "host", "https://docs.s3.eu-west-1.amazonaws.com"),
        (None, None, "path", None),
    ],
)
def test_a_bucket_without_a_named_server_is_at_amazon_in_its_region(
    server: str | None, region: str | None, style: str, address: str | None, tmp_path: Path
) -> None:
    settings = s3_settings(
        "", tmp_path, s3_endpoint_url=server, s3_region=region, store_path_style=style == "path"
    )
    assert bucket_address("docs", settings) == address
