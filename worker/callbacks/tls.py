"""TLS contexts with the CA bundle and client certificate of a department."""

from __future__ import annotations

import ssl
from pathlib import Path
from tempfile import TemporaryDirectory

from jobs.model.department import CallbackOptions

_MOST_OWN = 256


class TlsContexts:
    """A shared context, and one for each CA bundle and client certificate."""

    def __init__(self) -> None:
        self._shared = ssl.create_default_context()
        self._own: dict[tuple[str | None, ...], ssl.SSLContext] = {}

    def of(self, options: CallbackOptions) -> ssl.SSLContext:
        """The context for these options. Raises `ValueError` as `tls_context` does."""
        identity = (options.ca_pem, options.client_cert_pem, options.client_key_pem)
        if identity not in self._own:
            context = tls_context(options)
            if context is None:
                return self._shared
            self._own[identity] = context
        context = self._own[identity] = self._own.pop(identity)
        if len(self._own) > _MOST_OWN:
            del self._own[next(iter(self._own))]
        return context


def tls_context(options: CallbackOptions) -> ssl.SSLContext | None:
    """The context for a department's CA bundle or client certificate. None: it has neither.

    A CA bundle replaces the machine's CAs. Raises `ValueError` if a PEM cannot be used.
    """
    if not options.ca_pem and not options.client_cert_pem:
        return None
    try:
        context = ssl.create_default_context(cadata=options.ca_pem)
    except ssl.SSLError as error:
        raise ValueError("the CA bundle contains no readable certificate in PEM") from error
    if options.client_cert_pem:
        _load_client_cert(context, options.client_cert_pem, options.client_key_pem or "")
    return context


def _load_client_cert(context: ssl.SSLContext, cert_pem: str, key_pem: str) -> None:
    # The ssl module reads them from files only. The folder is readable by its owner only.
    with TemporaryDirectory(prefix="chancery-") as folder:
        cert, key = Path(folder, "cert.pem"), Path(folder, "key.pem")
        cert.write_text(cert_pem)
        key.write_text(key_pem)
        try:
            context.load_cert_chain(cert, key, password=_no_password)
        except (ssl.SSLError, OSError) as error:
            raise ValueError(
                "the client certificate and its key do not match, or are not PEM"
            ) from error


def _no_password() -> str:
    raise ValueError("the client key is encrypted: use a key without a passphrase")
