"""The identity provider over HTTP, good and hostile."""

from __future__ import annotations

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from jobs.accounts.oidc.attempt import Attempt
from jobs.accounts.oidc.identity import Identity
from jobs.accounts.oidc.provider import Provider
from jobs.accounts.oidc.requests import MAX_BYTES
from jobs.model.account import Grant, Role
from jobs.model.problems import ProblemError
from jobs.process.settings import OidcSettings
from standin.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Behaviour,
    IdentityProvider,
    new_key,
    running_identity_provider,
    unsigned,
)

DISCOVERY = "/.well-known/openid-configuration"
SECONDS = 1.0
# Long, because test machines are busy. A passing test does not wait this long.
PATIENCE = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[IdentityProvider]:
    with running_identity_provider() as server:
        server.people["zhang"] = {"dept": "tax"}
        server.automatic = "zhang"
        yield server


@pytest.fixture
def idp(server: IdentityProvider) -> Iterator[IdentityProvider]:
    yield server
    server.behaviour = Behaviour()
    server.requests.clear()
    server.client_secret = CLIENT_SECRET
    server.published = []


def provider_at(idp: IdentityProvider, seconds: float = PATIENCE, **changes: Any) -> Provider:
    settings = {
        "issuer": idp.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "department_claim": "dept",
        **changes,
    }
    return Provider(
        OidcSettings.model_validate(settings),
        console_url="https://chancery.test/console",
        seconds=seconds,
    )


@pytest.fixture
async def provider(idp: IdentityProvider) -> AsyncIterator[Provider]:
    provider = provider_at(idp)
    yield provider
    await provider.close()


async def response_of(provider: Provider, attempt: Attempt) -> Mapping[str, str]:
    """The parameters with which a browser comes back."""
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        answer = await browser.get(await provider.authorization_url(attempt))
    assert answer.status_code == 303, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


async def sign_in(provider: Provider) -> Identity:
    attempt = Attempt.begin("")
    return await provider.identity(attempt, await response_of(provider, attempt))


async def problem_of(provider: Provider) -> tuple[str, str]:
    """The code and the reason with which a sign-in fails."""
    with pytest.raises(ProblemError) as error:
        await sign_in(provider)
    return error.value.problem.code, error.value.problem.extra["reason"]


async def test_a_person_signs_in(idp: IdentityProvider, provider: Provider) -> None:
    identity = await sign_in(provider)
    assert (identity.name, identity.grant) == ("zhang", Grant(Role.staff, "tax"))
    await sign_in(provider)
    assert (idp.requests[DISCOVERY], idp.requests["/jwks"]) == (1, 1)  # kept


@pytest.mark.parametrize("method", ["client_secret_post", "none"])
async def test_the_client_shows_its_secret_as_the_provider_asks(
    idp: IdentityProvider, method: str
) -> None:
    methods = {"token_endpoint_auth_methods_supported": [method]}
    idp.behaviour = Behaviour(metadata=methods)
    secret = None if method == "none" else CLIENT_SECRET
    idp.client_secret = secret
    provider = provider_at(idp, client_secret=secret)
    assert (await sign_in(provider)).name == "zhang"
    await provider.close()


def by_hmac(secret: bytes, claims: Mapping[str, Any]) -> str:
    head = urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=").decode()
    content = f"{head}.{unsigned(claims).split('.')[1]}"
    signature = hmac.digest(secret, content.encode(), "sha256")
    return f"{content}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def by_stranger(idp: IdentityProvider, claims: Mapping[str, Any]) -> str:
    """Signed with another key, whose id is that of the provider's."""
    key = new_key(str(idp.key.kid))
    return jwt.encode({"alg": "RS256", "kid": key.kid}, dict(claims), key, ["RS256"])


def with_own_key(idp: IdentityProvider, claims: Mapping[str, Any]) -> str:
    """Signed with a key that the token itself brings."""
    key = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "jwk": key.as_dict(private=False), "kid": "brought"}
    return jwt.encode(header, dict(claims), key, ["RS256"])


def by_elliptic(idp: IdentityProvider, claims: Mapping[str, Any]) -> str:
    key = ECKey.generate_key("P-256", {"kid": str(idp.key.kid)})
    return jwt.encode({"alg": "ES256", "kid": key.kid}, dict(claims), key, ["ES256"])


def changed_after(idp: IdentityProvider, claims: Mapping[str, Any]) -> str:
    head, _, signature = idp.signed(claims).split(".")
    return ".".join([head, unsigned({**claims, "sub": "id-boss"}).split(".")[1], signature])


