"""Sign-in to the console by OpenID Connect."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from jobs.model.account import Role
from jobs.process.settings.types import EMPTY_IS_UNSET, listed

# Signatures with a public key only: with HS256, whoever knows the client's secret, or takes a
# public key for a secret, could write ID tokens.
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"
]


def _issuer(value: str) -> str:
    """The value as it is: an issuer is compared character by character."""
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a wrong port or IPv6 address
        valid = False
    if not valid or parts.query or parts.fragment:
        raise ValueError("it must be https://HOST or https://HOST/PATH")
    return value


Issuer = Annotated[str, AfterValidator(_issuer)]
Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]


class OidcSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_OIDC_")

    issuer: Annotated[Issuer | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The site's identity provider (OpenID Connect), exactly as its "
        "`/.well-known/openid-configuration` names the `issuer`: "
        "[console.md](console.md#sign-in-by-openid-connect). Needs `CHANCERY_API_PUBLIC_URL`. "
        "Default: local accounts only.",
    )
    client_id: Annotated[str | None, EMPTY_IS_UNSET] = Field(
        None, description="The id under which Chancery is registered at the provider."
    )
    client_secret: Annotated[SecretStr | None, EMPTY_IS_UNSET] = Field(
        None, description="The client's secret. Default: none, for a public client."
    )
    client_secret_file: Annotated[Path | None, EMPTY_IS_UNSET] = Field(
        None, description="A file with that secret."
    )
    ca_file: Annotated[FilePath | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The certificates that the provider's certificate is checked with. Default: "
        "those of the system.",
    )
    scopes: str = Field(
        "openid profile", description="The scopes that are asked for, with spaces in between."
    )
    algorithms: Annotated[tuple[Algorithm, ...], NoDecode, BeforeValidator(listed)] = Field(
        ("RS256", "PS256", "ES256"),
        min_length=1,
        description="The algorithms with which ID tokens may be signed.",
    )
    name_claim: str = Field(
        "preferred_username",
        min_length=1,
        description="The claim of the ID token with the account's name. Names of members inside "
        "other claims have dots in between: `realm_access.roles`.",
    )
    groups_claim: str = Field(
        "groups", min_length=1, description="The claim with the names of the person's groups."
    )
    allowed_groups: Texts = Field(
        (),
        description="Who may sign in: members of one of these groups, with commas in between. "
        "Default: everyone who gets a role and a department.",
    )
    department_claim: Annotated[str | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The claim with the person's department. Default, if `CHANCERY_OIDC_ROLES` is "
        "not set either: department and role are those of the account, which operators create.",
    )
    departments: Mapping[str, str] = Field(
        {},
        description="Departments by values of that claim, as JSON; other values name none. "
        "Default: the values are the names of departments.",
    )
    roles: Mapping[str, Role] = Field(
        {}, description='Roles by group, as JSON: `{"oa-operators": "operator"}`.'
    )
    default_role: Literal["staff", "reviewer", "none"] = Field(
        "staff",
        description="The role of a person without a group in `CHANCERY_OIDC_ROLES`; with `none` "
        "such a person may not sign in.",
    )

    @model_validator(mode="after")
    def _client_is_complete(self) -> OidcSettings:
        if self.issuer is None:
            return self
        if self.client_id is None:
            raise ValueError("CHANCERY_OIDC_CLIENT_ID is not set: CHANCERY_OIDC_ISSUER needs it")
        if self.client_secret is not None and self.client_secret_file is not None:
            raise ValueError(
                "CHANCERY_OIDC_CLIENT_SECRET and CHANCERY_OIDC_CLIENT_SECRET_FILE are both set: "
                "set one of them"
            )
        if "openid" not in self.scopes.split():
            raise ValueError("CHANCERY_OIDC_SCOPES must have the scope openid")
        return self

    @property
    def decides_roles(self) -> bool:
        """Whether department and role come from the provider; else from the account."""
        return self.department_claim is not None or bool(self.roles)

    def secret(self) -> str | None:
        """The client's secret. Raises `OSError` if the file cannot be read."""
        if self.client_secret_file is not None:
            return self.client_secret_file.read_text().strip()
        return self.client_secret.get_secret_value() if self.client_secret else None
