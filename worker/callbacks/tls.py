"""TLS contexts with the CA bundle and client certificate of a department."""

from __future__ import annotations

import ssl
from pathlib import Path
from tempfile import TemporaryDirectory

from jobs.model.department import CallbackOptions


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
