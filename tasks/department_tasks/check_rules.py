"""The checks that a task's file may name, as it writes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from tasks.department_tasks.regexes import check_pattern
from tasks.department_tasks.result_paths import PATTERN
from tasks.redact.kinds import Kind

Pointer = Annotated[str, StringConstraints(pattern=PATTERN, max_length=300)]
Places = Annotated[list[Pointer], Field(min_length=1, max_length=20)]
IdentifierName = Literal[
    "identity_number", "bank_card", "mobile", "landline", "passport", "plate", "email",
    "credit_code", "ip_address", "address", "name",
]  # fmt: skip
IDENTIFIERS: tuple[IdentifierName, ...] = (
    "identity_number", "bank_card", "mobile", "landline", "passport", "plate", "email",
)  # fmt: skip


def _bounded(pattern: str) -> str:
    check_pattern(pattern)
    return pattern


class Rule(BaseModel):
    """A check: `at` are the places in the result that it looks at."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    check: str
    at: Places
    on_failure: Literal["fail", "report"] = "fail"


class QuotesInSource(Rule):
    check: Literal["quotes-in-source"]


class NumbersInSource(Rule):
    check: Literal["numbers-in-source"]


class DatesInSource(Rule):
    check: Literal["dates-in-source"]


class IssueNumbersInSource(Rule):
    check: Literal["issue-numbers-in-source"]


class OrganisationsInSource(Rule):
    check: Literal["organisations-in-source"]


class NotEmpty(Rule):
    check: Literal["not-empty"]


class MaxLength(Rule):
    check: Literal["max-length"]
    most: int = Field(ge=1, le=100_000)


class Matches(Rule):
    check: Literal["matches"]
    pattern: Annotated[str, AfterValidator(_bounded)]


class OneOf(Rule):
    """Either `values`, or the `option` in which the caller lists them."""

    check: Literal["one-of"]
    values: Annotated[list[Any], Field(min_length=1, max_length=1_000)] | None = None
    option: str | None = None


class NoPersonalIdentifiers(Rule):
    check: Literal["no-personal-identifiers"]
    kinds: Annotated[list[IdentifierName], Field(min_length=1)] = list(IDENTIFIERS)

    @property
    def wanted(self) -> frozenset[Kind]:
        return frozenset(Kind(kind) for kind in self.kinds)


Check = Annotated[
    QuotesInSource
    | NumbersInSource
    | DatesInSource
    | IssueNumbersInSource
    | OrganisationsInSource
    | NotEmpty
    | MaxLength
    | Matches
    | OneOf
    | NoPersonalIdentifiers,
    Field(discriminator="check"),
]
CHECK_NAMES = (
    "quotes-in-source", "numbers-in-source", "dates-in-source", "issue-numbers-in-source",
    "organisations-in-source", "not-empty", "max-length", "matches", "one-of",
    "no-personal-identifiers",
)  # fmt: skip
