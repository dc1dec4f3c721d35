"""The person who sent a request: who signed in, with which role and department."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.console import cookies
from api.console.access import console_rule_of
from api.console.cookies import Cookie
from api.console.services import ConsoleDep
from jobs.accounts.sign_ins import form_token
from jobs.model.account import Account, Role, Session
from jobs.model.department import Department
from jobs.model.problems import ProblemError


class SignInNeeded(Exception):
    """The request has no session, or one that has ended."""


@dataclass(frozen=True, slots=True)
class Person:
    """`form_token` is the value of `csrf` in the forms of the session."""

    session: Session
    own_department: Department | None

    @property
    def account(self) -> Account:
        return self.session.account

    @property
    def role(self) -> Role:
        return self.account.role

    @property
    def form_token(self) -> str:
        return form_token(self.session.token)

    @property
    def department(self) -> Department:
        """Raises `ProblemError("role-missing")` for an operator without a department."""
        if self.own_department is None:
            raise ProblemError("role-missing", "The account belongs to no department.")
        return self.own_department


async def person_of(request: Request, console: ConsoleDep) -> Person:
    """Raises `SignInNeeded`, and `ProblemError`: `role-missing`, `unavailable`."""
    token = cookies.read(request, Cookie.session)
    session = await console.sign_ins.session(token) if token else None
    if session is None:
        raise SignInNeeded
    account, department = session.account, None
    if account.department is not None:
        department = await console.ledger.departments.get(account.department)
    person = Person(session, department)
    request.state.person = person  # for the audit record, also if the page is refused
    rule = console_rule_of(request.method, request.scope["route"].path)
    if rule is None or account.role not in rule.roles:
        raise ProblemError("role-missing", f"The role {account.role} may not open this page.")
    return person


PersonDep = Annotated[Person, Depends(person_of)]


def check_form_token(sent: str | None, expected: str | None) -> None:
    """Raise `ProblemError("form-expired")` unless the form has the token of this session."""
    if not expected or not sent or not hmac.compare_digest(sent.encode(), expected.encode()):
        raise ProblemError(
            "form-expired",
            "The form does not belong to this session. Open the page again; the browser must "
            "accept cookies, which it does over HTTPS only.",
        )
