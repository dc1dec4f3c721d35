"""What a department's receivers may ask for: TLS of their own, headers, a signature by SM3."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from jobs.model.callback import Outcome
from jobs.model.department import CallbackOptions, Department
from tests.integration.processes.receiver import receiving
from tests.programs import require_program
from worker.callbacks.delivery import AttemptResult, Deliverer
from worker.callbacks.own_addresses import OwnServers
from worker.callbacks.signing import SM3_HEADER, key_bytes, signed_headers
from worker.callbacks.tls import tls_context

SECRET = "whsec_" + "A" * 32
SM3_KEY = "whsec_" + base64.b64encode(b"0123456789abcdef" * 2).decode()
TAX = Department("tax", ("localhost",), (SECRET,))


async def sent(url: str, *each: CallbackOptions) -> list[AttemptResult]:
    """One attempt with each of the options, by one courier."""
    deliverer = Deliverer(5, 4, OwnServers(()))
    await deliverer.start()
    try:
        return [await deliverer.send(TAX, url, "evt_1", b"{}", options=options) for options in each]
    finally:
        await deliverer.close()


class Pki:
    """A CA, and certificates that it signed, in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                      "-subj /CN=ca -keyout ca.key -out ca.pem")  # fmt: skip
        (folder / "san").write_text("subjectAltName=DNS:localhost")
        for name in ("server", "client"):
            self._openssl(f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                          f"-subj /CN={name} -keyout {name}.key -out {name}.csr")  # fmt: skip
            self._openssl(f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
                          f"-extfile san -out {name}.pem")  # fmt: skip
        self._openssl("ec -in client.key -aes128 -passout pass:x -out locked.key")

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()

    def _openssl(self, words: str) -> None:
        command = ["openssl", *words.split()]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    require_program("openssl")
    return Pki(tmp_path_factory.mktemp("pki"))


@asynccontextmanager
async def tls_server(pki: Pki) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that answers 204 to clients with a certificate of the CA, and the names it saw."""
    seen: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.folder / "server.pem", pki.folder / "server.key")
    context.load_verify_locations(pki.folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            subject = dict(pair for (pair,) in writer.get_extra_info("peercert")["subject"])
            seen.append(subject["commonName"])
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
        except (ssl.SSLError, OSError, asyncio.IncompleteReadError):
            pass  # one that has no certificate is cut off
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}/hook", seen
    finally:
        server.close()


async def test_a_departments_ca_and_client_certificate_open_a_receiver_that_asks_for_them(
    pki: Pki,
) -> None:
    ca = CallbackOptions(ca_pem=pki.text("ca.pem"))
    both = CallbackOptions(
        ca_pem=pki.text("ca.pem"),
        client_cert_pem=pki.text("client.pem"),
        client_key_pem=pki.text("client.key"),
    )
    async with tls_server(pki) as (url, seen):
        # Connections are not shared: no delivery uses the client certificate of an earlier one.
        outcomes = [one.outcome for one in await sent(url, CallbackOptions(), ca, both, ca)]
    failed, delivered = Outcome.failed, Outcome.delivered
    assert outcomes == [failed, failed, delivered, failed]
    assert seen == ["client"]


@pytest.mark.parametrize(
    ("ca", "cert", "key"),
    [
        ("server.csr", "client.pem", "client.key"),
        ("ca.pem", "client.pem", "server.key"),
        ("ca.pem", "client.key", "client.key"),
        ("ca.pem", "client.pem", "client.pem"),
        ("ca.pem", "client.pem", "locked.key"),
    ],
)
async def test_what_cannot_be_used_is_no_attempt_and_no_fault_of_the_receiver(
    pki: Pki, ca: str, cert: str, key: str
) -> None:
    options = CallbackOptions(
        ca_pem=pki.text(ca), client_cert_pem=pki.text(cert), client_key_pem=pki.text(key)
    )
    with pytest.raises(ValueError, match=r"CA bundle|client certificate|passphrase"):
        tls_context(options)
    (tried,) = await sent("https://localhost:9/", options)
    assert tried.outcome is Outcome.unsent
    assert tried.attempt.error


async def test_a_departments_headers_are_sent_and_never_in_place_of_ours() -> None:
    headers = {
        "authorization": "Bearer t0ken",
        "x-system": "oa",
        "webhook-id": "evt_forged",
        "webhook-signature": "v1,forged",
        "host": "elsewhere",
        "content-type": "text/plain",
        "user-agent": "forged",
    }
    async with receiving() as receiver:
        url = receiver.url(host="localhost")
        await sent(url, CallbackOptions(headers=headers))
        (one,) = receiver.received
    assert (one.headers["authorization"], one.headers["x-system"]) == ("Bearer t0ken", "oa")
    assert one.headers["host"] == f"localhost:{receiver.port}"
    assert one.headers["content-type"] == "application/json"
    assert one.headers["user-agent"] == "chancery"
    Webhook(SECRET).verify(one.body, one.headers)
    assert one.headers["webhook-id"] == "evt_1"


def test_sm3_is_the_hash_of_the_standard() -> None:
    # GB/T 32905-2016, example 1.
    assert hashlib.new("sm3", b"abc").hexdigest() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


def test_the_signature_by_sm3_is_its_hmac_over_what_the_others_sign() -> None:
    at, body = datetime.now(UTC), '{"a": "文"}'.encode()
    headers = signed_headers((SECRET,), "evt_1", at, body, SM3_KEY)
    signed = f"evt_1.{headers['webhook-timestamp']}.".encode() + body
    key = key_bytes(SM3_KEY).ljust(64, b"\0")
    inner = hashlib.new("sm3", bytes(byte ^ 0x36 for byte in key) + signed).digest()
    outer = hashlib.new("sm3", bytes(byte ^ 0x5C for byte in key) + inner).digest()
    assert headers[SM3_HEADER] == f"v1,{base64.b64encode(outer).decode()}"


async def test_with_sm3_the_signature_of_standard_webhooks_is_as_before() -> None:
    async with receiving() as receiver:
        url = receiver.url(host="localhost")
        await sent(url, CallbackOptions(sm3_key=SM3_KEY), CallbackOptions())
        with_sm3, without = receiver.received
    for one in (with_sm3, without):
        assert one.headers["webhook-signature"].count("v1,") == 1
        Webhook(SECRET).verify(one.body, one.headers)
    assert SM3_HEADER in with_sm3.headers
    assert SM3_HEADER not in without.headers
