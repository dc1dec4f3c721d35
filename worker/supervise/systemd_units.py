"""The text of the systemd units: one for each role, and a target for all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs.ledger.server.access import USER
from jobs.process.settings import STOP_SECONDS
from jobs.process.watchdog import STOP_MARGIN_SECONDS
from worker.engine.start.command import OFFLINE
from worker.engine.start.preflight import CONFIGURATION_ERROR
from worker.supervise.environment import API, COURIER, FLOWER, SCHEDULER, SECRETS, WORKER
from worker.supervise.machine import LOCK_FILE
from worker.supervise.redis_server import CONFIG_FILE, HOST, PASSWORD_FILE, program

TARGET = "chancery.target"
REDIS, ENGINE = "redis", "engine"
ROLES = {
    API: "HTTP interface and console",
    WORKER: "worker: runs jobs on the engine",
    COURIER: "courier: delivers callbacks",
    SCHEDULER: "scheduler: runs due work",
    FLOWER: "Flower: shows what Celery does",
}
SETTINGS_FILE = "chancery.env"
ENGINE_PORT = 8000
# sysexits.h: systemd shows TEMPFAIL.
IN_USE = 75
# One second after the process ends itself: see `jobs.process.watchdog`.
_STOP_MARGIN = STOP_MARGIN_SECONDS + 1
_REDIS_STOP, _ENGINE_STOP = 60, 30
_HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
Lines = Sequence[tuple[str, object]]

# For every unit. No MemoryDenyWriteExecute: ctypes needs memory that is writable and executable.
_HARDENED: Lines = (
    ("UMask", "0077"),
    ("NoNewPrivileges", "yes"),
    ("CapabilityBoundingSet", ""),
    ("AmbientCapabilities", ""),
    ("ProtectSystem", "strict"),
    ("PrivateTmp", "yes"),
    ("ProtectClock", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectHostname", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectProc", "invisible"),
    ("RemoveIPC", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("LockPersonality", "yes"),
    ("KeyringMode", "private"),
    ("SystemCallArchitectures", "native"),
    # A refused call fails with an error instead of ending the process.
    ("SystemCallErrorNumber", "EPERM"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged"),
)
_NO_DEVICES: Lines = (("PrivateDevices", "yes"), ("DevicePolicy", "closed"))
# The processes that open documents enter a user and a network namespace: no access to a network.
_NAMESPACES: Mapping[str, str] = {API: "user net", WORKER: "user net"}


@dataclass(frozen=True, slots=True)
class Installation:
    """What the units run. Paths are absolute.

    `redis_port`: None if Redis runs elsewhere. `model`: the folder of the model that vLLM serves on
    this machine; None if the engine runs elsewhere. `engine_home`: where vLLM for CUDA is
    installed. `grace_seconds`: as `CHANCERY_GRACE_SECONDS`.
    """

    user: str
    data_dir: Path
    config_dir: Path
    redis_port: int | None
    model: Path | None
    engine_home: Path
    grace_seconds: float


def units(installation: Installation) -> Mapping[str, str]:
    """The units' texts by file name. Raises `FileNotFoundError` if no Redis is installed."""
    found = {role: _role(role, installation) for role in ROLES}
    if installation.redis_port is not None:
        found[REDIS] = _redis(installation, installation.redis_port)
    if installation.model is not None:
        found[ENGINE] = _engine(installation, installation.model)
    services = {_name(role): text for role, text in found.items()}
    return {TARGET: _target(sorted(services)), **services}


def settings_text(installation: Installation, redis_url: str | None, engine_url: str | None) -> str:
    """The text of the settings file, which holds no secret. A URL of None: that of the unit."""
    data_dir = installation.data_dir
    own_redis = f"redis://{USER}@{HOST}:{installation.redis_port}/0"
    values = {
        "CHANCERY_DATA_DIR": str(data_dir),
        "CHANCERY_REDIS_URL": redis_url or own_redis,
        "CHANCERY_ENGINE_URL": engine_url or f"http://{HOST}:{ENGINE_PORT}",
    }
    if redis_url is None:
        values["CHANCERY_REDIS_PASSWORD_FILE"] = str(data_dir / PASSWORD_FILE)
    return "".join((*_SETTINGS_HEAD, *_secret_names(), "\n", *map(_assignment, values.items())))


_SETTINGS_HEAD = (
    "# Settings of all roles: docs/settings.md. One NAME=value per line.\n",
    "# Put no secrets here. Each role reads its own from ROLE.env in this folder (mode 0600):\n",
)


def _secret_names() -> Iterator[str]:
    for name, roles in SECRETS.items():
        files = ", ".join(sorted(f"{role}.env" for role in roles))
        yield f"#   {name}: {files}\n"


def _assignment(item: tuple[str, str]) -> str:
    name, value = item
    text = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{text}"\n'


def quoted(word: object) -> str:
    """`word` as one word of a unit file, without specifiers and variables."""
    text = str(word).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"' if not text or set(text) & set(" \t'\"\\;") else text


