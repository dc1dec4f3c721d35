"""Kinds of personal data, and detections of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A kind of personal data, or `term` for the caller's own words."""

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


# Where two detections cross, the merged one gets the kind that comes first here.
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


class DetectionMethod(StrEnum):
    """What found it. Words from a model count only if they are in the text."""

    rule = "rule"
    model = "model"
    term = "term"


@dataclass(frozen=True, slots=True)
class Detection:
    """`start` and `end` are offsets into the searched text.

    `valid`: whether the check digit is correct; None for a kind without one.
    """

    kind: Kind
    start: int
    end: int
    how: DetectionMethod = DetectionMethod.rule
    valid: bool | None = None
