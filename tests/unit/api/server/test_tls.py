"""TLS files that cannot be used are named with the setting and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.server.tls import TlsFilesInvalid, server_context
from tests.certificates import Authority


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (("server", None, None), ["CHANCERY_API_TLS_KEY is missing"]),
        ((None, "server-key", None), ["CHANCERY_API_TLS_CERTIFICATE is missing"]),
        ((None, None, "server"), ["CHANCERY_API_TLS_CERTIFICATE is missing"]),
        (("server", "gone", None), ["CHANCERY_API_TLS_KEY", "gone.pem", "No such file"]),
        (("text", "server-key", None), ["CHANCERY_API_TLS_CERTIFICATE", "text.pem", "PEM"]),
        (("server", "other-key", None), ["CHANCERY_API_TLS_KEY", "other-key.pem", "MISMATCH"]),
        (("server", "locked-key", None), ["CHANCERY_API_TLS_KEY", "password"]),
        (("server", "server-key", "text"), ["CHANCERY_API_TLS_CLIENT_CA", "text.pem", "no PEM"]),
        (("server", "server-key", "gone"), ["CHANCERY_API_TLS_CLIENT_CA", "gone.pem"]),
    ],
)
def test_what_is_wrong_with_which_file(
    tmp_path: Path, files: tuple[str | None, ...], names: list[str]
) -> None:
    authority = Authority(tmp_path, "authority")
    authority.issue("server")
    authority.issue("other")
    authority.issue("locked", password="not-a-secret")
    (tmp_path / "text.pem").write_text("no certificate")
    certificate, key, client_ca = (
        tmp_path / f"{name}.pem" if name is not None else None for name in files
    )
    with pytest.raises(TlsFilesInvalid) as raised:
        server_context(certificate, key, client_ca)
    assert all(name in str(raised.value) for name in names), raised.value
    assert "\n" not in str(raised.value)


def test_without_files_there_is_no_tls() -> None:
    assert server_context(None, None, None) is None
