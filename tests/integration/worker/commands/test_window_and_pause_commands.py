"""`chancery department set --window`, `pause`, `resume` and `paused`, with a real ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import click
import pytest
from click.testing import CliRunner, Result

from worker.commands.department import department
from worker.commands.doctor import doctor
from worker.commands.pause import pause, paused, resume

NIGHT = "20:00-06:00 Asia/Shanghai"


@pytest.fixture
def there(redis_url: str) -> str:
    """The Redis URL of a system with a department."""
    run(department, redis_url, "create", "tax")
    return redis_url


def run(command: click.Command, redis_url: str, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--redis-url", redis_url])


def window_of(redis_url: str) -> str | None:
    shown = json.loads(run(department, redis_url, "show", "tax", "--json").stdout)
    window: str | None = shown["window"]
    return window


class TestWindow:
    def test_it_is_set_shown_and_removed(self, there: str) -> None:
        assert window_of(there) is None
        assert "window          as the platform" in run(department, there, "show", "tax").stdout

        done = run(department, there, "set", "tax", "--window", "Daily 20:00-6:00 Asia/Shanghai")
        assert done.exit_code == 0, done.output
        assert done.stdout.startswith(f"tax: bulk work runs {NIGHT}; now ")
        assert "couriers" not in done.stdout
        assert window_of(there) == NIGHT
        assert f"window          {NIGHT}" in run(department, there, "show", "tax").stdout
        assert run(department, there, "list").stdout == f"tax  {NIGHT}\n"
        assert json.loads(run(department, there, "list", "--json").stdout) == ["tax"]

        done = run(department, there, "set", "tax", "--no-window")
        assert done.stdout == "tax: bulk work runs in the platform's window\n"
        assert window_of(there) is None
        assert run(department, there, "list").stdout == "tax\n"

    def test_it_can_be_set_together_with_callback_options(self, there: str) -> None:
        done = run(department, there, "set", "tax", "--window", NIGHT, "--header", "X-System=oa")
        assert "tax is set" in done.stdout
        assert window_of(there) == NIGHT

    def test_its_zone_is_required_unless_the_platforms_is_known(
        self, there: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refused = run(department, there, "set", "tax", "--window", "20:00-06:00")
        assert refused.exit_code == 2
        assert "expected a time zone at the end" in refused.stderr
        assert window_of(there) is None
        assert run(department, there, "set", "tax", "--window", "never").exit_code == 0
        assert window_of(there) == "never"
        monkeypatch.setenv("CHANCERY_BULK_ZONE", "Asia/Shanghai")
        assert run(department, there, "set", "tax", "--window", "20:00-06:00").exit_code == 0
        assert window_of(there) == NIGHT

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--window", "20:00"), "at character 1: expected times such as 20:00-06:00"),
            (("--window", f"{NIGHT}/x"), "expected a zone of the IANA database"),
            (("--window", NIGHT, "--no-window"), "exclude each other"),
        ],
    )
    def test_an_invalid_window_is_refused(
        self, there: str, words: tuple[str, ...], message: str
    ) -> None:
        refused = run(department, there, "set", "tax", *words)
        assert refused.exit_code == 2
        assert message in refused.stderr
        assert window_of(there) is None

    def test_an_unknown_department_is_an_error(self, there: str) -> None:
        refused = run(department, there, "set", "water", "--window", NIGHT)
        assert (refused.exit_code, "no department water" in refused.stderr) == (1, True)
        assert run(department, there, "set", "water", "--no-window").exit_code == 1
        assert run(department, there, "list").stdout == "tax\n"


class TestPauses:
    def test_a_department_is_paused_shown_and_resumed(self, there: str) -> None:
        assert run(pause, there, "--department", "tax").stdout == "all jobs of tax: paused\n"
        assert "was paused already" in run(pause, there, "--department", "tax").stdout
        assert run(paused, there).stdout == "all jobs of tax\n"
        (shown,) = json.loads(run(paused, there, "--json").stdout)
        assert (shown["department"], shown["lane"]) == ("tax", None)
        assert datetime.fromisoformat(shown["since"]) <= datetime.now(UTC) + timedelta(minutes=1)
        assert "chancery resume --department tax" in run(doctor, there).output
        assert run(resume, there, "--department", "tax").stdout == "all jobs of tax: resumed\n"
        assert (
            run(resume, there, "--department", "tax").stdout == "all jobs of tax: was not paused\n"
        )
        nothing = run(paused, there)
        assert (nothing.stdout, nothing.stderr) == ("", "nothing is paused\n")
        assert "chancery resume" not in run(doctor, there).output

    def test_resume_prints_overlapping_pauses(self, there: str) -> None:
        for words in (("--lane", "bulk"), ("--department", "tax", "--lane", "interactive")):
            assert run(pause, there, *words).exit_code == 0
        assert run(pause, there, "--department", "tax").exit_code == 0
        done = run(resume, there, "--department", "tax")
        assert done.stdout == "all jobs of tax: resumed\n"
        assert done.stderr == "bulk jobs: still paused\ninteractive jobs of tax: still paused\n"
        assert run(resume, there, "--lane", "bulk").stderr == ""

    @pytest.mark.parametrize("command", [pause, resume])
    @pytest.mark.parametrize("words", [(), ("--lane", "callbacks"), ("--department", "Tax")])
    def test_invalid_arguments_are_refused_with_status_2(
        self, there: str, command: click.Command, words: tuple[str, ...]
    ) -> None:
        assert run(command, there, *words).exit_code == 2
        assert run(paused, there).stdout == ""

    def test_an_unknown_department_cannot_be_paused(self, there: str) -> None:
        refused = run(pause, there, "--department", "water")
        assert (refused.exit_code, "no department water" in refused.stderr) == (1, True)
        assert run(paused, there).stdout == ""
