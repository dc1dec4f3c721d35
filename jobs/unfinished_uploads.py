"""Uploads in parts that were begun in a bucket and did not end: listed and aborted.

obstore has no call for them. A request is signed by AWS Signature Version 4
(https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from lxml import etree

from jobs.process.settings import StoreSettings

_EMPTY_SHA256 = hashlib.sha256().hexdigest()
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Credentials:
    key_id: str
    secret: str
    region: str
    token: str | None = None


class UnfinishedUploads:
    """Those below the prefix of `url`, `s3://BUCKET/PREFIX`.

    It needs the server or its region, and the key, in the settings; without them, as with a role of
    the machine, it finds nothing, and a lifecycle rule of the bucket must do its work. Raises
    `OSError`.
    """

    def __init__(self, url: str, settings: StoreSettings) -> None:
        parts = urlsplit(url)
        self._prefix = parts.path.strip("/") + "/"
        self._address = bucket_address(parts.netloc, settings)
        self._credentials = _credentials(settings)
        context = ssl.create_default_context()
        if settings.s3_ca_bundle is not None:
            context.load_verify_locations(settings.s3_ca_bundle)
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))

    def abort_older_than(self, seconds: float) -> int:
        """Abort the uploads that began before, of the first 1,000; returns their number."""
        if self._address is None or self._credentials is None:
            return 0
        before = datetime.now(UTC) - timedelta(seconds=seconds)
        count = 0
        for name, upload in self._begun_before(before):
            self._send("DELETE", "/" + quote(name, safe="/~"), {"uploadId": upload})
            count += 1
        return count

    def _begun_before(self, before: datetime) -> Iterator[tuple[str, str]]:
        answer = self._send("GET", "/", {"uploads": "", "prefix": self._prefix})
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        for upload in etree.fromstring(answer, parser).iterfind("{*}Upload"):
            values = {etree.QName(each).localname: each.text or "" for each in upload}
            if datetime.fromisoformat(values["Initiated"]) < before:
                yield values["Key"], values["UploadId"]

    def _send(self, method: str, path: str, query: Mapping[str, str]) -> bytes:
        assert self._address is not None  # noqa: S101 - checked before
        assert self._credentials is not None  # noqa: S101 - checked before
        url = f"{self._address.rstrip('/')}{path}?{_query(query)}"
        headers = signed_headers(method, url, self._credentials, datetime.now(UTC))
        request = Request(url, method=method, headers=dict(headers))  # noqa: S310 - of the settings
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                return bytes(answer.read())
        except HTTPError as error:
            if error.code == 404 and method == "DELETE":
                return b""
            raise


def signed_headers(
    method: str, url: str, credentials: Credentials, at: datetime
) -> Mapping[str, str]:
    """The headers of a request without content."""
    parts = urlsplit(url)
    time = f"{at:%Y%m%dT%H%M%SZ}"
    headers = {"host": parts.netloc, "x-amz-content-sha256": _EMPTY_SHA256, "x-amz-date": time}
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = "\n".join((method, parts.path, parts.query, lines, names, _EMPTY_SHA256))
    scope = f"{time[:8]}/{credentials.region}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{credentials.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.key_id}/{scope},SignedHeaders={names},"
        f"Signature={signature}"
    )
    return headers


def _query(query: Mapping[str, str]) -> str:
    """Sorted and encoded as it is signed."""
    return urlencode(sorted(query.items()), safe="-_.~", quote_via=quote)


def bucket_address(bucket: str, settings: StoreSettings) -> str | None:
    """The URL of a bucket: at Amazon, by its region, where the settings name no server.

    None if they name neither.
    """
    url = settings.s3_endpoint_url
    if url is None:
        if settings.s3_region is None:
            return None
        url = f"https://s3.{settings.s3_region}.amazonaws.com"
    if settings.store_path_style:
        return f"{url}/{bucket}"
    scheme, _, host = url.partition("://")
    return f"{scheme}://{bucket}.{host}"


def _credentials(settings: StoreSettings) -> Credentials | None:
    key_id, secret, token = (
        settings.s3_access_key_id,
        settings.s3_secret_access_key,
        settings.s3_session_token,
    )
    if key_id is None or secret is None:
        return None
    return Credentials(
        key_id,
        secret.get_secret_value(),
        settings.s3_region or "us-east-1",
        token.get_secret_value() if token else None,
    )
