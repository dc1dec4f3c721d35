"""The Helm chart is valid by Kubernetes's schemas, and the same system as Compose.

It has not been run on a cluster.
"""

from __future__ import annotations

import pytest

from jobs.process.settings_table import variables
from tests.unit.deploy.chart.rendered import (
    CHART,
    ELSEWHERE,
    EVERYTHING,
    FAST,
    ISSUER,
    OWN_ENGINE,
    ROLES,
    SEVERAL,
    TRACES,
    containers,
    every_installation,
    helm,
    pods,
    policy,
    rendered,
    resource,
    role_container,
)
from worker.supervise.environment import SECRETS

# The oldest version that Chart.yaml allows, and the newest whose schemas are installed.
VERSIONS = ("1.29", "1.37")
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
