"""Every page of the console, from the table of its rules: who may open it, and for what.

A page that is added is tested without a change here, unless its path has a new placeholder.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api.console.access import CONSOLE_RULES, STAFF
from jobs.ledger import Ledger
from jobs.model.account import Role
from tests.integration.api.conftest import ALLOWED, finish, opened_api
from tests.integration.api.console.conftest import ConsoleSystem, Visitor, add_accounts

pytestmark = pytest.mark.asyncio(loop_scope="module")
shared = pytest_asyncio.fixture(loop_scope="module", scope="module")

SECRET = "The mayor's telephone is off."
PAGES = sorted((method, path) for (method, path), rule in CONSOLE_RULES.items() if rule.roles)
FORMS = [path for method, path in PAGES if method == "POST"]
every_page = pytest.mark.parametrize(("method", "path"), PAGES)
ROLES = {"zhang": Role.staff, "li": Role.reviewer, "op": Role.operator}


@pytest.fixture(scope="module")
def ledger(module_ledger: Ledger) -> Ledger:
    return module_ledger


@shared
async def system(
    ledger: Ledger,
    valkey: tuple[subprocess.Popen[bytes], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ConsoleSystem]:
    async with opened_api(ledger, valkey[1], tmp_path_factory.mktemp("api")) as api:
        await add_accounts(ledger)
        yield ConsoleSystem(api)


@shared
async def people(system: ConsoleSystem) -> AsyncIterator[Mapping[str, Visitor]]:
    """Signed in: zhang (staff) and li (reviewer) of tax, wang (staff) of health, and op."""
    async with AsyncExitStack() as stack:
        visitors = {}
        for name in ("zhang", "li", "wang", "op"):
            visitors[name] = await stack.enter_async_context(system.visitor())
            await visitors[name].sign_in(name)
            assert visitors[name].token
        yield visitors


@shared
async def ids(
    system: ConsoleSystem, people: Mapping[str, Visitor], ledger: Ledger
) -> Mapping[str, str]:
    """Of things of tax: zhang's group and one of its jobs, its document, and a callback."""
    zhang = people["zhang"]
    data = {"csrf": zhang.token, "lane": "interactive", "no_secrets": "yes"}
    files = [("files", (f"{number}.txt", f"{SECRET} {number}".encode())) for number in range(2)]
    answer = await zhang.http.post("/console/submit/redact", data=data, files=files)
    group = re.search(r"/console/groups/(\w+)", str(answer.url))
    assert group, answer.text
    (job_id, _) = (await ledger.accounts.records(f"group:{group[1]}", limit=2)).items
    await finish(ledger, job_id, result=json.dumps({"text": SECRET}))
    job = await ledger.jobs.get("tax", job_id)
    assert job
    with_callback = await system.api.submit(callback_url=ALLOWED)
    await ledger.jobs.cancel("tax", with_callback["id"])
    (callback,) = (await ledger.callbacks.list("tax", job_id=with_callback["id"])).items
    return {
        "job_id": job_id,
        "group_id": group[1],
        "document_id": str(job.document_id),
        "callback_id": callback.id,
        "task": "redact",
        "number": "1",
    }


async def sent(visitor: Visitor, method: str, path: str, token: str) -> httpx.Response:
    """The answer itself, without following it. A form has its token alone."""
    options: dict[str, Any] = {"follow_redirects": False}
    if method == "POST":
        form = {"csrf": token}
        uploads = path.startswith("/console/submit/")
        options |= {"files": {"csrf": (None, token)}} if uploads else {"data": form}
    return await visitor.http.request(method, path, **options)


@every_page
async def test_other_roles_are_refused(
    method: str, path: str, people: Mapping[str, Visitor], ids: Mapping[str, str]
) -> None:
    rule = CONSOLE_RULES[method, path]
    for name, role in ROLES.items():
        visitor = people[name]
        if role not in rule.roles:
            answer = await sent(visitor, method, path.format(**ids), visitor.token)
            assert answer.status_code == 403, (name, answer.text)
            assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for method, path in PAGES if "_id}" in path]
)
async def test_another_department_s_staff_find_nothing(
    method: str, path: str, people: Mapping[str, Visitor], ids: Mapping[str, str]
) -> None:
    wang = people["wang"]
    answer = await sent(wang, method, path.format(**ids), wang.token)
    expected = 404 if CONSOLE_RULES[method, path].roles == STAFF else 403
    assert answer.status_code == expected, answer.text
    assert SECRET not in answer.text
    assert "0.txt" not in answer.text


async def test_another_department_s_document_cannot_be_chosen(
    people: Mapping[str, Visitor], ids: Mapping[str, str]
) -> None:
    wang, document = people["wang"], ids["document_id"]
    answer = await wang.http.get(f"/console/submit/redact?document={document}")
    assert answer.status_code == 404
    fields = {"csrf": wang.token, "no_secrets": "yes", "document": document}
    form = {name: (None, value) for name, value in fields.items()}
    answer = await wang.http.post("/console/submit/redact", files=form)
    assert answer.status_code == 404


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_needs_the_token_of_its_own_session(
    path: str, people: Mapping[str, Visitor], ids: Mapping[str, str]
) -> None:
    roles = CONSOLE_RULES["POST", path].roles
    for name, role in ROLES.items():
        others = [visitor.token for other, visitor in people.items() if other != name]
        for token in ("", "x", "é", others[0]) if role in roles else ():
            answer = await sent(people[name], "POST", path.format(**ids), token)
            assert answer.status_code == 403, (name, answer.text)


@every_page
async def test_without_a_session_only_the_sign_in_is_shown(
    method: str, path: str, system: ConsoleSystem, ids: Mapping[str, str]
) -> None:
    async with system.visitor() as stranger:
        stranger.http.cookies.set("__Host-chancery-session", "x" * 43)
        answer = await sent(stranger, method, path.format(**ids), "x")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/sign-in")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [path for method, path in PAGES if method == "GET"])
async def test_nothing_that_people_see_is_stored_or_run(
    path: str, people: Mapping[str, Visitor], ids: Mapping[str, str]
) -> None:
    roles = CONSOLE_RULES["GET", path].roles
    name = next(name for name, role in ROLES.items() if role in roles)
    answer = await sent(people[name], "GET", path.format(**ids), "")
    assert answer.headers["cache-control"] == "no-store"
    assert "'unsafe" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    if not answer.headers.get("content-type", "").startswith(("text/html", "image/png")):
        shown = answer.headers.get("content-disposition", "attachment")
        assert answer.status_code >= 300 or shown.startswith("attachment") or "/state" in path


async def test_a_form_of_many_empty_files_is_refused(people: Mapping[str, Visitor]) -> None:
    zhang = people["zhang"]
    head = "--x\r\nContent-Disposition: form-data; name="
    token = f'{head}"csrf"\r\n\r\n{zhang.token}\r\n'
    empty = f'{head}"files"; filename=""\r\n\r\n\r\n'
    for count in (1, 2_000):
        answer = await zhang.http.post(
            "/console/submit/redact",
            content=f"{token}{empty * count}--x--\r\n",
            headers={"content-type": "multipart/form-data; boundary=x"},
        )
        assert answer.status_code == 422, answer.text
        assert ("表单格式有误" in answer.text) is (count > 1)
    assert "表单格式有误" in answer.text
