"""A client for one prefix of an S3 bucket: object_store's, with our errors.

Every error that is not a missing object is the operator's fault: `storage-unavailable`, or
`storage-full`. Its reason is in the problem and, with what the server said, in the log.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore
import structlog
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from jobs.model.problems import ProblemError
from jobs.process.settings import StoreSettings

# Larger contents are sent in parts of this size; S3's least is 5 MiB, and 10,000 parts its most.
PART_BYTES = 8 * 1024 * 1024
_PARTS_AT_ONCE = 4
# A request ends within 80 s, retries included: none begins later than `retry_timeout`.
_RETRIES = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
_TIMES = {"connect_timeout": "5s", "timeout": "60s"}
_RETRY_AFTER = 30.0
_PROBE_LENGTH = 1

# By S3's error codes, which are in the text of the client's error; the first one that is found.
REASONS: Mapping[str, str] = {
    "NoSuchBucket": "the bucket of CHANCERY_STORE_URL or CHANCERY_KEYS_URL does not exist",
    "RequestTimeTooSkewed": "this machine's clock differs from the S3 server's by over 15 minutes: "
    "set the clocks of both by NTP",
    "InvalidAccessKeyId": "the S3 server does not know AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY is wrong, or AWS_REGION is",
    "ExpiredToken": "AWS_SESSION_TOKEN has expired",
    "AccessDenied": "AWS_ACCESS_KEY_ID may not read, write, list and delete in the bucket",
    "403 Forbidden": "AWS_ACCESS_KEY_ID may not read, write, list and delete in the bucket",
    "401 Unauthorized": "the S3 server refuses AWS_ACCESS_KEY_ID",
    "301 Moved Permanently": "the bucket is in another region than AWS_REGION",
    "certificate": "the S3 server's certificate is not valid here: set AWS_CA_BUNDLE",
    "SlowDown": "the S3 server answers that it is overloaded",
    "error sending request": "the S3 server of AWS_ENDPOINT_URL does not answer",
}
FAILED = "the S3 server failed"
_FULL = ("507 ", "StorageFull", "InsufficientStorage", "QuotaExceeded")


class BucketUnavailable(ProblemError):
    """`storage-unavailable`. `reason`: what is wrong with the server or the settings."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "storage-unavailable",
            f"The document store cannot be used at the moment. Operators: {reason}.",
            retry_after=_RETRY_AFTER,
        )
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Item:
    """An object in a listing."""

    name: str
    modified: datetime


