"""The RateLimit fields, as draft-ietf-httpapi-ratelimit-headers-11 has them."""

from __future__ import annotations

import re

import pytest

from api.limits.rate_limits import POLICY, REMAINING, rate_limit_fields
from jobs.model.quotas import OVER, OverQuotaError, QuotaLeft, QuotaName

ALL = (
    QuotaLeft(QuotaName.rate, 20.0, 19, 0.05),
    QuotaLeft(QuotaName.in_flight, 100.0, 0, None),
    QuotaLeft(QuotaName.queued, 50_000.0, 49_999, None),
    QuotaLeft(QuotaName.tokens_per_day, 5_000_000.0, 4_193_020, 35_210.2),
)
# A List of Strings with parameters that are Integers or Strings: RFC 9651, 3.1, 3.1.2, 3.3.
_PARAMETER = re.compile(r';([a-z*][a-z0-9_.*-]*)=(-?\d{1,15}|"[\x20-\x21\x23-\x5b\x5d-\x7e]*")')
_ITEM = re.compile(rf'"([\x20-\x21\x23-\x5b\x5d-\x7e]*)"((?:{_PARAMETER.pattern})*)')


def read(field: str) -> dict[str, dict[str, int | str]]:
    """A field by the draft's grammar; fails on anything that does not fit it."""
    found: dict[str, dict[str, int | str]] = {}
    for text in field.split(", "):
        item = _ITEM.fullmatch(text)
        assert item, text
        found[item[1]] = {
            name: value.strip('"') if value.startswith('"') else int(value)
            for name, value in _PARAMETER.findall(item[2])
        }
    return found


def test_each_quota_has_a_policy_and_a_remaining_amount() -> None:
    fields = rate_limit_fields(ALL)
    assert read(fields[POLICY]) == {
        "rate": {"q": 20, "w": 1},
        "in-flight": {"q": 100},
        "queued": {"q": 50_000},
        "tokens-per-day": {"q": 5_000_000, "qu": "tokens", "w": 86_400},
    }
    assert read(fields[REMAINING]) == {
        "rate": {"r": 19, "t": 1},
        "in-flight": {"r": 0},
        "queued": {"r": 49_999},
        "tokens-per-day": {"r": 4_193_020, "t": 35_211},
    }


def test_without_quotas_there_are_no_fields() -> None:
    assert rate_limit_fields(()) == {}


@pytest.mark.parametrize(
    ("rate", "policy"),
    [
        (20.0, {"q": 20, "w": 1}),
        (2.5, {"q": 2, "w": 1}),
        (1.0, {"q": 1, "w": 1}),
        (0.5, {"q": 1, "w": 2}),
        (0.3, {"q": 1, "w": 4}),
    ],
)
def test_a_rate_is_rounded_to_integers_within_it(rate: float, policy: dict[str, int]) -> None:
    fields = rate_limit_fields([QuotaLeft(QuotaName.rate, rate, 1, 0.1)])
    assert read(fields[POLICY]) == {"rate": policy}


@pytest.mark.parametrize(("code", "name"), OVER.items())
def test_a_refusal_says_the_limit_that_was_met(code: str, name: QuotaName) -> None:
    others = [QuotaLeft(other, 7, 7, None) for other in QuotaName if other is not name]
    error = OverQuotaError("tax", code, 2.5, [*others, QuotaLeft(name, 1234, 0, None)])
    assert "1234 " in str(error)
    assert (error.problem.code, error.retry_after) == (code, 2.5)
