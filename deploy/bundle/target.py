"""The machine for which a bundle is built, and the wheels that it needs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from progress import Failed, Progress

# For aarch64 the index has no wheel of streaming-form-data.
MACHINES = ("x86_64",)
# A wheel for any glibc up to this one is taken: Debian 10, RHEL 8, openEuler 20.03 and later.
NEWEST_GLIBC = (2, 28)
OLDEST_GLIBC = 5
_REQUIREMENT = re.compile(r"^(?P<pin>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*(?:\\)?$")


@dataclass(frozen=True, slots=True)
class Target:
    """`python` is a minor version such as `3.12`, `machine` one of `MACHINES`."""

    python: str
    machine: str

    @property
    def tag(self) -> str:
        return f"linux-{self.machine}-cp{self.python.replace('.', '')}"

    def pip_options(self, newest_glibc: tuple[int, int]) -> Sequence[str]:
        """Options with which pip takes wheels for this machine, whatever it runs on."""
        tags = [f"manylinux_2_{minor}" for minor in range(newest_glibc[1], OLDEST_GLIBC - 1, -1)]
        tags += ["manylinux2014", "manylinux2010", "manylinux1", "linux"]
        abi = f"cp{self.python.replace('.', '')}"
        platforms = [f"--platform={tag}_{self.machine}" for tag in tags]
        abis = [f"--abi={name}" for name in (abi, "abi3", "none")]
        return [f"--python-version={self.python}", "--implementation=cp", *platforms, *abis]

    def lock(self, text: str) -> str:
        """The lock `text` without the requirements whose markers exclude this machine.

        pip would evaluate markers for the Python that it runs on.
        """
        return "".join(
            f"{pin} \\\n" + " \\\n".join(f"    {digest}" for digest in hashes) + "\n"
            for pin, marker, hashes in _requirements(text)
            if marker is None or self._applies(Marker(marker))
        )

    def _applies(self, marker: Marker) -> bool:
        """Whether `marker` includes the first or the last patch release: which is not known."""
        return any(marker.evaluate(self._environment(patch)) for patch in (0, 99))

    def _environment(self, patch: int) -> dict[str, str]:
        return {
            "implementation_name": "cpython",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"{self.python}.{patch}",
            "python_version": self.python,
            "sys_platform": "linux",
        }


def _requirements(text: str) -> Iterator[tuple[str, str | None, list[str]]]:
    pin, marker, hashes = "", None, list[str]()
    for line in text.splitlines():
        word = line.strip().removesuffix("\\").strip()
        if word.startswith("--hash="):
            hashes.append(word)
        elif word and not word.startswith(("#", "--")):
            if pin:
                yield pin, marker, hashes
            found = _REQUIREMENT.match(line)
            if found is None:
                raise Failed(f"the lock has a line that is not a pinned requirement: {line}")
            pin, marker, hashes = found["pin"], found["marker"], []
    if pin:
        yield pin, marker, hashes


def download(
    target: Target,
    lock: Path,
    folder: Path,
    progress: Progress,
    *,
    glibc: tuple[int, int] = NEWEST_GLIBC,
    options: Sequence[str] = (),
) -> None:
    """Download the wheels of `lock` into `folder`, verified against the lock's digests.

    `glibc`: the newest that a wheel may need; `options`: more of pip's, such as an index.

    Raises `Failed` if one is missing for the target, or differs from its digest.
    """
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    wheels = ["--only-binary=:all:", *target.pip_options(glibc), f"--dest={folder}"]
    progress.run([*pip, *wheels, *options, "-r", lock])


def own_wheels(folder: Path, root: Path, progress: Progress) -> Sequence[Path]:
    """Build the wheels of the server and the client. They are the same for every machine."""
    before = set(folder.iterdir())
    for project in (root, root / "client"):
        command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"the wheel of {project} cannot be built:\n{done.stderr.strip()}")
        progress.say(f"built the wheel of {project.name}")
    return sorted(set(folder.iterdir()) - before)
