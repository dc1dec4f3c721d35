"""How a courier proves itself to a department's receivers, and whom it trusts."""

from __future__ import annotations

import ssl
from pathlib import Path
from tempfile import TemporaryDirectory

from jobs.model.department import CallbackOptions


def tls_context(options: CallbackOptions) -> ssl.SSLContext | None:
    """The context for a department's own CA bundle or client certificate; None where it has none.

    With a CA bundle, that alone is trusted. Raises `ValueError` for what cannot be used.
    """
    if not options.ca_pem and not options.client_cert_pem:
        return None
    try:
        context = ssl.create_default_context(cadata=options.ca_pem)
    except ssl.SSLError as error:
        raise ValueError("the CA bundle has no certificate in PEM that can be read") from error
    if options.client_cert_pem:
        _load_client_cert(context, options.client_cert_pem, options.client_key_pem or "")
    return context


def _load_client_cert(context: ssl.SSLContext, cert_pem: str, key_pem: str) -> None:
    # OpenSSL's binding reads them from files only. The folder is its owner's alone.
    with TemporaryDirectory(prefix="chancery-") as folder:
        cert, key = Path(folder, "cert.pem"), Path(folder, "key.pem")
        cert.write_text(cert_pem)
        key.write_text(key_pem)
        try:
            context.load_cert_chain(cert, key, password=_no_password)
        except (ssl.SSLError, OSError) as error:
            raise ValueError(
                "the client certificate and its key cannot be used together, or are not PEM"
            ) from error


def _no_password() -> str:
    raise ValueError("the client key is encrypted: give it without a passphrase")
