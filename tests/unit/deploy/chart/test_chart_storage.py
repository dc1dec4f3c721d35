"""The Redis, the data folder and the bucket of the chart."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from jobs.process.settings import RedisSettings
from tests.unit.deploy.chart.rendered import (
    ELSEWHERE,
    OWN_ENGINE,
    ROOT,
    SENTINELS,
    pods,
    resource,
    role_container,
)


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


def test_redis_is_started_as_in_compose() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["redis"]
    container = dict(pods(OWN_ENGINE))["redis"]["containers"][0]
    script = resource(OWN_ENGINE, "ConfigMap", "ch-redis")["data"]["valkey.sh"]
    assert script == (ROOT / "deploy/docker/valkey.sh").read_text()
    expected = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", word) for word in compose["command"]]
    assert [*container["command"][2:], *container["args"]] == expected
    image = re.sub(r"\$\{\w+:-(.*)\}", r"\1", compose["image"])
    assert container["image"] == image
