"""Three machines with a Redis server and a Sentinel each, with passwords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from jobs.ledger.server import memory
from jobs.ledger.server.access import USER, rules
from jobs.process.settings import RedisSettings
from standin.valkey import VALKEY_SERVER
from tests.chaos.services import Service
from tests.fleet.network import Host

GROUP = "mymaster"
PORT, SENTINEL_PORT = 6379, 26379
WAIT_REPLICAS = 1
DOWN_AFTER_MS = 1_500
PASSWORD, SENTINEL_PASSWORD, SERVER_PASSWORD = "ledger/word:1", "sentinel-word", "server-word"


class RedisGroup:
    """`services`: `redis-N` and `sentinel-N` by name. The first server is the primary one."""

    def __init__(
        self, folder: Path, hosts: Sequence[Host], env: Mapping[str, Mapping[str, str]]
    ) -> None:
        """`env`: the environment of each host's processes, by its name."""
        self._folder = folder
        self._hosts = hosts
        self._password_file, self._sentinel_file = folder / "password", folder / "sentinel-password"
        self._password_file.write_text(f"{PASSWORD}\n")
        self._sentinel_file.write_text(f"{SENTINEL_PASSWORD}\n")
        self.services: dict[str, Service] = {}
        program = next(path for path in VALKEY_SERVER.rglob("valkey-server") if path.is_file())
        for number, host in enumerate(hosts, 1):
            own = env.get(host.name, {})
            server, sentinel = self._server_config(number, host), self._sentinel_config(number)
            for key, argv in (
                (f"redis-{number}", [program, server]),
                (f"sentinel-{number}", [program, sentinel, "--sentinel"]),
            ):
                arguments = [*host.enter, *map(str, argv)]
                self.services[key] = Service(key, arguments, own, folder)

    def host(self, address: str) -> Host:
        return next(host for host in self._hosts if host.address == address)

    def on(self, host: Host) -> Sequence[Service]:
        number = self._hosts.index(host) + 1
        return [self.services[f"{kind}-{number}"] for kind in ("redis", "sentinel")]

    def settings(self) -> RedisSettings:
        return RedisSettings(
            url=SecretStr(self._url()),
            password_file=self._password_file,
            sentinels=self._sentinels(),
            sentinel_password_file=self._sentinel_file,
            wait_replicas=WAIT_REPLICAS,
        )

    def environment(self) -> dict[str, str]:
        """The same settings as variables."""
        sentinels = ",".join(f'"{each}"' for each in self._sentinels())
        return {
            "CHANCERY_REDIS_URL": self._url(),
            "CHANCERY_REDIS_PASSWORD_FILE": str(self._password_file),
            "CHANCERY_REDIS_SENTINELS": f"[{sentinels}]",
            "CHANCERY_REDIS_SENTINEL_PASSWORD_FILE": str(self._sentinel_file),
            "CHANCERY_REDIS_WAIT_REPLICAS": str(WAIT_REPLICAS),
        }

    def _url(self) -> str:
        return f"redis://{USER}@{GROUP}/0"

    def _sentinels(self) -> tuple[str, ...]:
        return tuple(f"{host.address}:{SENTINEL_PORT}" for host in self._hosts)

    def _server_config(self, number: int, host: Host) -> Path:
        """As docs/operations.md has it. Sentinel rewrites this file after a failover."""
        lines = [
            f"port {PORT}",
            "bind 0.0.0.0",
            f"dir {self._own(number)}",
            "appendonly yes",
            "appendfsync always",
            'save ""',
            *memory.lines(),
            f"requirepass {SERVER_PASSWORD}",
            f"primaryauth {SERVER_PASSWORD}",
            f"user {USER} on >{PASSWORD} {rules()}",
            "min-replicas-to-write 1",
            "min-replicas-max-lag 10",
            "repl-diskless-sync-delay 0",
        ]
        if host is not self._hosts[0]:
            lines.append(f"replicaof {self._hosts[0].address} {PORT}")
        return self._config(number, "redis.conf", lines)

    def _sentinel_config(self, number: int) -> Path:
        return self._config(
            number,
            "sentinel.conf",
            [
                f"port {SENTINEL_PORT}",
                "bind 0.0.0.0",
                f"dir {self._own(number)}",
                f"requirepass {SENTINEL_PASSWORD}",
                f"sentinel sentinel-pass {SENTINEL_PASSWORD}",
                f"sentinel monitor {GROUP} {self._hosts[0].address} {PORT} 2",
                f"sentinel auth-pass {GROUP} {SERVER_PASSWORD}",
                f"sentinel down-after-milliseconds {GROUP} {DOWN_AFTER_MS}",
                f"sentinel failover-timeout {GROUP} 10000",
            ],
        )

    def _config(self, number: int, name: str, lines: Sequence[str]) -> Path:
        path = self._own(number) / name
        path.write_text("\n".join((*lines, "")))
        return path

    def _own(self, number: int) -> Path:
        own = self._folder / f"data-{number}"
        own.mkdir(exist_ok=True)
        return own
