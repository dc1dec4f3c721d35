"""The Helm chart, rendered by Helm for usual installations."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.programs import require_program

ROOT = Path(__file__).parents[4]
CHART = ROOT / "deploy/helm/chancery"
ROLES = ("api", "worker", "courier", "scheduler", "flower")
ANYWHERE = '[{"to":[{"ipBlock":{"cidr":"10.1.2.0/24"}}]}]'
OWN_ENGINE = ("publicUrl=https://chancery.city.intranet", "engine.modelsClaim=models")
# Everything that can run elsewhere does.
ELSEWHERE = (
    "publicUrl=https://chancery.city.intranet",
    "engine.url=http://ascend.intranet:8000",
    "redis.url=rediss://chancery@redis.db:6379/0",
    "s3.url=s3://chancery/production",
    "s3.endpoint=https://s3.intranet",
    *(f"networkPolicy.{name}To={ANYWHERE}" for name in ("engine", "redis", "s3")),
)
SENTINELS = (
    *ELSEWHERE[:2],
    "redis.url=rediss://chancery@mymaster/0",
    'redis.sentinels=["10.0.0.1:26379","10.0.0.2:26379"]',
    "redis.sentinelPassword=true",
    "redis.waitReplicas=1",
    *ELSEWHERE[3:],
    "s3.keysUrl=s3://chancery-keys/production",
    "s3.secret.name=bucket-claim",
    "s3.secret.accessKeyId=AWS_ACCESS_KEY_ID",
    "s3.secret.secretAccessKey=AWS_SECRET_ACCESS_KEY",
    "caConfigMap=intranet-ca",
)
EVERYTHING = (
    *OWN_ENGINE,
    "scaling.enabled=true",
    "ingress.enabled=true",
    "ingress.host=chancery.city.intranet",
    "ingress.tlsSecret=tls",
    "networkPolicy.identityProviderTo=" + ANYWHERE,
)
SEVERAL = (OWN_ENGINE[0], "engine.several=true", "networkPolicy.engineTo=" + ANYWHERE)
INSTALLATIONS = {
    "own engine": OWN_ENGINE,
    "elsewhere": ELSEWHERE,
    "several engines": SEVERAL,
    "sentinels": SENTINELS,
    "everything": EVERYTHING,
}
Resource = Mapping[str, Any]
FAST = "settings.CHANCERY_FAST_ENGINE_URL=http://gpu3:8000"
TRACES = "settings.OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318"
ISSUER = "settings.CHANCERY_OIDC_ISSUER=https://id.city.intranet"
every_installation = pytest.mark.parametrize(
    "values", INSTALLATIONS.values(), ids=INSTALLATIONS.keys()
)


def helm(*arguments: str, values: Sequence[str]) -> subprocess.CompletedProcess[str]:
    sets = [word for value in values for word in _set(value)]
    return subprocess.run(
        [require_program("helm"), *arguments, *sets],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _set(value: str) -> tuple[str, str]:
    name, _, text = value.partition("=")
    return ("--set-json", value) if text.startswith("[") else ("--set", f"{name}={text}")


@cache
def rendered(values: tuple[str, ...]) -> tuple[Resource, ...]:
    done = helm("template", "ch", str(CHART), "--namespace", "city", values=values)
    assert done.returncode == 0, done.stderr
    return tuple(filter(None, yaml.safe_load_all(done.stdout)))


def resource(values: tuple[str, ...], kind: str, name: str) -> Any:
    return next(
        each
        for each in rendered(values)
        if each["kind"] == kind and each["metadata"]["name"] == name
    )


def pods(values: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for each in rendered(values):
        if each["kind"] in {"Deployment", "StatefulSet"}:
            yield each["metadata"]["name"].removeprefix("ch-"), each["spec"]["template"]["spec"]


def containers(pod: Any) -> list[Any]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


def role_container(values: tuple[str, ...], role: str) -> Any:
    return dict(pods(values))[role]["containers"][0]


def policy(values: tuple[str, ...], name: str) -> Any:
    return resource(values, "NetworkPolicy", f"ch-{name}")["spec"]
