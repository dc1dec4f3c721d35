"""Where a delivery connects: to the very addresses that were checked, under the host's own name."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import pytest

from jobs.model.department import Department
from jobs.submit.targets import Address, Target
from tests.integration.processes.receiver import Receiver, receiving, status
from tests.programs import require_program
from worker.callbacks.delivery import AttemptResult, Deliverer
from worker.callbacks.own_addresses import OwnServers, is_local
from worker.roles.courier import Settings

SECRET = "whsec_" + "A" * 32
LOOPBACK = ip_address("127.0.0.1")
# Nothing listens there, and connecting to it fails at once.
UNUSED = ip_address("127.0.0.2")


@dataclass(slots=True)
class Names:
    """A resolver that gives one list of addresses after the other, and keeps what was asked."""

    answers: list[Sequence[Address]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, target: Target) -> Sequence[Address]:
        self.asked.append(target.host)
        return self.answers.pop(0)


async def sent(
    url: str,
    *answers: Sequence[Address],
    allow: Sequence[str] = ("localhost",),
    own: Sequence[str] = (),
) -> tuple[AttemptResult, Names]:
    """One attempt at `url`, with what its host is said to resolve to."""
    names = Names(list(answers))
    deliverer = Deliverer(5, 4, OwnServers(own), find=names)
    await deliverer.start()
    try:
        department = Department("tax", tuple(allow), (SECRET,))
        return await deliverer.send(department, url, "evt_1", b"{}"), names
    finally:
        await deliverer.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def test_a_host_is_looked_up_once_and_called_where_it_was_found(receiver: Receiver) -> None:
    # A second look would find an address that nothing listens at.
    tried, names = await sent(receiver.url(host="localhost"), [LOOPBACK], [UNUSED])
    assert tried.delivered
    assert names.asked == ["localhost"]
    assert receiver.received[0].headers["host"] == f"localhost:{receiver.port}"


async def test_a_name_that_now_leads_elsewhere_is_not_called(receiver: Receiver) -> None:
    url = receiver.url(host="oa.tax.intranet")
    tried, _ = await sent(url, [LOOPBACK], allow=["oa.tax.intranet", "0.0.0.0/0"])
    assert not tried.delivered
    assert "allow-list" in (tried.attempt.error or "")
    assert receiver.received == []


async def test_one_forbidden_address_among_several_keeps_all_from_being_called(
    receiver: Receiver,
) -> None:
    url = receiver.url(host="localhost")
    tried, _ = await sent(url, [LOOPBACK, ip_address("169.254.169.254")])
    assert (tried.delivered, receiver.received) == (False, [])


async def test_the_next_address_is_tried_where_one_refuses(receiver: Receiver) -> None:
    for first in (UNUSED, ip_address("::1")):
        tried, _ = await sent(receiver.url(host="localhost"), [first, LOOPBACK])
        assert tried.delivered


async def test_neither_a_proxy_of_the_environment_nor_a_redirect_leads_elsewhere(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{UNUSED}:9")
    receiver.answers.append(status(307, location=receiver.url("/elsewhere", host="localhost")))
    tried, _ = await sent(receiver.url(host="localhost"), [LOOPBACK])
    assert (tried.delivered, tried.attempt.status_code) == (False, 307)
    assert len(receiver.received) == 1


async def test_the_bytes_of_a_url_are_sent_as_its_department_wrote_them(receiver: Receiver) -> None:
    url = receiver.url("/hooks/税务%2F1?case=a%26b+c&x=%E6%96%87", host="localhost")
    tried, _ = await sent(url, [LOOPBACK])
    assert tried.delivered
    assert receiver.received[0].path == "/hooks/%E7%A8%8E%E5%8A%A1%2F1?case=a%26b+c&x=%E6%96%87"


async def test_when_every_address_refuses_the_attempt_says_so(receiver: Receiver) -> None:
    tried, _ = await sent(receiver.url(host="localhost"), [UNUSED, ip_address("::1")])
    assert (tried.delivered, tried.attempt.status_code) == (False, None)
    assert tried.attempt.error


def addresses_of_this_machine() -> list[str]:
    """Addresses of other interfaces, as far as this machine has any, and of loopback."""
    found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    return ["127.0.0.1", "127.8.8.8", "::1", *{str(each[4][0]) for each in found}]


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}", "redis://0.0.0.0:{}/0", "http://[::]:{}"])
async def test_the_platforms_servers_get_no_callbacks_on_any_local_address(
    receiver: Receiver, url: str
) -> None:
    own = [url.format(receiver.port)]
    for text in (*addresses_of_this_machine(), "::ffff:127.0.0.1"):
        address = ip_address(text)
        host = f"[{text}]" if address.version == 6 else text
        allow = ["localhost", "0.0.0.0/0", "127.0.0.0/8", "::/0"]
        target = receiver.url(host="localhost" if address.is_loopback else host)
        tried, _ = await sent(target, [address], allow=allow, own=own)
        assert not tried.delivered
        assert "platform" in (tried.attempt.error or ""), text
    assert receiver.received == []


async def test_other_ports_of_this_machine_and_its_servers_are_allowed(receiver: Receiver) -> None:
    own = [f"http://127.0.0.1:{receiver.port + 1}", f"http://192.0.2.1:{receiver.port}"]
    tried, _ = await sent(receiver.url(host="localhost"), [LOOPBACK], own=own)
    assert tried.delivered


async def test_a_server_elsewhere_is_refused_at_its_own_address_only() -> None:
    own = OwnServers(["http://192.0.2.1:8000"])
    assert await own.listen_on(ip_address("192.0.2.1"), 8000)
    assert not await own.listen_on(ip_address("192.0.2.1"), 8001)
    assert not await own.listen_on(ip_address("192.0.2.2"), 8000)


def test_which_addresses_are_local() -> None:
    assert all(is_local(ip_address(text)) for text in addresses_of_this_machine())
    assert not any(is_local(ip_address(text)) for text in ("192.0.2.1", "2001:db8::1"))


async def test_the_engines_are_among_the_platforms_own_servers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHANCERY_ENGINE_URL", "http://127.0.0.1:8123")
    monkeypatch.setenv("CHANCERY_FAST_ENGINE_URL", "http://127.0.0.1:8124")
    monkeypatch.setenv("CHANCERY_CALLBACK_OWN_URLS", '["http://127.0.0.1:8125"]')
    own = OwnServers(Settings().platform_urls)
    assert [await own.listen_on(LOOPBACK, port) for port in range(8123, 8127)] == [
        True, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "http://" + "a" * 70 + ".intranet/",
        "http://xn--a/",
        "http://oa.intranet:80/\udcff",
        "nonsense",
    ],
)
async def test_a_url_that_leads_nowhere_is_a_failed_attempt(url: str) -> None:
    deliverer = Deliverer(5, 4, OwnServers(()))
    await deliverer.start()
    tried = await deliverer.send(Department("tax", ("0.0.0.0/0",), (SECRET,)), url, "evt_1", b"{}")
    await deliverer.close()
    assert not tried.delivered
    assert tried.attempt.error


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost that no one else signed, and its key."""
    openssl = require_program("openssl")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost"
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *words.split(), *files], check=True, capture_output=True)
    return certificate, key


async def test_tls_names_the_host_and_a_certificate_that_no_one_signed_is_refused(
    certificate: tuple[Path, Path],
) -> None:
    named: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.sni_callback = lambda _, name, __: named.append(name)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    tried, _ = await sent(f"https://localhost:{port}/", [LOOPBACK])
    server.close()
    await server.wait_closed()
    assert named == ["localhost"]
    assert (tried.delivered, tried.attempt.status_code) == (False, None)
    assert "certificate" in (tried.attempt.error or "").lower()