@pytest.mark.parametrize(
    ("sign", "reason"),
    [
        (lambda _, claims: unsigned(claims), "algorithm"),
        # With the public key, or the client's secret, as the secret of the signature.
        (lambda idp, claims: by_hmac(idp.key.as_pem(private=False), claims), "algorithm"),
        (lambda _, claims: by_hmac(CLIENT_SECRET.encode(), claims), "algorithm"),
        (by_stranger, "signature"),
        (by_elliptic, "form"),  # the key of that id is an RSA key
        (changed_after, "signature"),
        (with_own_key, "key"),
        (lambda *_: "a.b", "form"),
        (lambda *_: "a.b.c.d.e", "form"),
        (lambda *_: "", "form"),
        (lambda *_: "x" * 200_000, "form"),
    ],
)
async def test_a_token_with_another_signature_is_refused(
    idp: IdentityProvider,
    provider: Provider,
    sign: Callable[[IdentityProvider, Mapping[str, Any]], str],
    reason: str,
) -> None:
    idp.behaviour = Behaviour(sign=lambda claims: sign(idp, claims))
    assert await problem_of(provider) == ("provider-answer-invalid", f"ID token: {reason}")


PAST, FUTURE = 1_000_000_000, 4_000_000_000  # 2001 and 2096


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("nonce", "of another sign-in"), ("nonce", None), ("nonce", ["a"]),
        ("iss", "https://id.example"), ("iss", None),
        ("aud", "another client"), ("aud", []), ("aud", None), ("aud", {"chancery": 1}),
        ("exp", PAST), ("exp", None), ("exp", "never"), ("exp", True),
        ("iat", FUTURE), ("iat", None), ("nbf", FUTURE),
        ("sub", None), ("sub", ""), ("sub", 7), ("sub", "x" * 300),
        ("azp", "another client"),
    ],
)  # fmt: skip
async def test_a_token_with_another_claim_is_refused(
    idp: IdentityProvider, provider: Provider, claim: str, value: Any
) -> None:
    idp.behaviour = Behaviour(claims={claim: value})
    assert await problem_of(provider) == ("provider-answer-invalid", f"ID token: {claim}")


async def test_a_token_for_several_clients_must_name_ours_as_its_party(
    idp: IdentityProvider, provider: Provider
) -> None:
    several = [CLIENT_ID, "other"]
    idp.behaviour = Behaviour(claims={"aud": several})
    assert await problem_of(provider) == ("provider-answer-invalid", "ID token: azp")
    idp.behaviour = Behaviour(claims={"aud": several, "azp": CLIENT_ID})
    assert (await sign_in(provider)).name == "zhang"


async def test_a_new_key_is_read_but_not_at_every_unknown_id(
    idp: IdentityProvider, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(provider)
    idp.rotate("second")
    monkeypatch.setattr("jobs.accounts.oidc.discovery.REFRESH_SECONDS", 0.0)
    assert (await sign_in(provider)).name == "zhang"
    assert idp.requests["/jwks"] == 2
    monkeypatch.undo()
    idp.behaviour = Behaviour(sign=lambda claims: idp.signed(claims, kid="third"))
    for _ in range(3):
        assert await problem_of(provider) == ("provider-answer-invalid", "ID token: key")
    assert idp.requests["/jwks"] == 2


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"issuer": "https://id.example"}, "the metadata are of another issuer"),
        ({"token_endpoint": None}, "token_endpoint is not a URL"),
        ({"jwks_uri": "file:///etc/passwd"}, "jwks_uri is not a URL"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint is not a URL"),
        ({"token_endpoint": "http://id.example/token"}, "token_endpoint is not an https URL"),
        ({"end_session_endpoint": "//x"}, "end_session_endpoint is not a URL"),
    ],
)
async def test_metadata_of_another_form_are_refused(
    idp: IdentityProvider, provider: Provider, metadata: Mapping[str, Any], reason: str
) -> None:
    idp.behaviour = Behaviour(metadata=metadata)
    assert await problem_of(provider) == ("provider-answer-invalid", reason)


HUGE = json.dumps({"keys": ["x" * MAX_BYTES]}).encode()


@pytest.mark.parametrize("path", [DISCOVERY, "/jwks", "/token"])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, HUGE), "provider-answer-invalid"),
        ((200, b"[" * 100_000), "provider-answer-invalid"),
        ((200, b"<html>"), "provider-answer-invalid"),
        ((200, b"[1]"), "provider-answer-invalid"),
        ((200, b'{"keys": [{"kty": "oct", "k": "YQ"}, 7, {"kty": "RSA"}]}'),
         "provider-answer-invalid"),
        ((500, b"{}"), "provider-unavailable"),
    ],
)  # fmt: skip
async def test_a_response_of_another_form_is_refused(
    idp: IdentityProvider, provider: Provider, path: str, answer: tuple[int, bytes], code: str
) -> None:
    idp.behaviour = Behaviour(answers={path: answer})
    assert (await problem_of(provider))[0] == code


