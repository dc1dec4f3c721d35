"""A primary server, two replicas and a Sentinel: what was acknowledged outlives the primary."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from celery import Celery
from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.ledger.server.access import USER
from jobs.ledger.server.connection import PROMISES, Connection
from jobs.ledger.server.scripts import commands
from jobs.ledger.server.snapshot import write_snapshot
from jobs.model.problems import ProblemError
from jobs.process.settings import RedisSettings
from standin.ports import reserved_port
from tests.certificates import Authority
from tests.integration.jobs.ledger.conftest import a_job, submit_job
from tests.integration.jobs.ledger.sentinel_kit import (
    GROUP,
    Fleet,
    Passwords,
    encrypted_group,
    redis_group,
)
from worker.celery.app import celery_settings

BUSY = 40


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with redis_group(tmp_path) as group:
        yield group


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


async def accepting(ledger: Ledger, accepted: list[str]) -> None:
    """Submit one job after the other; what is not accepted is not sent again."""
    while True:
        job = a_job()
        try:
            await submit_job(ledger, job)
        except ProblemError:
            await asyncio.sleep(0.05)
        else:
            accepted.append(job.id)


async def until_more(accepted: list[str], more: int) -> None:
    wanted = len(accepted) + more
    async with asyncio.timeout(60):
        while len(accepted) < wanted:
            await asyncio.sleep(0.02)


async def test_no_accepted_job_is_lost_in_a_failover_under_load(fleet: Fleet) -> None:
    ledger = Ledger(fleet.settings())
    accepted: list[str] = []
    senders = [asyncio.create_task(accepting(ledger, accepted)) for _ in range(8)]
    await until_more(accepted, BUSY)
    fleet.servers[0][0].kill()
    # The scripts are not known to the new primary server either.
    await until_more(accepted, BUSY)
    for sender in senders:
        sender.cancel()
    await asyncio.gather(*senders, return_exceptions=True)
    lost = [job for job in accepted if await ledger.jobs.get("tax", job) is None]
    assert lost == []
    await ledger.close()


async def test_nothing_is_acknowledged_that_too_few_replicas_have(fleet: Fleet) -> None:
    ledger = Ledger(fleet.settings(wait_replicas=3))
    job = a_job()
    with pytest.raises(ProblemError, match="send it again with the same Idempotency-Key"):
        await submit_job(ledger, job)
    assert await ledger.jobs.get("tax", job.id) is not None
    await ledger.close()


async def test_a_repeated_submission_is_not_acknowledged_before_replicas_have_the_first(
    fleet: Fleet,
) -> None:
    """It writes nothing, and `WAIT` waits only for what its own connection has written."""
    job = a_job()
    replicas = [process for process, _ in fleet.servers[1:]]
    for replica in replicas:  # they stay connected, and confirm nothing
        replica.send_signal(signal.SIGSTOP)
    try:
        for _ in range(2):
            ledger = Ledger(fleet.settings())
            with pytest.raises(ProblemError, match="Too few copies"):
                await submit_job(ledger, job)
            await ledger.close()
    finally:
        for replica in replicas:
            replica.send_signal(signal.SIGCONT)
    ledger = Ledger(fleet.settings())
    await submit_job(ledger, job)
    await ledger.close()


def test_wake_ups_come_from_the_primary_server(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANCERY_REDIS_URL", "redis://mymaster/0")
    monkeypatch.setenv("CHANCERY_REDIS_SENTINELS", f'["{fleet.sentinel}"]')
    assert _address_of_wake_ups() == ("127.0.0.1", port_of(fleet.servers[0][1]))


def test_a_connection_to_a_sentinel_that_broke_is_opened_again(fleet: Fleet) -> None:
    """With uvloop, as in every process."""

    async def ask_again() -> None:
        connection = Connection.to(fleet.settings())
        pool: Any = connection.redis.connection_pool
        await connection.redis.ping()
        [sentinel] = pool.sentinel_manager.sentinels
        for each in sentinel.connection_pool._available_connections:
            each._writer.transport.abort()
        await pool.disconnect()
        assert await connection.redis.ping()
        await connection.close()

    uvloop.run(ask_again())


async def test_servers_and_sentinels_are_reached_over_tls_with_their_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the first Sentinel of the list is dead, and after a failover."""
    authority, stranger = (Authority(tmp_path, name) for name in ("authority", "stranger"))
    server, client = authority.issue("server"), authority.issue("client")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.file))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(server.certificate, server.key)
    passwords = Passwords()
    (tmp_path / "password").write_text(f"{passwords.user}\n")
    (tmp_path / "sentinel-password").write_text(f"{passwords.sentinel}\n")
    async with encrypted_group(tmp_path, context, passwords) as (group, ports):
        settings = RedisSettings(
            url=SecretStr(f"rediss://{USER}@{GROUP}/0"),
            password_file=tmp_path / "password",
            sentinels=(f"127.0.0.1:{reserved_port()}", group.sentinel),
            sentinel_password_file=tmp_path / "sentinel-password",
            ca_file=authority.file,
            cert_file=client.certificate,
            key_file=client.key,
            wait_replicas=1,
        )
        ledger = Ledger(settings)
        job = a_job()
        await submit_job(ledger, job)
        for name, value in settings.model_dump(mode="json", exclude_unset=True).items():
            text = settings.url.get_secret_value() if name == "url" else value
            text = json.dumps(text) if isinstance(text, list) else str(text)
            monkeypatch.setenv(f"CHANCERY_REDIS_{name.upper()}", text)
        assert await asyncio.to_thread(_address_of_wake_ups) == ("127.0.0.1", ports[0].port)
        with (tmp_path / "snapshot").open("wb") as file:
            await asyncio.to_thread(write_snapshot, settings, file)
        assert job.id.encode() in (tmp_path / "snapshot").read_bytes()
        assert ports[0].encrypted >= 3
        assert ports[3].encrypted >= 3

        group.servers[0][0].kill()
        accepted: list[str] = []
        sender = asyncio.create_task(accepting(ledger, accepted))
        await until_more(accepted, 2)
        sender.cancel()
        assert await ledger.jobs.get("tax", job.id) is not None
        await ledger.close()

        wrong = Ledger(settings.model_copy(update={"ca_file": stranger.file}))
        with pytest.raises(ProblemError, match="cannot be reached"):
            await wrong.ping()
        await wrong.close()


def _address_of_wake_ups() -> tuple[str, int]:
    """The server that Celery uses, with the settings of the environment."""
    app = Celery("test", set_as_current=False)
    app.conf.update(celery_settings())
    with app.connection_for_read() as connection, connection.channel() as channel:
        assert channel.client.ping()
        address: tuple[str, int] = channel.client.connection_pool.get_master_address()
        return address


def test_every_promise_is_a_command() -> None:
    assert set(commands()) >= PROMISES


@pytest.mark.parametrize("sentinel", ["host", "host:", ":26379", "host:port"])
def test_a_sentinel_is_a_host_with_a_port(sentinel: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        RedisSettings(sentinels=(sentinel,))
