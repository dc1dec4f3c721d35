"""LiteLLM's proxy before an engine: its configuration, and what it adds to a request."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Mapping

import httpx
from httpx_aiohttp import AiohttpTransport

READY_SECONDS = 120.0
IN_FLIGHT = 64
MODEL = "instant"
# The engine has no key either.
ENVIRONMENT = {"LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"}


def configuration(engine_url: str) -> str:
    """The configuration file (JSON is YAML), without logging or a database."""
    parameters = {
        "model": f"openai/{MODEL}",
        "api_base": f"{engine_url}/v1",
        "api_key": MODEL,
    }  # any key
    return json.dumps(
        {
            "model_list": [{"model_name": MODEL, "litellm_params": parameters}],
            "litellm_settings": {"telemetry": False, "request_timeout": 60},
        }
    )


async def overhead(proxy: str, engine: str, count: int) -> Mapping[str, float]:
    """By turns through the proxy and directly: milliseconds of a request, requests per second."""
    async with httpx.AsyncClient(timeout=60, transport=AiohttpTransport()) as http:
        async with asyncio.timeout(READY_SECONDS):
            while True:
                if await _answers(http, proxy):
                    break
                await asyncio.sleep(0.3)
        one: dict[str, list[float]] = {proxy: [], engine: []}
        for _ in range(count // 5):
            for url, seconds in one.items():
                seconds.append(await _ask(http, url))
        rates = {url: await _rate(http, url, count) for url in one}
    added = statistics.median(one[proxy]) - statistics.median(one[engine])
    return {
        "added ms": added * 1000,
        "requests/s": rates[proxy],
        "direct requests/s": rates[engine],
    }


async def _rate(http: httpx.AsyncClient, url: str, count: int) -> float:
    numbers = iter(range(count))

    async def send() -> None:
        for _ in numbers:
            await _ask(http, url)

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(IN_FLIGHT)))
    return count / (time.perf_counter() - began)


async def _ask(http: httpx.AsyncClient, url: str) -> float:
    message = {"role": "user", "content": "The water supply is interrupted."}
    body = {"model": MODEL, "messages": [message], "max_tokens": 16}
    began = time.perf_counter()
    (await http.post(f"{url}/v1/chat/completions", json=body)).raise_for_status()
    return time.perf_counter() - began


async def _answers(http: httpx.AsyncClient, proxy: str) -> bool:
    try:
        return (await http.get(f"{proxy}/health/liveliness")).is_success
    except httpx.HTTPError:
        return False
