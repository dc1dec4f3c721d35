"""An S3 bucket: complete objects, and whose fault an error is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import ValidationError

from jobs.bucket import FAILED, PART_BYTES, REASONS, Bucket, BucketUnavailable
from jobs.model.problems import ProblemError
from jobs.process.settings import StoreSettings
from jobs.store import Store
from jobs.texts import Language
from jobs.texts.translation import translation
from tests.storage import S3Server, s3_settings

USES: dict[str, Callable[[Bucket], object]] = {
    "size": lambda bucket: bucket.size("a"),
    "get": lambda bucket: bucket.get("a"),
    "start": lambda bucket: bucket.start("a", 10),
    "read": lambda bucket: bucket.read("a", 0, 1),
    "put": lambda bucket: bucket.put("a", b"1"),
    "create": lambda bucket: bucket.create("a", b"1"),
    "delete": lambda bucket: bucket.delete("a"),
    "list": lambda bucket: list(bucket.list()),
}
READS = ("size", "get", "start", "read")


@contextmanager
def answering(status: int, code: str) -> Iterator[str]:
    """The URL of an S3 server that answers every request with an error."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
            self.send_response(status)
            # An answer to HEAD has no content, so no code.
            self.send_header("Content-Length", "0" if self.command == "HEAD" else str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - http.server's

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def at(url: str, tmp_path: Path, **others: object) -> Bucket:
    return Bucket("s3://documents/a", s3_settings(url, tmp_path, **others))


def problem_of(use: Callable[[Bucket], object], bucket: Bucket) -> ProblemError:
    with pytest.raises(ProblemError) as raised:
        use(bucket)
    assert raised.value.retry_after
    return raised.value


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (403, "InvalidAccessKeyId", "does not know AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY is wrong"),
        (403, "RequestTimeTooSkewed", "clock"),
        (403, "AccessDenied", "may not read, write, list and delete"),
        (404, "NoSuchBucket", "does not exist"),
    ],
)
def test_an_error_of_the_server_names_what_the_operator_must_change(
    tmp_path: Path, status: int, code: str, reason: str
) -> None:
    with answering(status, code) as url:
        bucket = at(url, tmp_path)
        for name, use in USES.items():
            error = problem_of(use, bucket)
            assert error.problem.code == "storage-unavailable", name
            assert reason in error.problem.detail, name
            assert "127.0.0.1" not in error.problem.detail, name


def test_a_full_server_is_a_full_store(tmp_path: Path) -> None:
    with answering(507, "XMinioStorageFull") as url:
        assert problem_of(USES["put"], at(url, tmp_path)).problem.code == "storage-full"


@pytest.mark.parametrize("use", ["size", "put"])
def test_a_server_that_is_away_is_the_operators_fault(tmp_path: Path, use: str) -> None:
    error = problem_of(USES[use], at("http://127.0.0.1:9", tmp_path))
    assert "does not answer" in error.problem.detail


def test_a_missing_object_is_missing_and_a_missing_bucket_is_not(
    s3: S3Server, tmp_path: Path
) -> None:
    settings = s3.settings(tmp_path)
    for name in READS:
        with pytest.raises(FileNotFoundError):
            USES[name](Bucket(f"s3://{s3.bucket}/none", settings))
        error = problem_of(USES[name], Bucket("s3://no-such-bucket/none", settings))
        assert "does not exist" in error.problem.detail
    USES["delete"](Bucket(f"s3://{s3.bucket}/none", settings))


def test_a_large_file_is_sent_in_parts_and_read_by_ranges(s3: S3Server, tmp_path: Path) -> None:
    bucket, data = (
        Bucket(f"s3://{s3.bucket}/large", s3.settings(tmp_path)),
        os.urandom(3 * PART_BYTES),
    )
    (tmp_path / "file").write_bytes(data)
    bucket.put("file", tmp_path / "file")
    assert s3.objects["large/file"].etag.strip('"').endswith("-3")
    assert bucket.start("file", 10) == (len(data), data[:10])
    assert bucket.read("file", PART_BYTES - 5, PART_BYTES + 5) == data[PART_BYTES - 5 :][:10]


def test_an_empty_object_has_a_size(s3: S3Server, tmp_path: Path) -> None:
    bucket = Bucket(f"s3://{s3.bucket}/empty", s3.settings(tmp_path))
    bucket.put("file", b"")
    assert bucket.start("file", 10) == (0, b"")


def test_an_object_is_created_once_and_replaced_only_while_it_is_the_same(
    s3: S3Server, tmp_path: Path
) -> None:
    bucket = Bucket(f"s3://{s3.bucket}/conditions", s3.settings(tmp_path))
    assert bucket.create("key", b"1")
    assert not bucket.create("key", b"2")
    content, etag = bucket.get("key")
    assert (content, etag is None) == (b"1", False)
    assert bucket.replace("key", b"3", etag or "")
    assert not bucket.replace("key", b"4", etag or "")
    assert bucket.get("key")[0] == b"3"
    bucket.delete("key")
    assert not bucket.replace("key", b"5", etag or "")
    with pytest.raises(FileNotFoundError):
        bucket.get("key")


def test_the_bucket_may_be_in_the_host_name_but_not_in_an_address(tmp_path: Path) -> None:
    bucket = at("http://s3.intranet:9000", tmp_path, store_path_style=False)
    assert bucket._client.config["endpoint"] == "http://documents.s3.intranet:9000"
    with pytest.raises(ValidationError, match="needs a host name"):
        at("http://127.0.0.1:9", tmp_path, store_path_style=False)


async def test_a_store_starts_only_where_its_bucket_answers(s3: S3Server, tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="does not exist"):
        Store.opened(s3_settings(s3.url, tmp_path, store_url="s3://no-such-bucket/x"))


def test_the_usual_variables_of_aws_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANCERY_STORE_URL", "s3://documents/chancery/")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://10.1.1.1:9000/")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
    settings = StoreSettings()
    assert settings.store_url == "s3://documents/chancery"
    assert settings.s3_endpoint_url == "http://10.1.1.1:9000"
    assert (settings.s3_access_key_id, settings.s3_secret_access_key) == ("key", None)


def test_every_reason_is_in_chinese() -> None:
    for reason in (*REASONS.values(), FAILED):
        assert translation(Language.zh).known_sentence(reason), reason
        detail = BucketUnavailable(reason).problem.detail
        assert translation(Language.zh).known_sentence(detail), detail
