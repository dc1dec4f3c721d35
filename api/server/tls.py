"""TLS of the api (RFC 8446, 5246): its certificate, and the CAs of client certificates."""

from __future__ import annotations

import ssl
from pathlib import Path


class TlsFilesInvalid(Exception):
    """The files cannot be used; the message names the setting, the file and the reason."""


def server_context(
    certificate: Path | None, key: Path | None, client_ca: Path | None
) -> ssl.SSLContext | None:
    """The context for TLS 1.2 and later; None without any file. With `client_ca`, clients must
    show a certificate.

    Raises `TlsFilesInvalid`.
    """
    if certificate is None and key is None and client_ca is None:
        return None
    if certificate is None or key is None:
        missing = "KEY" if certificate is not None else "CERTIFICATE"
        raise TlsFilesInvalid(
            f"CHANCERY_API_TLS_{missing} is missing: TLS needs a certificate and its key."
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _check_readable("CERTIFICATE", certificate)
    _check_readable("KEY", key)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except _PasswordNeeded:
        raise TlsFilesInvalid(
            f"CHANCERY_API_TLS_KEY: {key} has a password. Write the key without one, mode 0600."
        ) from None
    except ssl.SSLError as error:
        raise TlsFilesInvalid(
            "CHANCERY_API_TLS_CERTIFICATE and CHANCERY_API_TLS_KEY: "
            f"{certificate} and {key} are not a PEM certificate with its private key "
            f"({error.reason or error})."
        ) from error
    if client_ca is not None:
        _require_client_certificates(context, client_ca)
    return context


def _require_client_certificates(context: ssl.SSLContext, client_ca: Path) -> None:
    _check_readable("CLIENT_CA", client_ca)
    try:
        context.load_verify_locations(client_ca)
    except ssl.SSLError as error:
        raise TlsFilesInvalid(
            f"CHANCERY_API_TLS_CLIENT_CA: {client_ca} has no PEM certificates "
            f"({error.reason or error})."
        ) from error
    context.verify_mode = ssl.CERT_REQUIRED


def _check_readable(setting: str, path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise TlsFilesInvalid(
            f"CHANCERY_API_TLS_{setting}: {path} cannot be read ({error.strerror})."
        ) from error


class _PasswordNeeded(Exception):
    pass


def _no_password() -> str:
    raise _PasswordNeeded
