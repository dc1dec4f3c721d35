"""The Helm chart, rendered by Helm: valid by Kubernetes's schemas, and the same system as Compose.

It has not been run on a cluster.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.process.settings import RedisSettings
from jobs.process.settings_table import variables
from tests.programs import require_program
from worker.supervise.environment import SECRETS

ROOT = Path(__file__).parents[3]
CHART = ROOT / "deploy/helm/chancery"
# The oldest version that Chart.yaml allows, and the newest whose schemas are installed.
VERSIONS = ("1.29", "1.37")
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
# They need no schema of ours: KEDA checks them.
OF_KEDA = {"ScaledObject", "TriggerAuthentication"}
# The password and the list of engines are files, the Ingress ends TLS, temporary keys and headers
# for traces alone are not supported.
NOT_IN_SECRET = {
    "CHANCERY_REDIS_URL",
    "CHANCERY_ENGINES",
    "CHANCERY_API_TLS_KEY",
    "AWS_SESSION_TOKEN",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
}
Resource = Mapping[str, Any]
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


def test_helm_finds_nothing_wrong() -> None:
    done = helm("lint", "--strict", str(CHART), values=OWN_ENGINE)
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout


@every_installation
@pytest.mark.parametrize("version", VERSIONS)
def test_every_resource_is_valid(values: tuple[str, ...], version: str) -> None:
    # Its import takes seconds, which each process of a parallel run would need.
    import kubernetes_validate  # type: ignore[import-untyped]  # noqa: PLC0415

    checked = [each for each in rendered(values) if each["kind"] not in OF_KEDA]
    for each in checked:
        kubernetes_validate.validate(each, version, strict=True)
    assert len(checked) > 15


@every_installation
def test_no_container_has_rights_that_it_does_not_need(values: tuple[str, ...]) -> None:
    for name, pod in pods(values):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in containers(pod):
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True, (name, container["name"])
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"]["cpu"]


def test_a_role_gets_the_secrets_that_it_needs_and_no_other() -> None:
    for role in ROLES:
        needed = {name for name, roles in SECRETS.items() if role in roles} - NOT_IN_SECRET
        variables = role_container(ELSEWHERE, role)["env"]
        assert {each["name"] for each in variables} == needed
        assert all("secretKeyRef" in each["valueFrom"] for each in variables)
    assert all(each["kind"] != "Secret" for each in rendered(ELSEWHERE))


@every_installation
def test_every_variable_is_a_setting(values: tuple[str, ...]) -> None:
    known = set(variables()) | set(SECRETS)
    settings = resource(values, "ConfigMap", "ch-settings")["data"]
    given = {each["name"] for role in ROLES for each in role_container(values, role)["env"]}
    assert (set(settings) | given) - known == set()


def test_the_list_of_several_engines_is_a_file_of_workers_and_couriers() -> None:
    settings = resource(SEVERAL, "ConfigMap", "ch-settings")["data"]
    folder, _, name = settings["CHANCERY_ENGINES"].rpartition("/")
    for role in ROLES:
        pod = dict(pods(SEVERAL))[role]
        mounts = [one for one in containers(pod)[0]["volumeMounts"] if one["mountPath"] == folder]
        secrets = [one["secret"] for one in pod["volumes"] if one["name"] == "engines"]
        assert bool(mounts) == bool(secrets) == (role in SECRETS["CHANCERY_ENGINES"])
        assert all(one["items"] == [{"key": "engines", "path": name}] for one in secrets)
    assert not dict(pods(SEVERAL))["worker"].get("initContainers")
    assert policy(SEVERAL, "worker") != policy(OWN_ENGINE, "worker")


def test_settings_of_the_site_are_those_of_all_roles() -> None:
    values = (*OWN_ENGINE, "settings.CHANCERY_CONCURRENCY=128")
    settings = resource(values, "ConfigMap", "ch-settings")["data"]
    assert settings["CHANCERY_CONCURRENCY"] == "128"
    for role in ROLES:
        assert role_container(values, role)["envFrom"] == [
            {"configMapRef": {"name": "ch-settings"}}
        ]

    def checksum(values: tuple[str, ...]) -> str:
        template = resource(values, "Deployment", "ch-api")["spec"]["template"]
        return str(template["metadata"]["annotations"]["checksum/settings"])

    # A change starts the pods again.
    assert checksum(values) != checksum(OWN_ENGINE)


@every_installation
def test_a_pod_gets_longer_to_stop_than_its_role_takes(values: tuple[str, ...]) -> None:
    slow = (*values, "worker.graceSeconds=90")
    assert resource(slow, "ConfigMap", "ch-settings")["data"]["CHANCERY_GRACE_SECONDS"] == "90"
    for role in ("worker", "courier", "scheduler"):
        assert dict(pods(slow))[role]["terminationGracePeriodSeconds"] == 100


def test_the_engine_starts_before_its_worker_and_stops_after_it() -> None:
    pod = dict(pods(OWN_ENGINE))["worker"]
    preflight, engine = pod["initContainers"]
    assert preflight["command"][0] == "python"
    assert engine["restartPolicy"] == "Always"
    assert engine["startupProbe"]["failureThreshold"] == 180  # 30 minutes
    assert engine["command"][-2:] == ["--exec", "/models/DeepSeek-R1-Distill-Qwen-7B"]
    assert engine["args"] == ["--host", "127.0.0.1"]
    assert engine["resources"]["limits"]["nvidia.com/gpu"] == "1"
    settings = resource(OWN_ENGINE, "ConfigMap", "ch-settings")["data"]
    assert settings["CHANCERY_ENGINE_URL"] == "http://127.0.0.1:8000"


def test_what_runs_elsewhere_is_not_run_here() -> None:
    found = dict(pods(ELSEWHERE))
    assert set(found) == set(ROLES)
    assert "initContainers" not in found["worker"]
    settings = resource(ELSEWHERE, "ConfigMap", "ch-settings")["data"]
    assert settings["CHANCERY_STORE_URL"] == "s3://chancery/production"
    assert settings["CHANCERY_REDIS_URL"] == "rediss://chancery@redis.db:6379/0"


@pytest.mark.parametrize(
    ("values", "shared"),
    [
        (OWN_ENGINE, {"api", "worker", "courier", "scheduler"}),
        (ELSEWHERE, {"api", "scheduler"}),  # the audit record
    ],
)
def test_the_data_dir_is_shared_by_those_that_need_it(
    values: tuple[str, ...], shared: set[str]
) -> None:
    mounts = {
        role
        for role, pod in pods(values)
        for volume in pod["volumes"]
        if volume.get("persistentVolumeClaim", {}).get("claimName") == "ch-data"
    }
    assert mounts == shared


def test_redis_behind_sentinels_is_found_by_every_role() -> None:
    settings = resource(SENTINELS, "ConfigMap", "ch-settings")["data"]
    redis = RedisSettings(
        url=settings["CHANCERY_REDIS_URL"],
        sentinels=json.loads(settings["CHANCERY_REDIS_SENTINELS"]),
        wait_replicas=settings["CHANCERY_REDIS_WAIT_REPLICAS"],
    )
    assert redis.group == "mymaster"
    assert redis.sentinel_addresses() == [("10.0.0.1", 26379), ("10.0.0.2", 26379)]
    assert redis.wait_replicas == 1
    password = settings["CHANCERY_REDIS_SENTINEL_PASSWORD_FILE"]
    for _, pod in pods(SENTINELS):
        files = mounted_files(pod)
        assert {password, settings["CHANCERY_REDIS_PASSWORD_FILE"]} <= files.keys()
        assert files[password] == "redis-sentinel-password"  # pragma: allowlist secret
        volumes = {each["name"]: each for each in pod["volumes"]}
        assert volumes["ca"]["configMap"] == {"name": "intranet-ca"}
    assert settings["CHANCERY_REDIS_CA_FILE"] == "/etc/chancery/ca/ca.pem"
    assert "CHANCERY_REDIS_SENTINELS" not in resource(ELSEWHERE, "ConfigMap", "ch-settings")["data"]


def mounted_files(pod: Any) -> dict[str, str]:
    """The files from the Secret in the first container, with their keys."""
    secrets = {each["name"]: each["secret"]["items"] for each in pod["volumes"] if "secret" in each}
    return {
        f"{mount['mountPath']}/{item['path']}": item["key"]
        for mount in pod["containers"][0]["volumeMounts"]
        for item in secrets.get(mount["name"], ())
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (ELSEWHERE, {"name": "chancery", "key": "aws-access-key-id", "optional": True}),
        (SENTINELS, {"name": "bucket-claim", "key": "AWS_ACCESS_KEY_ID", "optional": False}),
    ],
)
def test_the_key_of_the_bucket_is_in_a_secret(
    values: tuple[str, ...], expected: dict[str, Any]
) -> None:
    for role in ("api", "worker", "courier", "scheduler"):
        given = {each["name"]: each["valueFrom"] for each in role_container(values, role)["env"]}
        assert given["AWS_ACCESS_KEY_ID"] == {"secretKeyRef": expected}
        secret = given["AWS_SECRET_ACCESS_KEY"]["secretKeyRef"]
        assert (secret["name"], secret["optional"]) == (expected["name"], expected["optional"])
    settings = resource(values, "ConfigMap", "ch-settings")["data"]
    assert settings["CHANCERY_STORE_URL"] == "s3://chancery/production"
    assert settings.get("AWS_CA_BUNDLE") == (
        "/etc/chancery/ca/ca.pem" if values is SENTINELS else None
    )


def test_a_lost_redis_restarts_no_role() -> None:
    for role in ("worker", "courier", "scheduler"):
        container = role_container(OWN_ENGINE, role)
        assert "livenessProbe" not in container
        assert container["readinessProbe"]["exec"]["command"][-2:] == ["health", role]


def test_workers_are_scaled_by_what_waits_in_the_ledger() -> None:
    spec = resource(EVERYTHING, "ScaledObject", "ch-worker")["spec"]
    assert spec["scaleTargetRef"] == {"name": "ch-worker"}
    # As the api names them in /metrics.
    assert {each["metadata"]["valueLocation"] for each in spec["triggers"]} == {
        'chancery_queue_messages{queue="interactive"}',
        'chancery_queue_messages{queue="bulk"}',
    }
    for trigger in spec["triggers"]:
        assert trigger["metadata"]["url"] == "http://ch-api.city.svc:8080/metrics"
        assert trigger["authenticationRef"] == {"name": "ch-metrics"}
    # A number of replicas here would undo KEDA's at each upgrade.
    assert "replicas" not in resource(EVERYTHING, "Deployment", "ch-worker")["spec"]


@every_installation
def test_a_disruption_takes_one_pod_of_a_role_at_a_time(values: tuple[str, ...]) -> None:
    for role in ("api", "worker", "courier"):
        spec = resource(values, "PodDisruptionBudget", f"ch-{role}")["spec"]
        template = resource(values, "Deployment", f"ch-{role}")["spec"]["template"]
        assert spec["maxUnavailable"] == 1
        assert spec["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()


@every_installation
def test_only_the_courier_reaches_the_departments(values: tuple[str, ...]) -> None:
    everywhere = {
        role for role in ROLES if "0.0.0.0/0" in json.dumps(policy(values, role).get("egress", []))
    }
    assert everywhere == {"courier"}
    # Cloud metadata servers hold credentials.
    assert "169.254.0.0/16" in json.dumps(policy(values, "courier")["egress"])
    assert policy(values, "none") == {
        "podSelector": {
            "matchLabels": {
                "app.kubernetes.io/name": "chancery",
                "app.kubernetes.io/instance": "ch",
            }
        },
        "policyTypes": ["Ingress", "Egress"],
    }


FAST = "settings.CHANCERY_FAST_ENGINE_URL=http://gpu3:8000"
TRACES = "settings.OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318"
ISSUER = "settings.CHANCERY_OIDC_ISSUER=https://id.city.intranet"


def to(address: str) -> str:
    return f'[{{"to":[{{"ipBlock":{{"cidr":"{address}/32"}}}}]}}]'


def test_roles_reach_what_their_settings_name() -> None:
    values = (
        *(*OWN_ENGINE, FAST, TRACES, ISSUER),
        "networkPolicy.engineTo=" + to("10.0.0.3"),
        "networkPolicy.tracesTo=" + to("10.0.0.4"),
        "networkPolicy.identityProviderTo=" + to("10.0.0.5"),
    )
    reached = {
        role: {end for end in "345" if f"10.0.0.{end}/32" in json.dumps(policy(values, role))}
        for role in ROLES
    }
    assert reached == {
        "api": {"4", "5"},
        "worker": {"3", "4"},
        "courier": {"4"},
        "scheduler": set(),
        "flower": set(),
    }


def test_redis_is_reached_by_this_release_alone() -> None:
    found = policy(OWN_ENGINE, "redis")
    assert [list(rule["from"][0]) for rule in found["ingress"]] == [["podSelector"]]


def test_redis_is_started_as_in_compose() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["redis"]
    container = dict(pods(OWN_ENGINE))["redis"]["containers"][0]
    script = resource(OWN_ENGINE, "ConfigMap", "ch-redis")["data"]["valkey.sh"]
    assert script == (ROOT / "deploy/docker/valkey.sh").read_text()
    expected = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", word) for word in compose["command"]]
    assert [*container["command"][2:], *container["args"]] == expected
    image = re.sub(r"\$\{\w+:-(.*)\}", r"\1", compose["image"])
    assert container["image"] == image


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (OWN_ENGINE[1:], "set publicUrl"),
        (OWN_ENGINE[:1], "set engine.modelsClaim"),
        ((*OWN_ENGINE, "ingress.enabled=true"), "set ingress.host"),
        ((*OWN_ENGINE[:1], "engine.url=http://gpu1:8000"), "set networkPolicy.engineTo"),
        (SEVERAL[:2], "set networkPolicy.engineTo"),
        ((*OWN_ENGINE, FAST), "set networkPolicy.engineTo"),
        ((*OWN_ENGINE, TRACES), "set networkPolicy.tracesTo"),
        ((*OWN_ENGINE, ISSUER), "set networkPolicy.identityProviderTo"),
        ((*OWN_ENGINE, "worker.replica=2"), "replica"),
        ((*OWN_ENGINE, 'redis.sentinels=["10.0.0.1:26379"]'), "set redis.url with redis.sentinels"),
        ((*OWN_ENGINE, 'redis.sentinels=["10.0.0.1"]'), "sentinels"),
        ((*OWN_ENGINE, "redis.url=redis://chancery:@db"), "redis"),
        ((*OWN_ENGINE, "settings.CHANCERY_MASTER_KEY=x"), "CHANCERY_MASTER_KEY"),
    ],
)
def test_values_that_cannot_work_are_refused(values: tuple[str, ...], text: str) -> None:
    done = helm("template", "ch", str(CHART), values=values)
    assert done.returncode != 0
    assert text in done.stderr
