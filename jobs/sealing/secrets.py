"""Single secrets in Redis: departments' callback secrets, SM3 keys and header values."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from jobs.model.department import CallbackOptions, Department
from jobs.sealing.errors import Damaged, no_master_key
from jobs.sealing.master_keys import MasterKeys

_PREFIX = "sealed:"


class Secrets:
    """Seals and opens secrets as `sealed:` and base64. Without `master` they stay as they are."""

    def __init__(self, master: MasterKeys | None) -> None:
        self._master = master

    def sealed(self, department: str, secret: str) -> str:
        """The secret, wrapped with the current master key."""
        if self._master is None:
            return secret
        if secret.startswith(_PREFIX) and self._master.is_current(_wrapped(secret)):
            return secret
        value = self.opened(department, secret).encode()
        return _PREFIX + base64.b64encode(self._master.wrap(value, _context(department))).decode()

    def opened(self, department: str, secret: str) -> str:
        """The secret itself. Raises `Damaged`, and `ProblemError("storage-locked")`."""
        if not secret.startswith(_PREFIX):
            return secret
        if self._master is None:
            raise no_master_key()
        return self._master.unwrap(_wrapped(secret), _context(department)).decode()

    def sealed_options(self, department: str, options: CallbackOptions) -> CallbackOptions:
        return _changed(partial(self.sealed, department), options)

    def opened_options(self, department: str, options: CallbackOptions) -> CallbackOptions:
        return _changed(partial(self.opened, department), options)

    def opened_department(self, department: Department) -> Department:
        secrets = (self.opened(department.name, secret) for secret in department.callback_secrets)
        return replace(department, callback_secrets=tuple(secrets))


def _changed(change: Callable[[str], str], options: CallbackOptions) -> CallbackOptions:
    key, sm3 = options.client_key_pem, options.sm3_key
    return replace(
        options,
        headers={name: change(value) for name, value in options.headers.items()},
        client_key_pem=change(key) if key else key,
        sm3_key=change(sm3) if sm3 else sm3,
    )


def _wrapped(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise Damaged("a sealed secret is damaged") from error


def _context(department: str) -> bytes:
    return f"secret of {department}".encode()
