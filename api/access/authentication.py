"""Authentication: departments by API key, and the metrics token."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from api.access.rules import rule_of
from api.requests.client_address import client_address
from api.services import Services, ServicesDep
from jobs.model.api_key import Caller, KeyState
from jobs.model.department import Department
from jobs.model.problems import ProblemError

SCHEME = "apiKey"
_department_key = HTTPBearer(
    scheme_name=SCHEME, description="The department's API key.", auto_error=False
)
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_department_key)]
# The advice is given to the holder of the key only: a wrong key learns nothing.
_ENDED = {
    KeyState.expired: ("key-expired", "expired"),
    KeyState.revoked: ("key-revoked", "was revoked"),
}


async def _authenticated(
    request: Request, services: ServicesDep, credentials: _Credentials
) -> Department:
    source = client_address(request.scope, services.settings.trusted_proxies)
    try:
        return await _admitted(request, services, credentials, source)
    except ProblemError as error:
        request.app.state.failed_authentications.labels(error.problem.code).inc()
        raise


async def authenticate(request: Request, services: Services) -> Department:
    """The department whose key was sent and may be used for the call now. Raises `ProblemError`."""
    return await _authenticated(request, services, await _department_key(request))


async def _admitted(
    request: Request, services: Services, credentials: _Credentials, source: str
) -> Department:
    caller = await _caller(services, credentials, source)
    request.state.caller = caller  # for the audit record, also if the key is refused
    key = caller.key
    if key.state is not KeyState.valid:
        code, text = _ENDED[key.state]
        raise ProblemError(code, f"The API key {key.id} {text}. Ask the operators for a new one.")
    if not key.admits(source):
        raise ProblemError(
            "network-not-allowed", f"The API key {key.id} must not be used from {source}."
        )
    rule = rule_of(request.method, request.scope["route"].path)
    if rule is None or rule.scope not in key.scopes:
        needed = rule.scope.value if rule else "no key's"
        raise ProblemError(
            "scope-missing", f"The call needs the scope {needed}; the API key {key.id} lacks it."
        )
    return caller.department


async def _caller(services: Services, credentials: _Credentials, source: str) -> Caller:
    """The owner of the key that was sent. Raises `ProblemError` for a missing or wrong key."""
    sent = credentials.credentials if credentials else ""
    caller = await services.ledger.keys.authenticate(sent) if sent else None
    if caller is not None:
        return caller
    if sent:
        left = services.failed_keys.seconds_left(source)
        if left:
            raise ProblemError(
                "too-many-failures",
                f"{source} sent too many wrong API keys. Wait before you try another one.",
                retry_after=left,
            )
        services.failed_keys.add(source)
    raise ProblemError(
        "unauthorized", "The API key is missing or invalid. Send `Authorization: Bearer KEY`."
    )


DepartmentDep = Annotated[Department, Depends(_authenticated)]


async def _department_or_operator(
    request: Request, services: ServicesDep, credentials: _Credentials
) -> Department | None:
    token = services.settings.metrics_token
    if token is not None and credentials and _is_token(credentials.credentials, token):
        return None
    return await _authenticated(request, services, credentials)


ReaderDep = Annotated[Department | None, Depends(_department_or_operator)]
"""A department, or None for an operator with the metrics token, who may read all counts."""


def _is_token(sent: str, token: SecretStr) -> bool:
    return hmac.compare_digest(sent.encode(), token.get_secret_value().encode())


def check_token(authorization: str | None, token: SecretStr | None) -> None:
    """Raise `ProblemError("unauthorized")` if a token is set and was not sent as bearer token."""
    if token is None:
        return
    expected = f"Bearer {token.get_secret_value()}".encode()
    if not hmac.compare_digest((authorization or "").encode(), expected):
        raise ProblemError("unauthorized", "Send the metrics token as `Authorization: Bearer`.")
