"""How fast an engine works, and how much of it fails."""

from __future__ import annotations

import pytest

from worker.engine.statistics.rates import ErrorShare, TokenRate


def test_tokens_per_second_are_those_since_the_last_look() -> None:
    rate = TokenRate()
    assert rate.after(1_000, 10.0) is None
    assert rate.after(1_500, 12.0) == 250
    assert rate.after(1_500, 14.0) == 0


def test_an_engine_that_started_again_or_does_not_count_has_no_rate() -> None:
    rate = TokenRate()
    rate.after(1_000, 10.0)
    assert rate.after(20, 12.0) is None
    assert rate.after(None, 14.0) is None
    assert rate.after(30, 16.0) is None
    assert rate.after(40, 18.0) == 5


def test_the_error_share_is_that_of_the_last_minute() -> None:
    share = ErrorShare()
    assert share.at(0.0) is None
    for second in range(10):
        share.count("engine-failed", float(second))
    share.count("ok", 50.0)
    assert share.at(50.0) == pytest.approx(10 / 11)
    assert share.at(66.0) == pytest.approx(4 / 5)
    assert share.at(80.0) == 0
    assert share.at(111.0) is None


def test_requests_that_were_given_up_or_refused_are_not_the_engines_errors() -> None:
    share = ErrorShare()
    for outcome in ("aborted", "engine-busy", "engine-refused", "ok"):
        share.count(outcome, 1.0)
    assert share.at(1.0) == 0
