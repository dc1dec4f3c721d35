"""The ledger and Celery over TLS, with a password from a file."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from redis import Redis

from jobs.ledger import Ledger
from jobs.ledger.server.access import USER, rules
from jobs.model.problems import ProblemError
from jobs.model.states import JobStatus
from jobs.process.settings import RedisSettings
from standin.engine_process import StandInControl
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import System

WORD = "not-a-secret/of:anything"  # has the characters that a URL must quote


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""

    cert: Path
    key: Path


def certificate(folder: Path, name: str) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    made.cert.write_bytes(cert.public_bytes(Encoding.PEM))
    made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


@asynccontextmanager
async def tls_before(port: int, server: Certificate, clients: Certificate) -> AsyncIterator[int]:
    """A TLS server before a plain one; it asks for a certificate of `clients`. Yields its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(clients.cert))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(server.cert, server.key)

    async def passing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def link(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(passing(reader, there[1]), passing(there[0], writer))

    listening = await asyncio.start_server(link, "127.0.0.1", 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def test_jobs_run_over_tls_with_a_user_and_a_password_file(
    redis_url: str,
    engine: StandInControl,
    tmp_path: Path,
    open_desk: OpenDesk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, client = certificate(tmp_path, "server"), certificate(tmp_path, "client")
    with Redis.from_url(redis_url) as redis:
        redis.execute_command("ACL", "SETUSER", USER, "on", f">{WORD}", *rules().split())
    (tmp_path / "password").write_text(f"{WORD}\n")
    settings = {
        "CHANCERY_REDIS_PASSWORD_FILE": str(tmp_path / "password"),
        "CHANCERY_REDIS_CA_FILE": str(server.cert),
        "CHANCERY_REDIS_CERT_FILE": str(client.cert),
        "CHANCERY_REDIS_KEY_FILE": str(client.key),
    }
    async with tls_before(urlsplit(redis_url).port or 0, server, client) as port:
        url = f"rediss://{USER}@127.0.0.1:{port}/0"
        system = System(redis_url, tmp_path, engine, env={**settings, "CHANCERY_REDIS_URL": url})
        try:
            worker = await asyncio.to_thread(_started, system)
            desk = await open_desk(system)
            job = await desk.ended(await desk.submit())
        finally:
            await asyncio.to_thread(system.stop)
        assert job.status is JobStatus.succeeded
        assert not [line for line in worker.splitlines() if "no ssl configuration" in line.lower()]

        stranger = certificate(tmp_path, "stranger")
        for name, value in {**settings, "CHANCERY_REDIS_CA_FILE": str(stranger.cert)}.items():
            monkeypatch.setenv(name, value)
        ledger = Ledger(RedisSettings(url=SecretStr(url)))
        with pytest.raises(ProblemError, match="cannot be reached"):
            await ledger.ping()
        await ledger.close()


def _started(system: System) -> str:
    """Start a scheduler and a worker; returns the worker's log."""
    scheduler, worker = system.start("scheduler"), system.start("worker")
    system.up(scheduler, worker)
    return worker.log.read_text(errors="replace")