def _role(role: str, installation: Installation) -> str:
    module = (API,) if role == API else ("worker", role)
    grace: float = STOP_SECONDS if role in (API, FLOWER) else installation.grace_seconds
    after = [_name(REDIS)] if installation.redis_port is not None else []
    if role == WORKER and installation.model is not None:
        after.append(_name(ENGINE))
    settings = [
        ("EnvironmentFile", _unquoted(installation.config_dir / SETTINGS_FILE)),
        # Secrets that no other role needs; may be missing.
        ("EnvironmentFile", f"-{_unquoted(installation.config_dir / f'{role}.env')}"),
    ]
    return _service(
        ROLES[role],
        installation,
        stop_seconds=grace + _STOP_MARGIN,
        after=after,
        lines=(
            *settings,
            ("Environment", "PYTHONUNBUFFERED=1"),
            ("ExecStart", _command(sys.executable, "-P", "-m", *module)),
            ("ReadWritePaths", quoted(installation.data_dir)),
            ("OOMPolicy", "continue"),  # a process that opens documents may be killed alone
            ("RestrictNamespaces", _NAMESPACES.get(role, "yes")),
            ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
            *_NO_DEVICES,
        ),
    )


def _redis(installation: Installation, port: int) -> str:
    data_dir = installation.data_dir
    prepare = (sys.executable, "-P", "-m", "worker.supervise.prepare_redis", data_dir, port)
    # The lock that `chancery up` takes: two servers must not write to one folder.
    flock = ("/usr/bin/flock", "--nonblock", "--no-fork", "--conflict-exit-code", IN_USE)
    return _service(
        "Redis: the ledger",
        installation,
        stop_seconds=_REDIS_STOP,
        after=(),
        lines=(
            ("ExecStartPre", _command(*prepare)),
            (
                "ExecStart",
                _command(*flock, data_dir / LOCK_FILE, program(), data_dir / CONFIG_FILE),
            ),
            ("ReadWritePaths", quoted(data_dir)),
            ("OOMScoreAdjust", -500),
            ("RestrictNamespaces", "yes"),
            ("RestrictAddressFamilies", "AF_INET AF_UNIX"),
            ("IPAddressAllow", "localhost"),
            ("IPAddressDeny", "any"),
            *_NO_DEVICES,
            ("PrivateUsers", "yes"),
        ),
    )


def _engine(installation: Installation, model: Path) -> str:
    programs = installation.engine_home / "venv" / "bin"
    check = (sys.executable, "-P", "-m", "worker.engine.start.preflight", "--exec", model)
    offline = [("Environment", f"{name}={value}") for name, value in OFFLINE.items()]
    return _service(
        "vLLM: the engine",
        installation,
        stop_seconds=_ENGINE_STOP,
        after=(),
        lines=(
            *offline,
            ("Environment", quoted(f"PATH={programs}:/usr/local/bin:/usr/bin:/bin")),
            ("CacheDirectory", "chancery-engine"),  # what vLLM compiles on its first start
            ("CacheDirectoryMode", "0700"),
            ("Environment", "HOME=/var/cache/chancery-engine"),
            ("ExecStart", _command(*check, "--host", HOST, "--port", ENGINE_PORT)),
            # A model that is incomplete or does not fit: a restart does not help.
            ("RestartPreventExitStatus", CONFIGURATION_ERROR),
            ("LimitMEMLOCK", "infinity"),
            ("RestrictNamespaces", "yes"),
            # Netlink: NCCL asks for the network interfaces.
            ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX AF_NETLINK"),
            ("DevicePolicy", "closed"),
            ("DeviceAllow", "char-nvidia* rw"),
        ),
    )


def _service(
    description: str,
    installation: Installation,
    *,
    stop_seconds: float,
    after: Sequence[str],
    lines: Lines,
) -> str:
    unit: Lines = (
        ("Description", f"Chancery, {description}"),
        ("PartOf", TARGET),
        ("Wants", "network-online.target"),
        ("After", " ".join(("network-online.target", *after))),
        ("StartLimitIntervalSec", 0),  # as long as Redis is away, try again
    )
    service: Lines = (
        ("Type", "exec"),
        ("User", installation.user),
        ("Restart", "on-failure"),
        ("RestartSec", 2),
        ("KillMode", "mixed"),
        ("TimeoutStopSec", f"{stop_seconds:g}"),
        ("ProtectHome", _protect_home(installation)),
        *lines,
        *_HARDENED,
    )
    install = _section("Install", (("WantedBy", TARGET),))
    return "\n".join((_HEAD, _section("Unit", unit), _section("Service", service), install))


def _target(services: Sequence[str]) -> str:
    unit = (("Description", "Chancery"), ("Wants", " ".join(services)))
    return "\n".join(
        (_HEAD, _section("Unit", unit), _section("Install", (("WantedBy", "multi-user.target"),)))
    )


_HEAD = (
    "# Written by `chancery install systemd`, which overwrites it. Changes: systemctl edit UNIT.\n"
)


def _section(name: str, lines: Lines) -> str:
    return f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in lines)


def _name(role: str) -> str:
    return f"chancery-{role}.service"


def _command(*words: object) -> str:
    return " ".join(quoted(word).replace("$", "$$") for word in words)


def _unquoted(path: Path) -> str:
    """A path where systemd takes the whole rest of the line."""
    return str(path).replace("%", "%%")


def _protect_home(installation: Installation) -> str:
    """Homes are hidden, unless something that the units need is in one."""
    needed = [Path(sys.prefix), Path(sys.base_prefix), installation.data_dir]
    needed += [installation.model, installation.engine_home] if installation.model else []
    return "read-only" if any(_at_home(path) for path in needed) else "yes"


def _at_home(path: Path) -> bool:
    return any(path.is_relative_to(home) for home in _HOMES)
