"""Why a sign-in at the provider fails: `ProblemError`s with a `reason` for the audit record."""

from __future__ import annotations

from jobs.model.problems import ProblemError


class ProviderSettingsInvalid(Exception):
    """Settings of the sign-in that do not fit together, or name files that cannot be used."""


def unavailable(reason: str) -> ProblemError:
    """The provider cannot be reached or does not answer. `reason`: a few words for operators."""
    return ProblemError(
        "provider-unavailable", "The identity provider cannot be used now.", reason=reason
    )


def invalid(reason: str) -> ProblemError:
    """What the provider sent must not be used. `reason`: what is wrong with it, for operators."""
    return ProblemError(
        "provider-answer-invalid",
        "The identity provider's answer was not accepted.",
        reason=reason,
    )


def refused(reason: str, account: str | None = None) -> ProblemError:
    """The person may not sign in. `reason`: a key of `console.sign_in.refused` in the texts.
    `account`: the name, if the provider has confirmed it.
    """
    return ProblemError(
        "sign-in-refused", "The sign-in was refused.", reason=reason, account=account
    )
