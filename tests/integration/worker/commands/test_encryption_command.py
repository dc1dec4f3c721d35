"""`chancery encryption rotate`, with a real ledger and store."""

from __future__ import annotations

import asyncio
from pathlib import Path

from click.testing import CliRunner, Result
from pydantic import SecretStr
from redis import Redis

from jobs.ledger import Ledger
from jobs.model.department import CallbackOptions
from jobs.process.heartbeat import keep_beating, this_process
from jobs.process.settings import RedisSettings
from jobs.sealing.ciphers import CipherName
from jobs.sealing.master_keys import MasterKeys
from jobs.sealing.secrets import Secrets
from tests.sealing import master_key, sealed_store
from worker.commands.department import department
from worker.commands.encryption import encryption
from worker.commands.up import up

OPTIONS = CallbackOptions(headers={"authorization": "Bearer looks-false"}, sm3_key="c20z")


def secrets(*numbers: int) -> Secrets:
    text = "\n".join(map(master_key, numbers))
    return Secrets(MasterKeys.parse(text, CipherName.aes))


def rotate(folder: Path, redis_url: str, *numbers: int) -> Result:
    arguments = ["rotate", "--data-dir", str(folder), "--redis-url", redis_url]
    key = "\n".join(map(master_key, numbers))
    return CliRunner().invoke(encryption, arguments, env={"CHANCERY_MASTER_KEY": key})


def test_rotation_makes_documents_and_secrets_the_new_keys(tmp_path: Path, redis_url: str) -> None:
    blob = asyncio.run(sealed_store(tmp_path).put(b"The water is off.", "tax", "doc_1"))
    path = tmp_path / "store" / "blobs" / blob
    before = path.read_bytes()
    secret = asyncio.run(_department(redis_url))
    result = rotate(tmp_path, redis_url, 2, 1)
    assert result.exit_code == 0, result.output
    assert "2 keys and the secrets of 1 departments" in result.output
    assert path.read_bytes() == before
    assert asyncio.run(sealed_store(tmp_path, master_key(2)).read(blob)) == b"The water is off."
    assert asyncio.run(_opened(redis_url, secrets(2))) == (secret, OPTIONS)
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        options = redis.get("chancery:callback-options:tax")
        stored = f"{redis.hgetall('chancery:department:tax')} {options}"
    assert not any(each in stored for each in (secret, "looks-false", "c20z"))
    again = rotate(tmp_path, redis_url, 2)
    assert "0 keys and the secrets of 0 departments" in again.output


def test_rotation_waits_until_every_process_has_the_new_key(tmp_path: Path, redis_url: str) -> None:
    blob = asyncio.run(sealed_store(tmp_path).put(b"The water is off.", "tax", "doc_1"))
    asyncio.run(_beat(redis_url, 1))
    refused = rotate(tmp_path, redis_url, 2, 1)
    assert refused.exit_code == 1
    assert "is not known to worker@" in refused.output
    assert "restart" in refused.output
    assert asyncio.run(sealed_store(tmp_path).read(blob)) == b"The water is off."
    asyncio.run(_beat(redis_url, 2, 1))
    assert rotate(tmp_path, redis_url, 2, 1).exit_code == 0
    assert asyncio.run(sealed_store(tmp_path, master_key(2)).read(blob)) == b"The water is off."


def test_rotation_without_a_key_or_with_a_wrong_one_says_what_to_do(
    tmp_path: Path, redis_url: str
) -> None:
    nothing = rotate(tmp_path, redis_url)
    assert nothing.exit_code == 1
    assert "set CHANCERY_MASTER_KEY_FILE" in nothing.output
    sealed_store(tmp_path)
    wrong = rotate(tmp_path, redis_url, 2)
    assert wrong.exit_code == 1
    assert "of another master key" in wrong.output


def test_settings_are_changed_beside_sealed_ones(redis_url: str) -> None:
    asyncio.run(_department(redis_url))
    asyncio.run(_seal(redis_url, secrets(1)))
    change = ["set", "tax", "--header", "x-a=1", "--redis-url", redis_url]
    changed = CliRunner().invoke(department, change, env={"CHANCERY_MASTER_KEY": master_key()})
    assert changed.exit_code == 0, changed.output
    asyncio.run(_seal(redis_url, secrets(1)))
    _, options = asyncio.run(_opened(redis_url, secrets(1)))
    assert options.headers == {**OPTIONS.headers, "x-a": "1"}
    assert options.sm3_key == OPTIONS.sm3_key
    refused = CliRunner().invoke(department, change)
    assert refused.exit_code == 1
    assert "CHANCERY_MASTER_KEY_FILE" in refused.output


async def _beat(redis_url: str, *keys: int) -> None:
    """One heartbeat of a worker with these master keys, in place of its earlier ones."""
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    for process in await ledger.processes.list():
        await ledger.processes.leave(process.name)
    text = "\n".join(map(master_key, keys))
    process = this_process("worker", MasterKeys.parse(text, CipherName.aes))
    beating = asyncio.create_task(keep_beating(ledger, process, dict))
    async with asyncio.timeout(30):
        while not await ledger.processes.list():
            await asyncio.sleep(0.01)
    beating.cancel()
    await ledger.close()


async def _department(redis_url: str) -> str:
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    new = await ledger.departments.create("tax")
    await ledger.departments.set_callback_options("tax", OPTIONS)
    await ledger.close()
    return new.callback_secret


async def _seal(redis_url: str, sealing: Secrets) -> None:
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    assert await ledger.credentials.seal_secrets("tax", sealing)
    assert not await ledger.credentials.seal_secrets("tax", sealing)
    await ledger.close()


async def _opened(redis_url: str, sealing: Secrets) -> tuple[str, CallbackOptions]:
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    tax = await ledger.departments.get("tax")
    options = await ledger.departments.callback_options("tax")
    await ledger.close()
    assert tax is not None
    (secret,) = sealing.opened_department(tax).callback_secrets
    return secret, sealing.opened_options("tax", options)


def test_the_system_does_not_start_with_another_master_key(tmp_path: Path) -> None:
    sealed_store(tmp_path)
    for env in ({"CHANCERY_MASTER_KEY": master_key(2)}, {"CHANCERY_MASTER_KEY": ""}):
        result = CliRunner().invoke(up, ["--data-dir", str(tmp_path)], env=env)
        assert result.exit_code == 1
        assert "master key" in result.output
        assert not (tmp_path / "redis").exists()
