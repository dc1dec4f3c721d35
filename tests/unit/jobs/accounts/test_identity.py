"""Account, department and role by the claims of an ID token."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.accounts.oidc.identity import identity_of
from jobs.model.account import Grant, Role
from jobs.model.problems import ProblemError
from jobs.process.settings import OidcSettings

ISSUER = "https://id.example"
ROLES = {"oa-operators": Role.operator, "oa-reviewers": Role.reviewer}


def settings(**changes: Any) -> OidcSettings:
    given = {"issuer": ISSUER, "client_id": "chancery", "department_claim": "dept", **changes}
    return OidcSettings.model_validate(given)


def claims(**changes: Any) -> dict[str, Any]:
    return {"sub": "1", "preferred_username": "zhang", "dept": "tax", **changes}


def grant(of: dict[str, Any], **changes: Any) -> Grant | None:
    return identity_of(of, settings(**changes)).grant


def reason(of: dict[str, Any], **changes: Any) -> tuple[str, str | None]:
    with pytest.raises(ProblemError) as error:
        identity_of(of, settings(**changes))
    assert error.value.problem.code == "sign-in-refused"
    extra = error.value.problem.extra
    return extra["reason"], extra["account"]


def test_a_person_is_staff_of_the_department_that_the_claim_names() -> None:
    assert grant(claims()) == Grant(Role.staff, "tax")
    assert grant(claims(dept="税务局"), departments={"税务局": "tax"}) == Grant(Role.staff, "tax")


def test_the_highest_role_of_the_groups_counts() -> None:
    groups = ["oa-reviewers", "oa-operators", "x"]
    assert grant(claims(groups=groups), roles=ROLES) == Grant(Role.operator, "tax")
    assert grant(claims(groups="oa-reviewers"), roles=ROLES) == Grant(Role.reviewer, "tax")
    only_operator = claims(groups=groups, dept=None)
    assert grant(only_operator, roles=ROLES) == Grant(Role.operator, None)


def test_a_department_may_come_from_the_groups_if_they_name_one_only() -> None:
    by_group = {"department_claim": "groups", "departments": {"g-tax": "tax", "g-fire": "fire"}}
    assert grant(claims(groups=["all", "g-tax"]), **by_group) == Grant(Role.staff, "tax")
    assert reason(claims(groups=["g-fire", "g-tax"]), **by_group) == ("department", "zhang")
    assert reason(claims(groups=["all"]), **by_group) == ("department", "zhang")


def test_without_a_mapping_the_account_decides() -> None:
    assert grant(claims(), department_claim=None) is None


def test_claims_inside_claims_are_found_by_dots() -> None:
    nested = claims(realm_access={"roles": ["oa-reviewers"]})
    named = grant(nested, groups_claim="realm_access.roles", roles=ROLES)
    assert named == Grant(Role.reviewer, "tax")
    dotted = claims(**{"https://id.example/groups": ["oa-reviewers"]})
    named = grant(dotted, groups_claim="https://id.example/groups", roles=ROLES)
    assert named == Grant(Role.reviewer, "tax")


def test_who_has_no_group_role_department_or_name_is_refused() -> None:
    assert reason(claims(), allowed_groups=["oa"]) == ("group", "zhang")
    assert reason(claims(groups=["x"]), allowed_groups=["oa"]) == ("group", "zhang")
    assert reason(claims(), default_role="none") == ("role", "zhang")
    assert reason(claims(dept=["tax", "fire"])) == ("department", "zhang")
    assert reason(claims(dept={"name": "tax"})) == ("department", "zhang")
    for name in (None, "", "张伟", "a b", "../x", 7, ["zhang"]):
        assert reason(claims(preferred_username=name)) == ("name", None)
    assert grant(claims(groups=["oa"]), allowed_groups="oa, ob") == Grant(Role.staff, "tax")


def test_names_are_in_lower_case_and_may_be_mail_addresses() -> None:
    named = identity_of(claims(preferred_username="Zhang.Wei@Tax.example"), settings())
    assert named.name == "zhang.wei@tax.example"


def test_a_subject_is_of_one_issuer() -> None:
    here = identity_of(claims(), settings())
    there = identity_of(claims(), settings(issuer="https://other.example"))
    assert here.subject != there.subject
    assert here.subject == identity_of(claims(preferred_username="z2"), settings()).subject
