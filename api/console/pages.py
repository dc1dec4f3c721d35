"""Renders pages. Whatever comes from a document or a person is escaped (autoescape)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.console import cookies
from api.console.cookies import Cookie
from api.console.navigation import links_for
from api.console.services import console_of
from api.console.session import Person
from api.requests.path_prefix import root_path
from jobs.texts import Language, language_of, texts
from jobs.texts.translation import translation

if TYPE_CHECKING:
    from jinja2 import Environment

ROOT = "/console"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_PATH = re.compile(r"(/[A-Za-z0-9_.-]+){0,8}(\?[A-Za-z0-9_.=&%+-]{0,300})?")


@cache
def _environment() -> Environment:
    # The api starts without the library: it is imported for the first page.
    from jinja2 import (  # noqa: PLC0415
        Environment,
        FileSystemLoader,
        StrictUndefined,
        select_autoescape,
    )

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = with_code
    return environment


def with_code(text: str) -> Markup:
    """A text whose parts in backticks are code. Everything else is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without its other one
        return escape(text)
    return Markup().join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def language(request: Request) -> Language:
    """The language that the person chose, else the browser's."""
    chosen = cookies.read(request, Cookie.language)
    return language_of(chosen or request.headers.get("accept-language"))


def address(request: Request, path: str = "") -> str:
    """The address of a page: `path` is below `/console`, behind the prefix of a proxy."""
    return f"{root_path(request)}{ROOT}{path}"


def local_path(path: str) -> str:
    """`path` if it is one below `/console` to which a form may lead, else the first page's."""
    return path if _PATH.fullmatch(path) else ""


def page(
    request: Request,
    template: str,
    *,
    person: Person | None = None,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """A page from `templates/`. Templates have `t` (texts), `translation` (of
    problems and tasks), `at` (addresses), `person`, `here`, `query`."""
    chosen = language(request)
    html = (
        _environment()
        .get_template(template)
        .render(
            t=texts(chosen),
            translation=translation(chosen),
            at=partial(address, request),
            person=person,
            csrf=partial(_form_token, person.form_token if person else ""),
            links=links_for(person.role) if person else (),
            query=f"?{request.url.query}" if request.url.query else "",
            here=request.scope["path"].removeprefix(root_path(request)),
            lang=chosen,
            time=partial(_time, console_of(request).zone),
            **values,
        )
    )
    sent = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-store",
        "Content-Language": chosen.tag,
        "Vary": "Accept-Language, Cookie",
        **(headers or {}),
    }
    return Response(html, status, sent, "text/html; charset=utf-8")


def redirect(request: Request, path: str = "") -> Response:
    """To another page, after a form. `path` is below `/console`."""
    headers = {"Cache-Control": "no-store"}
    return RedirectResponse(address(request, path), HTTPStatus.SEE_OTHER, headers)


def _form_token(token: str) -> Markup:
    """The hidden field of a form of the person's session."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(token)


def _time(zone: Any, moment: datetime | None) -> Markup | str:
    """A time to the second, in the console's zone."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    return Markup('<time datetime="{}">{}</time>').format(
        local.isoformat(timespec="seconds"), local.strftime("%Y-%m-%d %H:%M:%S")
    )
