"""Signing in and out, sessions, and changing the password.

Wrong passwords are counted by account and address: after five, each further one makes this address
wait for this account, for 30 s, then twice as long, up to 15 minutes. They are also counted by
address alone, over all accounts. A browser in which the account has signed in before is counted
alone, so nobody can lock a person out from another browser, not even from the same address.
Sign-ins at the identity provider that fail are counted by address.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from jobs.accounts.oidc.attempt import Attempt
from jobs.accounts.oidc.problems import refused
from jobs.accounts.passwords import PasswordChecks, check_password
from jobs.ledger.accounts import AccountLedger, Admission, AttemptLimits
from jobs.model.account import NAME, Account, Session
from jobs.model.problems import ProblemError
from jobs.process.settings import ConsoleSettings

if TYPE_CHECKING:
    from jobs.accounts.oidc.provider import Provider

BROWSER_KNOWN = timedelta(days=180)
LIMITS = AttemptLimits(
    forgotten=timedelta(minutes=30),
    first_wait=timedelta(seconds=30),
    longest_wait=timedelta(minutes=15),
)
_FAILURES_OF_ACCOUNT, _FAILURES_OF_ADDRESS = 5, 50
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SignIn:
    """A new session. `browser` is the token by which the browser is known at the next sign-in."""

    session: Session
    browser: str


class SignIns:
    """`local`: whether people may sign in with a password. `provider`: None if there is none."""

    def __init__(
        self, ledger: AccountLedger, settings: ConsoleSettings, provider: Provider | None = None
    ) -> None:
        self.local = settings.console_local_accounts
        self.provider = provider
        self._ledger = ledger
        self._passwords = PasswordChecks()
        self._idle = timedelta(minutes=settings.console_idle_minutes)
        self._lifetime = timedelta(hours=settings.console_session_hours)

    async def sign_in(
        self, name: str, password: str, *, address: str, browser: str | None = None
    ) -> SignIn:
        """Check a password and begin a session. `address`: the sender's, an IPv6 address by its
        network. `browser`: the token that an earlier sign-in returned.

        Raises `ProblemError`: `sign-in-failed`, `too-many-failures`, `sign-in-refused`.
        """
        if not self.local:
            raise refused("local")
        name = name.strip().lower()
        known = browser is not None and await self._ledger.is_known(digest(browser), name)
        subjects = (
            {f"browser:{digest(browser or '')}:{name}": _FAILURES_OF_ACCOUNT}
            if known
            else {
                f"account:{sha256(name.encode()).hexdigest()}:{address}": _FAILURES_OF_ACCOUNT,
                f"address:{address}": _FAILURES_OF_ADDRESS,
            }
        )
        await self._begin_attempt(subjects)
        account = await self._ledger.get(name) if NAME.fullmatch(name) else None
        hashed = account.password if account else None
        if not await self._passwords.matches(password, hashed) or account is None:
            raise _failed()
        # The failures of the address stay: otherwise a person with an account could guess on.
        # This attempt was none, or people behind one address could not all sign in.
        own, *others = subjects
        return await self.open(
            account, browser if known else None, forget=own, take_back=next(iter(others), None)
        )

    async def sign_in_at_provider(
        self,
        attempt: Attempt | None,
        response: Mapping[str, str],
        *,
        address: str,
        browser: str | None = None,
    ) -> SignIn:
        """Check with which person the identity provider sent the browser back, and begin a session.

        `response`: the parameters of the request. Raises `ProblemError`: `sign-in-refused`,
        `provider-unavailable`, `provider-answer-invalid`, `too-many-failures`, `not-found`.
        """
        subject = f"provider:{address}"
        await self._begin_attempt({subject: _FAILURES_OF_ADDRESS})
        identity = await self.require_provider().identity(attempt, response)
        admission = await self._ledger.admit(identity.name, identity.subject, identity.grant)
        account = await self._ledger.get(identity.name)
        if admission is not Admission.admitted or account is None:
            raise refused(admission.value, identity.name)
        known = browser and await self._ledger.is_known(digest(browser), account.name)
        return await self.open(account, browser if known else None, forget=subject)

    def require_provider(self) -> Provider:
        """Raises `ProblemError("not-found")` if there is none."""
        if self.provider is None:
            raise ProblemError("not-found", "No identity provider is configured.")
        return self.provider

    def provider_sign_out_url(self, account: Account) -> str | None:
        """Where a person's session at the provider is ended; None if there is none."""
        if self.provider is None or account.password is not None:
            return None
        return self.provider.sign_out_url()

    async def open(
        self,
        account: Account,
        browser: str | None = None,
        *,
        forget: str | None = None,
        take_back: str | None = None,
    ) -> SignIn:
        """Begin a session for a person whose identity was checked.

        `forget`: the subject whose failures are forgotten; `take_back`: the address of which only
        this attempt is.
        """
        token, browser = _token(), browser or _token()
        opened = await self._ledger.open_session(
            account.name,
            digest(token),
            idle=self._idle,
            lifetime=self._lifetime,
            browser=digest(browser),
            browser_known=BROWSER_KNOWN,
            forget=[forget] if forget else [],
            take_back=(take_back or "", _FAILURES_OF_ADDRESS),
        )
        if not opened:
            raise _failed()
        return SignIn(Session(account, token), browser)

    async def session(self, token: str) -> Session | None:
        """The session of a token; None if it has ended, or its way of sign-in was switched off."""
        account = await self._ledger.read_session(digest(token), self._idle)
        if account is None:
            return None
        by_provider = account.password is None
        allowed = self.provider is not None if by_provider else self.local
        return Session(account, token) if allowed else None

    async def sign_out(self, session: Session) -> None:
        await self._ledger.end_session(digest(session.token))

    async def change_password(self, session: Session, current: str, new: str) -> None:
        """Replace the password. The account's other sessions end.

        Raises `ProblemError`: `sign-in-failed` if `current` is wrong, `password-unsuitable`,
        `too-many-failures`.
        """
        account = session.account
        check_password(new, account.name)
        subject = f"session:{digest(session.token)}"
        if wait := await self._ledger.begin_attempt({subject: _FAILURES_OF_ACCOUNT}, LIMITS):
            raise ProblemError(
                "too-many-failures",
                f"The current password was wrong too often. Try again in {wait} seconds.",
                retry_after=wait,
            )
        if not await self._passwords.matches(current, account.password):
            raise ProblemError("sign-in-failed", "The current password is wrong.")
        changed = await self._ledger.set_password(
            account.name,
            await self._passwords.hash(new),
            replaced=account.password,
            keep_session=digest(session.token),
        )
        if not changed:
            raise ProblemError("sign-in-failed", "The password was changed by another request.")

    async def _begin_attempt(self, subjects: Mapping[str, int]) -> None:
        """Count a failure, which a success takes back. Raises `ProblemError`."""
        if wait := await self._ledger.begin_attempt(subjects, LIMITS):
            raise ProblemError(
                "too-many-failures",
                f"Too many sign-ins failed. Try again in {wait} seconds.",
                retry_after=wait,
            )


def form_token(token: str) -> str:
    """What the forms of a session carry, so that another site cannot send them."""
    return hmac.new(token.encode(), b"form", sha256).hexdigest()


def digest(token: str) -> str:
    """What the ledger stores of a token."""
    return sha256(token.encode()).hexdigest()


def _token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _failed() -> ProblemError:
    return ProblemError("sign-in-failed", "The name or the password is wrong.")
