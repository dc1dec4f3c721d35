"""The environments of child processes."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from jobs.process.settings_table import settings_classes, variable
from worker.supervise.environment import SECRETS, foreign_environment, own_environment

TRACES = "OTEL_EXPORTER_OTLP_HEADERS"
ENVIRONMENT = {
    "PATH": "/usr/bin",
    "CHANCERY_CONCURRENCY": "8",
    "CHANCERY_REDIS_PASSWORD_FILE": "/run/secrets/redis",
    "CHANCERY_REDIS_URL": "redis://",
    "CHANCERY_ENGINE_API_KEY": "x",
    "CHANCERY_ENGINES": "[]",
    "CHANCERY_FLOWER_LOGIN": "x",
    "CHANCERY_API_METRICS_TOKEN": "x",
    "CHANCERY_API_KEY": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    TRACES: "authorization=x",
    "GITHUB_TOKEN": "x",
    "PGPASSWORD": "x",
}
PLAIN = {"PATH", "CHANCERY_CONCURRENCY", "CHANCERY_REDIS_PASSWORD_FILE", "CHANCERY_REDIS_URL"}


@pytest.mark.parametrize(
    ("role", "secrets"),
    [
        (
            "api",
            {"CHANCERY_API_METRICS_TOKEN", TRACES, "AWS_SECRET_ACCESS_KEY"},
        ),
        (
            "worker",
            {"CHANCERY_ENGINE_API_KEY", "CHANCERY_ENGINES", TRACES, "AWS_SECRET_ACCESS_KEY"},
        ),
        ("courier", {"CHANCERY_ENGINES", TRACES, "AWS_SECRET_ACCESS_KEY"}),
        ("scheduler", {"AWS_SECRET_ACCESS_KEY"}),
        ("flower", {"CHANCERY_FLOWER_LOGIN"}),
    ],
)
def test_each_process_has_only_the_secrets_that_it_needs(role: str, secrets: set[str]) -> None:
    assert set(own_environment(role, ENVIRONMENT)) == PLAIN | secrets


def test_redis_and_the_engine_have_no_setting_of_chancery_and_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    environment = foreign_environment()
    assert "PATH" in environment
    assert not set(environment) & (set(ENVIRONMENT) - {"PATH"})


def test_every_secret_setting_names_its_processes() -> None:
    secret = {
        variable(owner, name)
        for owner in settings_classes()
        for name, field in owner.model_fields.items()
        if SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))
    }
    assert "CHANCERY_ENGINE_API_KEY" in secret
    assert secret <= set(SECRETS)
