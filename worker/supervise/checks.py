"""Checks whether a part of the system answers, why it does not, and which ports are free."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable

import httpx

from jobs.process.watchdog import PROCESS_HEADER

Check = Callable[[], Awaitable[bool]]
# What is wrong; None if nothing is.
Diagnosis = Callable[[], Awaitable[str | None]]

_TIMEOUT_SECONDS = 3.0


def http_answers(url: str) -> Check:
    """Whether a GET of `url` returns 200, or the server asks for a client certificate."""
    diagnose = http_fault(url)

    async def check() -> bool:
        return await diagnose() is None

    return check


def http_answers_from(url: str, process: str) -> Check:
    """Whether a GET of `url` is answered by `process`, one of several that share the port.

    The kernel gives each connection to one of them, so it may take several checks. Where the server
    asks for a client certificate, any of them counts.
    """
    tls = _local_tls()
    any_answers = http_answers(url)

    async def check() -> bool:
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False, verify=tls) as http:
            try:
                response = await http.get(url)
            except (httpx.ReadError, httpx.RemoteProtocolError):
                return await any_answers()
            except httpx.HTTPError:
                return False
        name: str | None = response.headers.get(PROCESS_HEADER)
        return name == process

    return check


def http_fault(url: str) -> Diagnosis:
    """Why `http_answers` says no; if the response is that of `/readyz`, the checks that failed."""
    tls = _local_tls()

    async def diagnose() -> str | None:
        # These addresses are local: ignore the proxies of the environment.
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False, verify=tls) as http:
            try:
                response = await http.get(url)
            except (httpx.ReadError, httpx.RemoteProtocolError):
                # In TLS 1.3 a server refuses a missing client certificate after the handshake.
                return None if url.startswith("https:") else "the connection broke"
            except httpx.HTTPError as error:
                return str(error) or type(error).__name__
        return None if response.status_code == httpx.codes.OK else _failed_checks(response)

    return diagnose


def _failed_checks(response: httpx.Response) -> str:
    try:
        checks = response.json()["checks"]
        failed = [f"{check['name']}: {check['detail']}" for check in checks if not check["ok"]]
    except (ValueError, KeyError, TypeError):
        failed = []
    return "; ".join(failed) or f"answers {response.status_code}"


def _local_tls() -> ssl.SSLContext:
    """Does not verify: a certificate is for the name that departments use, not for loopback."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def port_is_free(host: str, port: int) -> bool:
    """Whether a server can listen on `host` and `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """A port on which nothing listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
