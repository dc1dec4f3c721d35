"""The words for what is found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What identifies somebody or something."""

    identity_number = "identity_number"
    credit_code = "credit_code"
    bank_card = "bank_card"
    mobile = "mobile"
    landline = "landline"
    passport = "passport"
    plate = "plate"
    email = "email"
    ip_address = "ip_address"
    address = "address"
    name = "name"
    term = "term"


# Where two overlap and neither holds the other, the first of these names the whole.
PRECEDENCE = (
    Kind.identity_number,
    Kind.credit_code,
    Kind.bank_card,
    Kind.email,
    Kind.mobile,
    Kind.landline,
    Kind.passport,
    Kind.plate,
    Kind.ip_address,
    Kind.term,
    Kind.address,
    Kind.name,
)


class How(StrEnum):
    """What found it. A model's words count only where they stand in the text."""

    rule = "rule"
    model = "model"
    term = "term"


@dataclass(frozen=True, slots=True)
class Found:
    """`start` and `end` are offsets into the text that was searched.

    `valid` says whether the check digit is right; None for a kind without one.
    """

    kind: Kind
    start: int
    end: int
    how: How = How.rule
    valid: bool | None = None
