"""What reaches an engine: listed fields of chat lines, and a salt for each department."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from redis import Redis

from standin.engine_process import StandInControl
from tests.integration.processes.caller import CHAT, Caller, chat_line, custom_ids, words_of
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.system import Desk, System


async def salt_of(desk: Desk, engine: StandInControl, text: str) -> str | None:
    """The salt of the request that a job with this text sends."""
    await desk.ended(await desk.submit(text))
    (body,) = engine.asked(1)
    sent: dict[str, Any] = json.loads(body)
    assert text in body
    return sent.get("cache_salt")


async def test_each_department_has_a_salt_of_its_own_for_all_its_work(
    desk: Desk, system: System, open_desk: OpenDesk, caller: Caller, engine: StandInControl
) -> None:
    first = await salt_of(desk, engine, "The water is off.")
    assert first is not None
    assert len(first) == 64
    assert await salt_of(desk, engine, "The office is closed.") == first
    other = await salt_of(await open_desk(system), engine, "The water is off.")
    assert other not in (None, first)
    await caller.ended(await caller.submit([chat_line("c1", "The road is closed.")]))
    (body,) = engine.asked(1)
    assert len(json.loads(body)["cache_salt"]) == 64


async def test_departments_share_the_cache_if_the_operators_say_so(
    empty_system: System, redis: Redis, open_desk: OpenDesk, engine: StandInControl
) -> None:
    env = {"CHANCERY_SHARE_PREFIX_CACHE": "1"}
    empty_system.up(empty_system.start("worker", **env), empty_system.start("scheduler"))
    desk = await open_desk(empty_system)
    assert await salt_of(desk, engine, "The water is off.") is None


async def test_a_chat_line_reaches_the_engine_by_its_listed_fields(
    caller: Caller, engine: StandInControl
) -> None:
    image = {"type": "image_url", "image_url": {"url": "http://127.0.0.1/secret"}}
    lines = [
        chat_line("good", "The water is off.", temperature=0, max_tokens=9, user="u", store=False),
        chat_line("template", "x", chat_template="{{ messages }}"),
        chat_line("transfer", "x", kv_transfer_params={"do_remote_decode": True}),
        chat_line("salt", "x", cache_salt="guess"),
        chat_line("many", "x", n=100),
        chat_line("image", "x", messages=[{"role": "user", "content": [image]}]),
    ]
    before = engine.counts()["started"]
    batch = await caller.ended(await caller.submit(lines))
    (good,) = await caller.output(batch)
    assert good["custom_id"] == "good"
    assert engine.counts()["started"] == before + 1
    sent = json.loads(engine.asked(1)[0])
    salt = sent.pop("cache_salt")
    assert salt != "guess"
    sent.pop("priority", None)
    assert sent == {
        "messages": [{"role": "user", "content": "The water is off."}],
        "max_tokens": 9,
        "model": "stand-in",
        "temperature": 0,
    }
    refused = {one["custom_id"]: one["error"] for one in await caller.errors(batch)}
    assert set(refused) == {"template", "transfer", "salt", "many", "image"}
    assert {one["code"] for one in refused.values()} == {"invalid-request"}
    assert refused["template"]["errors"][0]["pointer"] == "#/body/chat_template"
    assert "Remove it" in refused["template"]["errors"][0]["detail"]
    assert refused["image"]["errors"][0]["pointer"] == "#/body/messages/0/content"
    assert "no images" in refused["image"]["errors"][0]["detail"]


async def test_output_and_errors_are_read_with_splitlines(
    caller: Caller, engine: StandInControl, tmp_path: Path
) -> None:
    words = "甲\u2028乙\u2029丙\u0085丁"
    engine.control(answer=words)
    lines = [chat_line(f"{n}\u2028x", "Hello.") for n in range(3)]
    lines += [chat_line(f"{n}\u0085x", "Hello.", n=5) for n in range(2)]
    batch = await caller.ended(await caller.submit(lines))
    output, errors = await caller.output(batch), await caller.errors(batch)
    assert sorted(custom_ids(output, errors)) == sorted(one["custom_id"] for one in lines)
    assert [words_of(one) for one in output] == [words] * 3
    assert batch.model == "stand-in"
    assert batch.usage is not None
    assert batch.usage.total_tokens > 0
    assert batch.endpoint == CHAT