class Bucket:
    """Objects below the prefix of `url`, `s3://BUCKET/PREFIX`. All methods block.

    They raise `ProblemError`: `storage-unavailable`, `storage-full`; and `FileNotFoundError` for an
    object that does not exist, where they say so.
    """

    def __init__(self, url: str, settings: StoreSettings) -> None:
        self.url = url
        self._client = _client(url, settings)

    def size(self, name: str) -> int:
        """Raises `FileNotFoundError`."""
        with self._errors(name):
            return obstore.head(self._client, name)["size"]

    def get(self, name: str) -> tuple[bytes, str | None]:
        """The content of an object and its ETag. Raises `FileNotFoundError`."""
        with self._errors(name):
            found = obstore.get(self._client, name)
            return bytes(found.bytes()), found.meta["e_tag"]

    def start(self, name: str, length: int) -> tuple[int, bytes]:
        """An object's size, and its first `length` bytes, in one request.

        Raises `FileNotFoundError`.
        """
        with self._errors(name):
            try:
                found = obstore.get(self._client, name, options={"range": (0, length)})
            except BaseError as error:
                if "416 " in str(error):  # no byte is within the range
                    return 0, b""
                raise
            return found.meta["size"], bytes(found.bytes())

    def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes from `start` to `end` (excluded), of which there is at least one.

        Raises `FileNotFoundError`.
        """
        with self._errors(name):
            return bytes(obstore.get_range(self._client, name, start=start, end=end))

    def put(self, name: str, content: bytes | Path) -> None:
        """Store an object, or the content of a file: all of it, or nothing."""
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        with self._errors(name):
            obstore.put(
                self._client,
                name,
                content,
                use_multipart=size > PART_BYTES,
                chunk_size=PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )

    def create(self, name: str, content: bytes) -> bool:
        """Store an object unless there is one. False: there is."""
        with self._errors(name):
            try:
                obstore.put(self._client, name, content, mode="create")
            except AlreadyExistsError:
                return False
            return True

    def replace(self, name: str, content: bytes, etag: str) -> bool:
        """Store an object in place of the one with `etag`. False: there is another one, or none."""
        with self._errors(name):
            try:
                obstore.put(self._client, name, content, mode={"e_tag": etag})
            except (PreconditionError, FileNotFoundError):
                return False
            return True

    def delete(self, name: str) -> None:
        """Remove an object, if it exists."""
        with self._errors(name):
            obstore.delete(self._client, [name])

    def list(self, folder: str = "") -> Iterator[Item]:
        """The objects below `folder`, by name."""
        with self._errors(folder):
            for page in obstore.list(self._client, folder or None):
                for each in page:
                    yield Item(each["path"], each["last_modified"])

    def older_than(self, seconds: float) -> Iterator[Item]:
        """The objects that were stored before. The clocks of server and machine may differ, so only
        use it for hours.
        """
        before = datetime.now(UTC) - timedelta(seconds=seconds)
        return (item for item in self.list() if item.modified <= before)

    def probe(self) -> None:
        """Ask the server for one name. Raises `ProblemError("storage-unavailable")`."""
        with self._errors("", probe=False):
            next(iter(obstore.list(self._client, chunk_size=_PROBE_LENGTH)), None)

    @contextmanager
    def _errors(self, name: str, *, probe: bool = True) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            # A missing bucket looks the same.
            self.probe()
            raise FileNotFoundError(errno.ENOENT, "no such object", f"{self.url}/{name}") from None
        except BaseError as error:
            if probe and "HEAD" in str(error):
                self.probe()  # the answer to HEAD has no error code
            raise _problem(error) from None
        except OSError as error:
            raise _problem(error) from None


def _problem(error: Exception) -> ProblemError:
    text = str(error)
    said = text.partition("\n")[0][:300]
    if any(code in text for code in _FULL):
        structlog.get_logger().error("store.full", said=said)
        return ProblemError(
            "storage-full", "The document store is full. Try again later.", retry_after=60
        )
    reason = next((why for code, why in REASONS.items() if code in text), FAILED)
    structlog.get_logger().error("store.unavailable", reason=reason, said=said)
    return BucketUnavailable(reason)


def _client(url: str, settings: StoreSettings) -> S3Store:
    parts = urlsplit(url)
    given = {
        "endpoint": _endpoint(parts.netloc, settings),
        "access_key_id": settings.s3_access_key_id,
        "secret_access_key": _secret(settings.s3_secret_access_key),
        "session_token": _secret(settings.s3_session_token),
        "region": settings.s3_region,
    }
    options: dict[str, Any] = {
        **_TIMES,
        "allow_http": (settings.s3_endpoint_url or "").startswith("http:"),
    }
    if settings.s3_ca_bundle is not None:
        options["root_certificate"] = settings.s3_ca_bundle.read_bytes()
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        client_options=options,  # type: ignore[arg-type]
        retry_config=_RETRIES,  # type: ignore[arg-type]
        virtual_hosted_style_request=not settings.store_path_style,
        # Some servers, such as Alibaba's, have no bulk deletion.
        disable_bulk_delete=True,
        **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
    )


def _endpoint(bucket: str, settings: StoreSettings) -> str | None:
    url = settings.s3_endpoint_url
    if url is None or settings.store_path_style:
        return url
    scheme, _, host = url.partition("://")
    return f"{scheme}://{bucket}.{host}"


def _secret(value: Any) -> str | None:
    return value.get_secret_value() if value is not None else None
