"""Passwords of accounts."""

from __future__ import annotations

import pytest

from jobs.accounts.passwords import PasswordChecks, check_password, hash_password, matches
from jobs.model.problems import ProblemError


@pytest.mark.parametrize("password", ["short", "x" * 201, "aaaaaaaaaaaa", "my zhang 12 pass", ""])
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    with pytest.raises(ProblemError) as error:
        check_password(password, "zhang")
    assert error.value.problem.code == "password-unsuitable"


def test_a_long_sentence_is_a_password() -> None:
    check_password("河边的柳树今年绿得特别早", "zhang")
    check_password("the willows are early", "zhang")


def test_a_hash_is_argon2id_with_a_salt() -> None:
    one, other = hash_password("the willows are early"), hash_password("the willows are early")
    assert one.startswith("$argon2id$v=19$m=65536,t=3,")
    assert one != other
    assert matches("the willows are early", one)
    assert not matches("The willows are early", one)


def test_no_hash_and_a_damaged_hash_match_nothing() -> None:
    assert not matches("", None)
    assert not matches("", "")
    assert not matches("x", None)
    assert not matches("x", "$argon2id$damaged")


async def test_a_longer_password_than_allowed_matches_nothing() -> None:
    hashed = hash_password("x" * 200)
    checks = PasswordChecks()
    assert await checks.matches("x" * 200, hashed)
    assert not await checks.matches("x" * 1_000_000, hashed)
