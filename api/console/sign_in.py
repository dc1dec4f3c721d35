"""Signing in and out, the account, the language, and the files of the pages."""

from __future__ import annotations

import re
import secrets
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from api.client_address import client_address, holder_of
from api.console import cookies
from api.console.cookies import Cookie
from api.console.forms import TOKEN, read_form, read_form_of
from api.console.pages import address, page, redirect
from api.console.pages import language as language_of_page
from api.console.routing import router as new_router
from api.console.services import ConsoleDep, console_of
from api.console.session import Person, PersonDep, check_form_token
from api.services import Services, ServicesDep
from jobs.accounts.sign_ins import BROWSER_KNOWN, SignIn
from jobs.model.account import Role
from jobs.model.problems import PROBLEM_TYPES, ProblemError
from jobs.texts import Language, Texts, texts

router = new_router()
_FILES = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_PATH = re.compile(r"(/[A-Za-z0-9_.-]+){0,8}")
_LANGUAGE_SECONDS = 365 * 86_400


@router.get("/sign-in")
async def sign_in_page(request: Request, next: str = "") -> Response:  # noqa: A002 - the field
    return sign_in_form(request, after=next)


@router.post("/sign-in")
async def sign_in(request: Request, services: ServicesDep, console: ConsoleDep) -> Response:
    form = await read_form(request)
    after = form.get("next", "")
    check_form_token(form.get(TOKEN), cookies.read(request, Cookie.form))
    try:
        signed_in = await console.sign_ins.sign_in(
            form.get("name", ""),
            form.get("password", ""),
            address=sender(request, services),
            browser=cookies.read(request, Cookie.browser),
        )
    except ProblemError as error:
        if error.problem.code not in ("sign-in-failed", "too-many-failures", "sign-in-refused"):
            raise
        request.app.state.failed_authentications.labels(error.problem.code).inc()
        request.state.problem = error.problem.code
        name = form.get("name", "").strip().lower()
        # Only the name of an account: people type passwords into the wrong field.
        request.state.target = name if await services.ledger.accounts.get(name) else None
        return sign_in_form(request, after=after, error=error)
    return start_session(request, signed_in, after)


@router.post("/sign-out")
async def sign_out(request: Request, console: ConsoleDep, person: PersonDep) -> Response:
    await read_form_of(request, person)
    await console.sign_ins.sign_out(person.session)
    url = console.sign_ins.provider_sign_out_url(person.account)
    # Not a redirect: the page's policy lets its forms lead to this server only.
    response = page(request, "signed_out.html", url=url) if url else redirect(request, "/sign-in")
    cookies.remove(request, response, Cookie.session)
    return response


@router.get("")
async def home(request: Request, person: PersonDep) -> Response:
    return redirect(request, HOMES[person.role])


HOMES = {Role.staff: "/submit", Role.reviewer: "/records", Role.operator: "/health"}
"""The first page of each role."""


@router.get("/account")
async def account(request: Request, person: PersonDep) -> Response:
    return page(request, "account.html", person=person, error=None, changed=False)


@router.post("/account/password")
async def change_password(request: Request, console: ConsoleDep, person: PersonDep) -> Response:
    form = await read_form_of(request, person)
    error: str | None = None
    try:
        _check_same(form.get("new"), form.get("again"))
        await console.sign_ins.change_password(
            person.session, form.get("current", ""), form.get("new", "")
        )
    except ProblemError as problem:
        error = problem.problem.code
        if error not in ("sign-in-failed", "password-unsuitable", "too-many-failures"):
            raise
        request.state.problem = error
    return page(
        request,
        "account.html",
        person=person,
        status=PROBLEM_TYPES[error].status if error else 200,
        error=error,
        changed=error is None,
    )


@router.get("/language")
async def language(request: Request, to: Language, next: str = "") -> Response:  # noqa: A002
    """Choose the language, and return to the page `next`, below `/console`."""
    target = address(request, next if is_page(next) else "")
    response = RedirectResponse(target, 303, {"Cache-Control": "no-store"})
    cookies.write(request, response, Cookie.language, to.value, max_age=_LANGUAGE_SECONDS)
    return response


@router.get("/static/{name}")
async def static(name: str) -> Response:
    if name not in _FILES:
        raise ProblemError("not-found", "This file does not exist.")
    return Response(_file(name), media_type=_FILES[name], headers={"Cache-Control": "max-age=300"})


def _check_same(new: str | None, again: str | None) -> None:
    if new != again:
        raise ProblemError("password-unsuitable", "The two new passwords differ.")


@cache
def _file(name: str) -> bytes:
    return (Path(__file__).parent / "static" / name).read_bytes()


def start_session(request: Request, signed_in: SignIn, after: str) -> Response:
    """The cookies of a new session, and to the page `after`, below `/console`."""
    request.state.person = Person(signed_in.session, None)  # for the audit record
    response = redirect(request, after if is_page(after) else "")
    cookies.write(request, response, Cookie.session, signed_in.session.token)
    cookies.write(
        request,
        response,
        Cookie.browser,
        signed_in.browser,
        max_age=round(BROWSER_KNOWN.total_seconds()),
    )
    cookies.remove(request, response, Cookie.form)
    return response


def sign_in_form(request: Request, *, after: str, error: ProblemError | None = None) -> Response:
    """The page of the sign-in. `after`: the page to open then; `error`: why the last one failed."""
    sign_ins = console_of(request).sign_ins
    token = cookies.read(request, Cookie.form) or secrets.token_urlsafe(24)
    status, headers = 200, {}
    if error is not None:
        status = PROBLEM_TYPES[error.problem.code].status
        headers = {"Retry-After": str(round(error.retry_after))} if error.retry_after else {}
    response = page(
        request,
        "sign_in.html",
        status=status,
        headers=headers,
        token=token,
        after=after if is_page(after) else "",
        error=_text_of(error, texts(language_of_page(request))) if error else None,
        provider=sign_ins.provider is not None,
        local=sign_ins.local,
    )
    cookies.write(request, response, Cookie.form, token)
    return response


def _text_of(error: ProblemError, t: Texts) -> str:
    code = error.problem.code
    if code == "too-many-failures":
        return t("console.sign_in.wait", seconds=round(error.retry_after or 0))
    if code == "sign-in-refused":
        return t.of("console.sign_in.refused", error.problem.extra["reason"])
    return t.of("console.sign_in.error", code)


def is_page(path: str) -> bool:
    """Whether `path` is an address below `/console`, and of no other server."""
    return _PATH.fullmatch(path) is not None


def sender(request: Request, services: Services) -> str:
    """By whom failures are counted: an IPv4 address, or the network of an IPv6 address."""
    source = client_address(request.scope, services.settings.trusted_proxies)
    try:
        return holder_of(ip_address(source))
    except ValueError:
        return source
