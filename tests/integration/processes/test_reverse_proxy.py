"""The nginx example of docs/operations.md before an api and Flower."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest_asyncio

from standin.engine_process import StandInControl
from standin.ports import reserved_port
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.receiver import Receiver
from tests.integration.processes.system import CHECKOUT, PATIENCE, Child, Desk, System, until
from tests.programs import require_program

LOGIN = ("operator", "a-password")
MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {locations}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A system behind nginx at `url`."""

    url: str
    desk: Desk
    flower: Child

    def client(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.desk.key}"}
        return httpx.AsyncClient(
            base_url=self.url, headers=headers, trust_env=False, timeout=PATIENCE
        )


@pytest_asyncio.fixture
async def site(empty_system: System, open_desk: OpenDesk, tmp_path: Path) -> AsyncIterator[Site]:
    require_program("nginx")
    port, api_port, flower_port = reserved_port(), reserved_port(), reserved_port()
    settings = {
        "CHANCERY_API_TRUSTED_PROXIES": "127.0.0.1",
        "CHANCERY_API_PUBLIC_URL": f"http://127.0.0.1:{port}/chancery/",
        "CHANCERY_API_PORT": str(api_port),
        "CHANCERY_FLOWER_PORT": str(flower_port),
        "CHANCERY_FLOWER_URL_PREFIX": "/flower",
        "CHANCERY_FLOWER_LOGIN": ":".join(LOGIN),
    }
    roles = ("worker", "courier", "scheduler", "api", "flower")
    children = [empty_system.start(role, **settings) for role in roles]
    empty_system.up(*children[:3])
    with _nginx(tmp_path, port, {8080: api_port, 5555: flower_port}) as url:
        site = Site(url, await open_desk(empty_system), children[-1])
        async with site.client() as http:
            for path, answer in (("/chancery/readyz", 200), ("/flower/", 401)):
                await until(partial(_answers, http, path, answer))
        yield site


@contextmanager
def _nginx(folder: Path, port: int, ports: dict[int, int]) -> Iterator[str]:
    """nginx with the documented locations, on other ports."""
    (locations,) = re.findall(
        r"```nginx\n(.*?)```", (CHECKOUT / "docs/operations.md").read_text(), re.DOTALL
    )
    for documented, real in ports.items():
        assert f"http://127.0.0.1:{documented}" in locations
        locations = locations.replace(f"http://127.0.0.1:{documented}", f"http://127.0.0.1:{real}")
    # As root, nginx's workers would run as another user, who cannot use this folder.
    user = "user root;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(MAIN.format(folder=folder, port=port, user=user, locations=locations))
    argv = [require_program("nginx"), "-p", str(folder), "-c", str(config)]
    process = subprocess.Popen([*argv, "-e", str(folder / "error.log")])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


async def _answers(http: httpx.AsyncClient, path: str, status: int) -> bool:
    try:
        return (await http.get(path)).status_code == status
    except httpx.TransportError:
        return False


async def test_every_address_behind_nginx_has_the_prefix(
    site: Site, engine: StandInControl, receiver: Receiver
) -> None:
    long = {"what": {"quote": "", "value": "x" * 6_000}}  # too long for the callback
    engine.control(answer=json.dumps(long))
    job = {
        "task": "extract",
        "input": {"text": "The water is off on 5 March."},
        "options": {"schema": {"type": "object", "properties": {"what": {"type": "string"}}}},
        "callback_url": receiver.url(),
    }
    async with site.client() as http:
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "city.example"}
        sent = await http.post("/chancery/v1/jobs", json=job, headers=forwarded)
        assert sent.status_code == 202, sent.text
        job_id = sent.json()["id"]
        assert sent.headers["location"] == f"/chancery/v1/jobs/{job_id}"
        polled = (await http.get(sent.headers["location"], params={"wait": 30})).json()
        assert polled["status"] == "succeeded", polled["error"]
        (listed,) = (await http.get("/chancery/v1/jobs")).json()["data"]
        assert listed["result_url"] == f"/chancery/v1/jobs/{job_id}/result"
        await until(lambda: receiver.received)
        called = json.loads(receiver.received[0].body)["data"]["result_url"]
        assert called == f"{site.url}/chancery/v1/jobs/{job_id}/result"
        for address in (listed["result_url"], called):
            assert "x" * 6_000 in (await http.get(address)).text
        page = await http.get("/chancery/docs")
        addresses = re.findall(r"""["'](/[^"']+)["']""", page.text)
        assert addresses
        for address in addresses:
            assert (await http.get(address)).status_code == 200, address
        document = (await http.get("/chancery/openapi.json")).json()
        assert document["servers"] == [{"url": "/chancery"}]
        refused = await http.post("/chancery/v1/jobs", json={})
        assert refused.status_code == 422
        # The type is the same everywhere, so it has no prefix.
        explanation = await http.get(f"/chancery{refused.json()['type']}")
        assert explanation.status_code == 200


async def test_flower_behind_nginx_is_below_its_prefix_and_asks_for_its_login(site: Site) -> None:
    async with site.client() as http:
        http.headers.pop("Authorization")
        page = await http.get("/flower/", auth=LOGIN)
        assert page.status_code == 200
        addresses = re.findall(r"""(?:href|src|action)=["'](/[^"']*)["']""", page.text)
        assert addresses
        assert [each for each in addresses if not each.startswith("/flower/")] == []
        for address in addresses:
            assert (await http.get(address, auth=LOGIN)).status_code == 200, address
        for path in ("/flower/tasks", "/flower/api/workers"):
            assert (await http.get(path)).status_code == 401
            assert (await http.get(path, auth=LOGIN)).status_code == 200
        for path in ("/flower/metrics", "/flower/healthcheck"):
            assert (await http.get(path, auth=LOGIN)).status_code == 404
