"""Signing in to the console at an identity provider, in a browser, and out again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.process.settings import RedisSettings
from standin.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Behaviour,
    IdentityProvider,
    running_identity_provider,
)
from standin.ports import reserved_port
from standin.valkey import start_valkey
from tests.integration.api.running import started
from tests.programs import require_program
from tests.system.test_console import check
from tests.system.test_flower import QUIET_BROWSER

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def idp() -> Iterator[IdentityProvider]:
    with running_identity_provider() as idp:
        idp.people["chen"] = {"dept": "tax"}
        idp.people["wu"] = {"dept": "fire"}
        yield idp


@pytest.fixture(scope="module")
def url(idp: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The api with department tax, which knows the provider."""
    folder: Path = tmp_path_factory.mktemp("api")
    (folder / "redis").mkdir()
    valkey, redis_url = start_valkey(folder / "redis")
    asyncio.run(create_department(redis_url))
    port = reserved_port()
    url = f"http://127.0.0.1:{port}"
    (folder / "secret").write_text(CLIENT_SECRET)
    idp.redirect_uri = f"{url}/console/sign-in/callback"
    environment = {
        "CHANCERY_REDIS_URL": redis_url,
        "CHANCERY_DATA_DIR": str(folder / "var"),
        "CHANCERY_API_PORT": str(port),
        "CHANCERY_API_PUBLIC_URL": url,
        "CHANCERY_OIDC_ISSUER": idp.issuer,
        "CHANCERY_OIDC_CLIENT_ID": CLIENT_ID,
        "CHANCERY_OIDC_CLIENT_SECRET_FILE": str(folder / "secret"),
        "CHANCERY_OIDC_DEPARTMENT_CLAIM": "dept",
    }
    with started(environment) as api:
        try:
            wait_for(url)
            yield url
        finally:
            api.kill()
            valkey.terminate()
            valkey.wait(10)


async def create_department(redis_url: str) -> None:
    ledger = Ledger(RedisSettings(url=SecretStr(redis_url)))
    await ledger.departments.create("tax")
    await ledger.close()


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/healthz", timeout=30).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the api did not answer")


@pytest.fixture(scope="module")
def browser(url: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=require_program("chromium"), args=list(QUIET_BROWSER)
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 860})
    yield context.new_page()
    context.close()


def at_provider(page: Page, name: str) -> None:
    page.get_by_role("link", name="使用统一身份认证登录").click()
    page.get_by_label("User").fill(name)
    page.get_by_role("button", name="Continue").click()


def test_a_person_signs_in_at_the_provider_and_out_again(
    page: Page, url: str, idp: IdentityProvider
) -> None:
    page.goto(f"{url}/console/records")
    check(page)
    at_provider(page, "chen")
    expect(page.get_by_role("heading", name="我的记录")).to_be_visible()
    assert page.url == f"{url}/console/records"
    page.get_by_role("link", name="chen · tax").click()
    expect(page.get_by_text("请在统一身份认证中修改密码")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_text("signed out at the provider")).to_be_visible()
    assert page.url.startswith(f"{idp.issuer}/end?client_id=chancery&post_logout_redirect_uri=")
    page.goto(f"{url}/console/records")
    expect(page.get_by_role("heading", name="登录", exact=True)).to_be_visible()


def test_who_is_refused_reads_why(page: Page, url: str, idp: IdentityProvider) -> None:
    page.goto(f"{url}/console")
    at_provider(page, "wu")
    expect(page.get_by_role("alert")).to_contain_text("您所在的部门尚未接入本系统")
    check(page)
    idp.behaviour = Behaviour(answers={"/token": (503, b"")})
    at_provider(page, "chen")
    expect(page.get_by_role("alert")).to_contain_text("统一身份认证暂时无法访问")
    idp.behaviour = Behaviour()
    at_provider(page, "chen")
    expect(page.get_by_role("heading", name="请选择要做的处理")).to_be_visible()
