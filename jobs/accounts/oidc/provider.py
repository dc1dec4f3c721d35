"""The site's identity provider: beginning a sign-in there, ending it, and signing out."""

from __future__ import annotations

import re
import ssl
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx

from jobs.accounts.oidc.attempt import Attempt
from jobs.accounts.oidc.discovery import Discovery, Metadata
from jobs.accounts.oidc.id_token import UnknownKey, check_id_token
from jobs.accounts.oidc.identity import Identity, identity_of
from jobs.accounts.oidc.problems import ProviderSettingsInvalid, invalid, refused
from jobs.accounts.oidc.requests import SECONDS, ProviderHttp
from jobs.process.settings import OidcSettings

CALLBACK = "/sign-in/callback"
_MOST_CODE_CHARS = 4_096
_ERROR = re.compile(r"[a-z_]{1,60}")
# Errors (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6) that concern the person.
_OF_PERSON = frozenset(
    {
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "login_required",
    }
)


class Provider:
    """`console_url`: the address of `/console` as browsers see it. `seconds`: for each request."""

    def __init__(
        self,
        settings: OidcSettings,
        *,
        console_url: str,
        plain_http: bool = False,
        seconds: float = SECONDS,
    ) -> None:
        assert settings.issuer is not None  # noqa: S101 - see `provider_of`
        assert settings.client_id is not None  # noqa: S101 - checked by the settings
        self.issuer = settings.issuer
        self._client_id = settings.client_id
        self._settings = settings
        self._console_url = console_url
        try:
            self._secret = settings.secret()
            tls = ssl.create_default_context(cafile=settings.ca_file)
        except (OSError, ValueError) as error:
            raise ProviderSettingsInvalid(
                f"A file of the identity provider's settings (CHANCERY_OIDC_CLIENT_SECRET_FILE, "
                f"CHANCERY_OIDC_CA_FILE) cannot be used: {error}"
            ) from error
        self._http = ProviderHttp(tls, seconds)
        self._discovery = Discovery(self._http, settings.issuer, plain_http=plain_http)

    async def close(self) -> None:
        await self._http.close()

    async def check(self) -> None:
        """Raise `ProblemError` if the provider cannot be used now."""
        await self._discovery.check()

    async def authorization_url(self, attempt: Attempt) -> str:
        """Where the browser goes to sign in. Raises `ProblemError`: `provider-unavailable`,
        `provider-answer-invalid`.
        """
        metadata = await self._discovery.metadata()
        return _with_query(
            metadata.authorization_endpoint,
            {
                "response_type": "code",
                "client_id": self._client_id,
                "redirect_uri": self._redirect_uri,
                "scope": self._settings.scopes,
                "state": attempt.state,
                "nonce": attempt.nonce,
                "code_challenge": attempt.challenge,
                "code_challenge_method": "S256",
            },
        )

    async def identity(self, attempt: Attempt | None, response: Mapping[str, str]) -> Identity:
        """Who has signed in, by the parameters with which the browser came back.

        Raises `ProblemError`: `sign-in-refused`, `provider-unavailable`, `provider-answer-invalid`.
        """
        if attempt is None or not attempt.began(response.get("state")):
            raise refused("state")
        if response.get("iss", self.issuer) != self.issuer:  # RFC 9207
            raise invalid("the response is of another issuer")
        if error := response.get("error"):
            if error in _OF_PERSON:
                raise refused("denied")
            raise invalid(f"authorization: {_error(error)}")
        code = response.get("code", "")
        if not 0 < len(code) <= _MOST_CODE_CHARS:
            raise invalid("authorization: no code")
        token = await self._id_token(code, attempt)
        return identity_of(await self._claims(token, attempt.nonce), self._settings)

    def sign_out_url(self) -> str | None:
        """Where the browser goes to end the session at the provider (OpenID Connect RP-Initiated
        Logout 1.0); None if the provider does not offer that, or was not reached so far.
        """
        metadata = self._discovery.known
        if metadata is None or metadata.end_session_endpoint is None:
            return None
        back = f"{self._console_url}/sign-in"
        query = {"client_id": self._client_id, "post_logout_redirect_uri": back}
        return _with_query(metadata.end_session_endpoint, query)

    @property
    def _redirect_uri(self) -> str:
        return f"{self._console_url}{CALLBACK}"

    async def _id_token(self, code: str, attempt: Attempt) -> str:
        metadata = await self._discovery.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        answer = await self._http.post(
            metadata.token_endpoint,
            {**form, **self._client(metadata)},
            self._authorization(metadata),
        )
        error = answer.content.get("error")
        if error == "invalid_grant":  # the code has expired, or was used before
            raise refused("state")
        token = answer.content.get("id_token")
        if answer.status != httpx.codes.OK or error is not None:
            raise invalid(f"token: {_error(error)} (HTTP {answer.status})")
        if not isinstance(token, str):
            raise invalid("token: no ID token")
        return token

    def _client(self, metadata: Metadata) -> Mapping[str, str]:
        if self._secret is None:
            return {"client_id": self._client_id}
        if metadata.basic:
            return {}
        return {"client_id": self._client_id, "client_secret": self._secret}

    def _authorization(self, metadata: Metadata) -> str | None:
        """The header of `client_secret_basic` (RFC 6749, 2.3.1)."""
        if self._secret is None or not metadata.basic:
            return None
        pair = f"{quote_plus(self._client_id)}:{quote_plus(self._secret)}"
        return f"Basic {b64encode(pair.encode()).decode()}"

    async def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        try:
            return await self._checked(token, nonce, refresh=False)
        except UnknownKey:
            try:
                return await self._checked(token, nonce, refresh=True)
            except UnknownKey as error:
                raise invalid("ID token: key") from error

    async def _checked(self, token: str, nonce: str, *, refresh: bool) -> Mapping[str, Any]:
        return check_id_token(
            token,
            await self._discovery.keys(refresh=refresh),
            issuer=self.issuer,
            client_id=self._client_id,
            nonce=nonce,
            algorithms=self._settings.algorithms,
        )


def _with_query(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def _error(code: Any) -> str:
    """An error code of the provider, if it has the form of one."""
    return code if isinstance(code, str) and _ERROR.fullmatch(code) else "unknown error"
