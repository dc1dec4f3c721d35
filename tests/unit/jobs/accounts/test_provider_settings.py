"""Settings of the sign-in by OpenID Connect that cannot work are refused at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from jobs.accounts.oidc.attempt import Attempt
from jobs.accounts.oidc.opening import provider_of
from jobs.accounts.oidc.problems import ProviderSettingsInvalid
from jobs.process.settings import ConsoleSettings, OidcSettings

ISSUER = "https://id.example"
PUBLIC = "https://chancery.example"


def oidc(**changes: Any) -> OidcSettings:
    return OidcSettings.model_validate({"issuer": ISSUER, "client_id": "chancery", **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"issuer": "id.example"}, "https://HOST"),
        ({"issuer": "https://id.example?x=1"}, "https://HOST"),
        ({"client_id": ""}, "CHANCERY_OIDC_CLIENT_ID"),
        ({"client_secret": "a", "client_secret_file": "/b"}, "both set"),
        ({"scopes": "profile"}, "openid"),
        ({"algorithms": "RS256,HS256"}, "HS256"),
        ({"algorithms": "none"}, "none"),
        ({"algorithms": ""}, "at least 1"),
        ({"roles": {"g": "king"}}, "operator"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        oidc(**changes)


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ISSUER": f"{ISSUER}/",
        "CLIENT_ID": "chancery",
        "CLIENT_SECRET": "s",
        "ALLOWED_GROUPS": "oa, ob",
        "ROLES": '{"ops": "operator"}',
        "DEPARTMENTS": '{"税务局": "tax"}',
        "ALGORITHMS": "ES256",
    }.items():
        monkeypatch.setenv(f"CHANCERY_OIDC_{name}", value)
    settings = OidcSettings()
    assert settings.issuer == f"{ISSUER}/"  # compared character by character
    assert settings.allowed_groups == ("oa", "ob")
    assert settings.roles == {"ops": "operator"}
    assert settings.departments == {"税务局": "tax"}
    assert settings.algorithms == ("ES256",)


def test_the_secret_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    assert oidc(client_secret_file=file).secret() == "from the file"
    assert oidc(client_secret="given").secret() == "given"
    assert oidc().secret() is None


@pytest.mark.parametrize(
    ("settings", "console", "public_url", "expected"),
    [
        (OidcSettings(), {"console_local_accounts": False}, PUBLIC, "signing in would be"),
        (oidc(), {}, None, "CHANCERY_API_PUBLIC_URL"),
        (oidc(issuer="http://id.example"), {}, PUBLIC, "https"),
        (oidc(client_secret_file="/nowhere"), {}, PUBLIC, "/nowhere"),
        (oidc(ca_file=__file__), {}, PUBLIC, "CHANCERY_OIDC_CA_FILE"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    settings: OidcSettings, console: dict[str, Any], public_url: str | None, expected: str
) -> None:
    with pytest.raises(ProviderSettingsInvalid, match=expected):
        provider_of(settings, ConsoleSettings(**console), public_url)


def test_without_an_issuer_there_is_no_provider() -> None:
    assert provider_of(OidcSettings(), ConsoleSettings(), None) is None


async def test_plain_http_needs_the_setting_that_allows_it() -> None:
    settings = ConsoleSettings(console_plain_http=True)
    provider = provider_of(oidc(issuer="http://id.example"), settings, PUBLIC)
    assert provider is not None
    await provider.close()


def test_an_attempt_belongs_to_the_browser_that_has_its_cookie() -> None:
    one, other = Attempt.begin("/records"), Attempt.begin("")
    assert Attempt.of_cookie(one.cookie) == one
    assert one.began(one.state)
    assert not one.began(other.state)
    assert not one.began(None)
    assert not one.began("é")
    assert len({one.secret, one.state, one.nonce, one.verifier, one.challenge}) == 5
    assert 43 <= len(one.verifier) <= 128  # RFC 7636, 4.1
    assert len(Attempt.begin("/x" * 100).cookie) <= 100
    for value in (None, "", "x", f"{one.secret[:-1]}.", "." * 60):
        assert Attempt.of_cookie(value) is None
