"""Who is asking: the department that an API key belongs to."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from api.parts import TheParts
from jobs.model.department import Department
from jobs.model.problems import ProblemError

_department_key = HTTPBearer(
    scheme_name="API key", description="The department's API key.", auto_error=False
)
_Given = Annotated[HTTPAuthorizationCredentials | None, Depends(_department_key)]


async def _authenticated(parts: TheParts, given: _Given) -> Department:
    department = None
    if given is not None and given.credentials:
        department = await parts.ledger.departments.authenticate(given.credentials)
    if department is None:
        raise ProblemError(
            "unauthorized",
            "The API key is missing or wrong. Send `Authorization: Bearer KEY`.",
        )
    return department


TheDepartment = Annotated[Department, Depends(_authenticated)]


def check_token(authorization: str | None, token: SecretStr | None) -> None:
    """Raise `ProblemError("unauthorized")` unless no token is set or it was sent as bearer."""
    if token is None:
        return
    expected = f"Bearer {token.get_secret_value()}".encode()
    if not hmac.compare_digest((authorization or "").encode(), expected):
        raise ProblemError("unauthorized", "Send the metrics token as `Authorization: Bearer`.")
