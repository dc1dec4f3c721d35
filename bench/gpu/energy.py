"""The energy that a GPU has used, from NVML (`nvmlDeviceGetTotalEnergyConsumption`)."""

from __future__ import annotations

import ctypes

_LIBRARY = "libnvidia-ml.so.1"
_MILLIJOULES = 1000.0


class EnergyMeter:
    """Reads the counter of the first GPU. Raises `OSError` without a GPU or its driver."""

    def __init__(self) -> None:
        self._nvml = ctypes.CDLL(_LIBRARY)
        self._device = ctypes.c_void_p()
        self._check(self._nvml.nvmlInit_v2())
        self._check(self._nvml.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(self._device)))

    def joules(self) -> float:
        """Joules since the driver was loaded."""
        used = ctypes.c_ulonglong()
        self._check(
            self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._device, ctypes.byref(used))
        )
        return used.value / _MILLIJOULES

    def _check(self, status: int) -> None:
        if status != 0:
            raise OSError(f"NVML answered {status}")
