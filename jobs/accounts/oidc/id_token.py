"""Checks an ID token (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ClaimError,
    InvalidKeyIdError,
    JoseError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from jobs.accounts.oidc.problems import invalid

LEEWAY_SECONDS = 60
MOST_SUBJECT_CHARS = 255


class UnknownKey(Exception):
    """None of the keys has the token's key id: the provider may have new keys."""


class _Registry(JWSRegistry):
    # Certificates in the header (x5c) are longer than the library's limit.
    max_header_length = 16 * 1024


def check_id_token(
    token: str,
    keys: KeySet,
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    algorithms: Collection[str],
) -> Mapping[str, Any]:
    """The claims of a token that the provider made for this sign-in.

    Raises `UnknownKey`, and `ProblemError("provider-answer-invalid")` with what is wrong.
    """
    registry = _Registry(algorithms=list(algorithms), strict_check_header=False)
    claims_registry = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = jwt.decode(token, keys, registry=registry).claims
        claims_registry.validate(claims)
    except InvalidKeyIdError as error:
        raise UnknownKey from error
    except BadSignatureError as error:
        raise invalid("ID token: signature") from error
    except UnsupportedAlgorithmError as error:
        raise invalid("ID token: algorithm") from error
    except ClaimError as error:
        raise invalid(f"ID token: {getattr(error, 'claim', 'exp')}") from error
    # A token that is deeply nested, or of another form, fails where the library parses it.
    except (JoseError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise invalid("ID token: form") from error
    _check_parties(claims, client_id)
    return claims


def _check_parties(claims: Mapping[str, Any], client_id: str) -> None:
    """The parts of 3.1.3.7 that the library leaves out."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise invalid("ID token: azp")
    if len(claims["sub"]) > MOST_SUBJECT_CHARS:
        raise invalid("ID token: sub")
    if not isinstance(claims["nonce"], str):  # the library also takes a list with the value
        raise invalid("ID token: nonce")
