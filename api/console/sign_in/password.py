"""Signing in with a password, signing out, and the account's page."""

from __future__ import annotations

import secrets
from ipaddress import ip_address

from fastapi import Request
from starlette.responses import Response

from api.console import cookies
from api.console.cookies import Cookie
from api.console.forms import TOKEN, read_form, read_form_of
from api.console.pages import language, local_path, page, redirect
from api.console.routing import router as new_router
from api.console.services import ConsoleDep, console_of
from api.console.session import Person, PersonDep, check_form_token
from api.requests.client_address import client_address, holder_of
from api.services import Services, ServicesDep
from jobs.accounts.sign_ins import BROWSER_KNOWN, SignIn
from jobs.model.problems import PROBLEM_TYPES, ProblemError
from jobs.texts import Texts, texts

router = new_router()


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
    response = (
        page(request, "sign_in/signed_out.html", url=url) if url else redirect(request, "/sign-in")
    )
    cookies.remove(request, response, Cookie.session)
    return response


@router.get("/account")
async def account(request: Request, person: PersonDep) -> Response:
    return page(request, "sign_in/account.html", person=person, error=None, changed=False)


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
        "sign_in/account.html",
        person=person,
        status=PROBLEM_TYPES[error].status if error else 200,
        error=error,
        changed=error is None,
    )


def _check_same(new: str | None, again: str | None) -> None:
    if new != again:
        raise ProblemError("password-unsuitable", "The two new passwords differ.")


def start_session(request: Request, signed_in: SignIn, after: str) -> Response:
    """The cookies of a new session, and to the page `after`, below `/console`."""
    request.state.person = Person(signed_in.session, None)  # for the audit record
    response = redirect(request, local_path(after))
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
        "sign_in/sign_in.html",
        status=status,
        headers=headers,
        token=token,
        after=local_path(after),
        error=_text_of(error, texts(language(request))) if error else None,
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


def sender(request: Request, services: Services) -> str:
    """By whom failures are counted: an IPv4 address, or the network of an IPv6 address."""
    source = client_address(request.scope, services.settings.trusted_proxies)
    try:
        return holder_of(ip_address(source))
    except ValueError:
        return source
