"""Reads the power of an engine's GPUs from Prometheus, or from an exporter of NVML's values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import isfinite

import httpx
import structlog
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel

from worker.engine.requests.http import ConnectionFailed, EngineHttp

POLL_SECONDS = 5.0
TIMEOUT_SECONDS = 5.0
# Watts of each GPU: by NVIDIA's DCGM exporter, and by nvidia_gpu_exporter.
EXPORTED = ("DCGM_FI_DEV_POWER_USAGE", "nvidia_smi_power_draw_watts")
MAX_BYTES = 16 * 1024 * 1024
log = structlog.get_logger()


class PowerUnknown(Exception):
    """The source gives no power. The message says why, for operators."""


class _Sample(BaseModel):
    value: tuple[float, str]


class _Data(BaseModel):
    result: list[_Sample]


class _Answer(BaseModel):
    """A Prometheus answer to an instant query."""

    data: _Data


class PowerSource:
    """The sum of the watts at `url`. Create it on the event loop that uses it.

    `url` is an instant query of Prometheus (`/api/v1/query?query=...`), or an exporter's
    `/metrics`, of which all GPUs are added up.
    """

    def __init__(self, url: str) -> None:
        self._http = EngineHttp(url, None, 1, MAX_BYTES)
        self._reason: str | None = None

    async def close(self) -> None:
        await self._http.close()

    async def watch(self, set_watts: Callable[[float], None], default: float) -> None:
        """Read the power every five seconds. While it is unknown it is `default`, in watts."""
        while True:
            try:
                watts = await self.watts()
            except PowerUnknown as error:
                self._note(str(error))
                watts = default
            else:
                self._note(None)
            set_watts(watts)
            await asyncio.sleep(POLL_SECONDS)

    async def watts(self) -> float:
        """Raises `PowerUnknown`."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                response = await self._http.get("")
        except (TimeoutError, ConnectionFailed) as error:
            reason = str(error) or f"no answer in {TIMEOUT_SECONDS:.0f} s"
            raise PowerUnknown(reason) from error
        if response.status != httpx.codes.OK:
            raise PowerUnknown(f"it answers {response.status}")
        values = parse_watts(response.body)
        if not values or not all(isfinite(value) and value >= 0 for value in values):
            raise PowerUnknown(
                f"it has no watts: expected a Prometheus vector or one of {', '.join(EXPORTED)}"
            )
        return sum(values)

    def _note(self, reason: str | None) -> None:
        if reason == self._reason:
            return
        self._reason = reason
        if reason is None:
            log.info("engine.power_known")
        else:
            log.warning("engine.power_unknown", reason=reason)


def parse_watts(body: bytes) -> list[float]:
    """Each watt value in a Prometheus answer or in an exporter's text; empty if there is none."""
    if body.lstrip().startswith(b"{"):
        try:
            samples = _Answer.model_validate_json(body).data.result
            return [float(sample.value[1]) for sample in samples]
        except ValueError:  # also pydantic's `ValidationError`
            return []
    lines = [
        line for line in body.decode(errors="replace").splitlines() if line.startswith(EXPORTED)
    ]
    try:
        families = list(text_string_to_metric_families("\n".join(lines) + "\n"))
    except ValueError:
        return []
    return [sample.value for family in families for sample in family.samples]
