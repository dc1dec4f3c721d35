"""The console's cookies. Scripts cannot read them, and other sites' forms do not send them."""

from __future__ import annotations

from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from api.console.services import console_of


class Cookie(StrEnum):
    """`form` protects the form of the sign-in, which has no session yet; `provider` the sign-in at
    the identity provider.
    """

    session = "chancery-session"
    browser = "chancery-browser"
    form = "chancery-form"
    provider = "chancery-provider"
    language = "chancery-language"


def read(request: Request, cookie: Cookie) -> str | None:
    value = request.cookies.get(_name(request, cookie))
    return value if value and len(value) <= 100 else None


def write(
    request: Request, response: Response, cookie: Cookie, value: str, max_age: int | None = None
) -> None:
    """`max_age` is in seconds; None until the browser is closed."""
    response.set_cookie(
        _name(request, cookie),
        value,
        max_age=max_age,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def remove(request: Request, response: Response, cookie: Cookie) -> None:
    response.delete_cookie(
        _name(request, cookie),
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _is_secure(request: Request) -> bool:
    return not console_of(request).settings.console_plain_http


def _name(request: Request, cookie: Cookie) -> str:
    # Browsers take a cookie with this prefix only over TLS or from loopback, and from this host.
    return f"__Host-{cookie}" if _is_secure(request) else cookie.value
