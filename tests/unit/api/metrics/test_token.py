"""Who needs a token for the metrics."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.metrics.token import metrics_token
from jobs.process.settings import ApiSettings


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_loopback_none_is_needed(tmp_path: Path, host: str) -> None:
    assert metrics_token(ApiSettings(host=host), tmp_path) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "settings",
    [
        ApiSettings(host="0.0.0.0"),
        ApiSettings(host="::"),
        ApiSettings(host="api.intranet"),
        ApiSettings(trusted_proxies=(ip_network("127.0.0.1/32"),)),
    ],
    ids=["all", "all of IPv6", "name", "behind a proxy"],
)
def test_elsewhere_one_is_generated_once_for_its_owner_alone(
    tmp_path: Path, settings: ApiSettings
) -> None:
    first, second = (metrics_token(settings, tmp_path / "var") for _ in range(2))
    assert first is not None
    assert first == second
    (file,) = (tmp_path / "var").iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("metrics-token", 0o600)
    assert file.read_text().strip() == first.get_secret_value()
    assert len(first.get_secret_value()) >= 32


def test_a_token_of_the_settings_is_used_as_it_is(tmp_path: Path) -> None:
    settings = ApiSettings(host="0.0.0.0", metrics_token=SecretStr("t0ken"))
    assert metrics_token(settings, tmp_path) == SecretStr("t0ken")
    assert not list(tmp_path.iterdir())
