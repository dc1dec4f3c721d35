"""The package index that pip is configured with: what certificates to trust, and if it answers."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from progress import Failed, Progress

# Where Debian, RHEL and SUSE keep the certificates that the machine trusts.
SYSTEM_CERTIFICATES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),
)
CERTIFICATE_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# A package of a few kB: fetching it shows whether the index can be used.
SMALL_PACKAGE = "editables"


def trust_system_certificates(python: Path) -> None:
    """Let pip trust what the machine trusts, such as a proxy's CA, unless it is told otherwise.

    pip does so by itself from version 24.2; older ones know only the CAs that they carry.
    """
    if any(os.environ.get(name) for name in CERTIFICATE_VARIABLES):
        return
    configured = subprocess.run(
        [python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    if re.search(r"\bcert='[^']", configured.stdout):
        return
    if bundle := next((path for path in SYSTEM_CERTIFICATES if path.exists()), None):
        os.environ["PIP_CERT"] = str(bundle)


def check_index(python: Path, lock: Path, progress: Progress) -> None:
    """Raise `Failed` with what to do where a small package of `lock` cannot be fetched."""
    entry = re.search(rf"^{SMALL_PACKAGE}==.*(?:\n .*)*", lock.read_text(), re.MULTILINE)
    if entry is None:
        raise Failed(f"{lock} does not name {SMALL_PACKAGE}")
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text(entry.group() + "\n")
        pip = [python, "-m", "pip", "download", "--quiet", "--retries", "1", "--timeout", "15"]
        progress.run([*pip, "--no-cache-dir", "--no-deps", "--dest", folder, "-r", wanted])