@pytest.mark.parametrize("path", [DISCOVERY, "/jwks", "/token"])
async def test_a_response_that_trickles_in_is_given_up(idp: IdentityProvider, path: str) -> None:
    provider = provider_at(idp, SECONDS)
    idp.behaviour = Behaviour(delays={path: 0.2})  # each byte in time, the whole never
    async with asyncio.timeout(PATIENCE):
        expected = ("provider-unavailable", "it did not answer in time")
        assert await problem_of(provider) == expected
    await provider.close()


async def test_a_response_that_is_too_large_is_refused_although_it_is_right(
    idp: IdentityProvider, provider: Provider
) -> None:
    idp.behaviour = Behaviour(metadata={"padding": "x" * MAX_BYTES})
    expected = ("provider-answer-invalid", f"a response is larger than {MAX_BYTES} bytes")
    assert await problem_of(provider) == expected


async def test_redirects_are_not_followed(idp: IdentityProvider, provider: Provider) -> None:
    moved = json.dumps(idp.metadata()).encode()
    answers = {DISCOVERY: (302, f"{idp.issuer}/moved".encode()), "/moved": (200, moved)}
    idp.behaviour = Behaviour(answers=answers)
    assert await problem_of(provider) == ("provider-unavailable", "HTTP 302")


async def test_a_provider_that_is_away_is_not_asked_by_every_visitor(
    idp: IdentityProvider, provider: Provider
) -> None:
    idp.behaviour = Behaviour(answers={DISCOVERY: (503, b"")})
    for _ in range(5):
        assert await problem_of(provider) == ("provider-unavailable", "HTTP 503")
    assert idp.requests[DISCOVERY] == 1


async def test_nothing_listens_there() -> None:
    with running_identity_provider() as gone:
        pass
    provider = provider_at(gone)
    code, reason = await problem_of(provider)
    assert code == "provider-unavailable"
    assert "connect" in reason.lower()
    await provider.close()


async def test_a_response_that_another_browser_began_is_refused(
    idp: IdentityProvider, provider: Provider
) -> None:
    attempt, other = Attempt.begin(""), Attempt.begin("")
    response = await response_of(provider, attempt)
    for mine in (other, None):
        with pytest.raises(ProblemError) as error:
            await provider.identity(mine, response)
        assert error.value.problem.extra["reason"] == "state"
    # With a code that was stolen: the state is ours, the code of another sign-in.
    with pytest.raises(ProblemError) as error:
        await provider.identity(other, {**response, "state": other.state})
    assert error.value.problem.extra["reason"] == "state"
    assert idp.requests["/token"] == 1


async def test_a_code_is_good_once(idp: IdentityProvider, provider: Provider) -> None:
    attempt = Attempt.begin("")
    response = await response_of(provider, attempt)
    await provider.identity(attempt, response)
    with pytest.raises(ProblemError) as error:
        await provider.identity(attempt, response)
    assert error.value.problem.extra["reason"] == "state"


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        ("access_denied", "sign-in-refused", "denied"),
        ("server_error", "provider-answer-invalid", "authorization: server_error"),
        ("<script>", "provider-answer-invalid", "authorization: unknown error"),
    ],
)
async def test_an_error_of_the_provider_is_reported(
    idp: IdentityProvider, provider: Provider, error: str, code: str, reason: str
) -> None:
    idp.behaviour = Behaviour(error=error)
    assert await problem_of(provider) == (code, reason)


async def test_a_response_of_another_issuer_or_without_a_code_is_refused(
    provider: Provider,
) -> None:
    attempt = Attempt.begin("")
    for response in ({"iss": "https://id.example", "code": "a"}, {}, {"code": "a" * 5_000}):
        with pytest.raises(ProblemError) as error:
            await provider.identity(attempt, {"state": attempt.state, **response})
        assert error.value.problem.code == "provider-answer-invalid"


async def test_a_wrong_secret_is_named(idp: IdentityProvider, provider: Provider) -> None:
    idp.client_secret = "another"
    expected = ("provider-answer-invalid", "token: invalid_client (HTTP 401)")
    assert await problem_of(provider) == expected


async def test_the_sign_out_is_at_the_provider_if_it_offers_one(
    idp: IdentityProvider, provider: Provider
) -> None:
    assert provider.sign_out_url() is None
    await provider.check()
    url = urlsplit(provider.sign_out_url() or "")
    assert url.path == "/end"
    assert dict(parse_qsl(url.query)) == {
        "client_id": CLIENT_ID,
        "post_logout_redirect_uri": "https://chancery.test/console/sign-in",
    }
    idp.behaviour = Behaviour(metadata={"end_session_endpoint": None})
    await provider.check()
    assert provider.sign_out_url() is None
