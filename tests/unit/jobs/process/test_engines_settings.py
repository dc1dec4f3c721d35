"""The setting that names several engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from jobs.model.roles import Role
from jobs.process.environment import wrong_settings
from jobs.process.settings import EngineSettings, EnginesSettings, FastEngineSettings, Pool

ONE = {"url": "http://gpu1:8000", "model": "r1"}
TWO = {"url": "http://gpu2:8000/v1", "model": "r1"}


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda value: monkeypatch.setenv(
        "CHANCERY_ENGINES", value if isinstance(value, str) else json.dumps(value)
    )


def _pools() -> dict[str, Pool]:
    return dict(EnginesSettings().pools(EngineSettings(), FastEngineSettings()))


def test_without_it_the_settings_of_one_engine_apply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANCERY_ENGINE_URL", "http://gpu9:1")
    assert _pools() == {Role.full: {"engine": EngineSettings()}}
    monkeypatch.setenv("CHANCERY_FAST_ENGINE_URL", "http://gpu9:2")
    pools = _pools()
    assert pools[Role.full]["engine"].url == "http://gpu9:1"
    assert pools[Role.fast]["fast-engine"].url == "http://gpu9:2"


def test_each_engine_has_its_own_settings(engines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANCERY_ENGINE_TIMEOUT_SECONDS", "77")
    monkeypatch.setenv("CHANCERY_ENGINE_API_KEY", "of-all")
    monkeypatch.setenv("CHANCERY_ENGINE_POWER_URL", "http://power:1")
    engines([{**ONE, "gpus": 8, "api_key": "of-one"}, {**TWO, "name": "big", "stuck_seconds": 3}])
    (pool,) = _pools().values()
    assert list(pool) == ["gpu1:8000", "big"]
    one, two = pool.values()
    keys = [each.api_key.get_secret_value() for each in (one, two) if each.api_key]
    assert keys == ["of-one", "of-all"]
    assert (one.url, one.model, one.gpus, one.timeout_seconds) == ("http://gpu1:8000", "r1", 8, 77)
    assert (two.url, two.gpus, two.stuck_seconds) == ("http://gpu2:8000/v1", 1, 3)
    assert one.power_url is None


def test_fast_engines_have_a_role(engines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANCERY_ENGINE_MODEL", "r1")
    engines([{"url": "http://gpu3:8000", "role": "fast"}])
    pools = _pools()
    assert pools[Role.full] == {"engine": EngineSettings()}
    assert pools[Role.fast]["gpu3:8000"].model is None


def test_a_url_is_an_engine_with_the_settings_of_all(
    engines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANCERY_ENGINE_API_KEY", "of-all")
    engines(["http://gpu1:8000", "http://gpu2:8000/v1"])
    (pool,) = _pools().values()
    assert [one.url for one in pool.values()] == ["http://gpu1:8000", "http://gpu2:8000/v1"]
    assert {str(one.api_key) for one in pool.values()} == {"**********"}
    assert {one.model for one in pool.values()} == {None}


def test_other_engines_are_found_by_their_model(engines: Any) -> None:
    small = {"model": "small", "role": "other"}
    engines([ONE, {"url": "http://gpu3:1", **small}, {"url": "http://gpu4:1", **small}])
    pools = _pools()
    assert {role: list(pool) for role, pool in pools.items()} == {
        "full": ["gpu1:8000"],
        "small": ["gpu3:1", "gpu4:1"],
    }


def test_a_role_that_is_not_listed_keeps_its_own_setting(
    engines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANCERY_ENGINE_URL", "http://gpu9:1")
    monkeypatch.setenv("CHANCERY_FAST_ENGINE_URL", "http://gpu9:2")
    engines([{**ONE, "role": "fast", "api_key_file": "/nowhere/key"}])
    urls = EnginesSettings().urls(EngineSettings(), FastEngineSettings())
    assert urls == ["http://gpu1:8000", "http://gpu9:1"]
    engines([ONE])
    assert list(_pools()[Role.fast]) == ["fast-engine"]


def test_a_key_can_be_in_a_file(engines: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret-of-gpu1\n")
    engines([{**ONE, "api_key_file": str(tmp_path / "key")}])
    key = _pools()[Role.full]["gpu1:8000"].api_key
    assert key is not None
    assert key.get_secret_value() == "secret-of-gpu1"
    assert EnginesSettings().files == [tmp_path / "key"]
    (tmp_path / "key").unlink()
    with pytest.raises(ValueError, match="the API key of gpu1:8000 cannot be read"):
        _pools()


def test_the_list_can_be_in_a_file(engines: Any, tmp_path: Path) -> None:
    file = tmp_path / "engines.json"
    file.write_text(json.dumps([ONE]))
    engines(str(file))
    assert EnginesSettings().files == [file]
    assert list(_pools()[Role.full]) == ["gpu1:8000"]
    file.write_text(json.dumps([ONE, TWO]))
    assert list(_pools()[Role.full]) == ["gpu1:8000", "gpu2:8000"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/nowhere/engines.json", "no file can be read"),
        ("[{]", "Invalid JSON"),
        ([{"model": "r1"}], "engine 1.url: Field required"),
        ([ONE, {"url": "gpu2"}], "engine 2.url: it must be http://HOST:PORT"),
        ([{**ONE, "apikey": "sk-secret"}], "engine 1.apikey: Extra inputs are not permitted"),
        ([{**ONE, "name": "a b"}], "engine 1.name: it must be printable ASCII without spaces"),
        ([{**ONE, "role": "slow"}], "engine 1.role: it must be 'full', 'fast' or 'other'"),
        ([{"url": "http://a:1", "role": "other"}], "`other` needs the name of its `model`"),
        ([{**ONE, "role": "other", "model": "auto"}], "`other` needs the name of its `model`"),
        (["gpu1:8000"], "engine 1.url: it must be http://HOST:PORT"),
        ([7], "engine 1: it must be an object"),
        ([ONE, ONE], "two full engines have the name gpu1:8000"),
        ([ONE, {**TWO, "model": "v3"}], "all full engines must serve the same model, not r1, v3"),
    ],
)
def test_a_wrong_list_is_refused_without_its_keys(engines: Any, value: Any, expected: str) -> None:
    engines(value)
    with pytest.raises(ValidationError) as caught:
        EnginesSettings()
    (line,) = wrong_settings(caught.value)
    assert line.startswith("CHANCERY_ENGINES: ")
    assert expected in line
    assert "sk-secret" not in line
