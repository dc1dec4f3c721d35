"""Authentication: departments by API key, and the metrics token."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from api.services import ServicesDep
from jobs.model.department import Department
from jobs.model.problems import ProblemError

_department_key = HTTPBearer(
    scheme_name="apiKey", description="The department's API key.", auto_error=False
)
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_department_key)]


async def _authenticated(services: ServicesDep, credentials: _Credentials) -> Department:
    department = None
    if credentials is not None and credentials.credentials:
        department = await services.ledger.departments.authenticate(credentials.credentials)
    if department is None:
        raise ProblemError(
            "unauthorized",
            "The API key is missing or invalid. Send `Authorization: Bearer KEY`.",
        )
    return department


DepartmentDep = Annotated[Department, Depends(_authenticated)]


def check_token(authorization: str | None, token: SecretStr | None) -> None:
    """Raise `ProblemError("unauthorized")` if a token is set and was not sent as bearer token."""
    if token is None:
        return
    expected = f"Bearer {token.get_secret_value()}".encode()
    if not hmac.compare_digest((authorization or "").encode(), expected):
        raise ProblemError("unauthorized", "Send the metrics token as `Authorization: Bearer`.")
