"""Whether the settings name an identity provider, and which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.accounts.oidc.problems import ProviderSettingsInvalid
from jobs.process.settings import ConsoleSettings, OidcSettings

if TYPE_CHECKING:
    from jobs.accounts.oidc.provider import Provider


def provider_of(
    settings: OidcSettings, console: ConsoleSettings, public_url: str | None
) -> Provider | None:
    """The provider of the settings; None without one. Raises `ProviderSettingsInvalid`."""
    if settings.issuer is None:
        if not console.console_local_accounts:
            raise ProviderSettingsInvalid(
                "CHANCERY_CONSOLE_LOCAL_ACCOUNTS is off, so signing in would be impossible: set "
                "CHANCERY_OIDC_ISSUER"
            )
        return None
    # Their libraries take a tenth of the api's start, and most sites have no provider.
    from jobs.accounts.oidc.discovery import may_be_plain  # noqa: PLC0415
    from jobs.accounts.oidc.provider import Provider  # noqa: PLC0415

    if public_url is None:
        raise ProviderSettingsInvalid(
            "CHANCERY_OIDC_ISSUER needs CHANCERY_API_PUBLIC_URL, to which the provider sends "
            "browsers back"
        )
    if not (console.console_plain_http or may_be_plain(settings.issuer)):
        raise ProviderSettingsInvalid("CHANCERY_OIDC_ISSUER must be an https URL")
    return Provider(
        settings,
        console_url=f"{public_url}/console",
        plain_http=console.console_plain_http,
    )
