"""The configured package index: the certificates to trust, and a check that it answers."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from progress import Failed, Progress

# The system certificates of Debian, RHEL and SUSE.
SYSTEM_CERTIFICATES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),
)
CERTIFICATE_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# A package of a few kB, fetched to check that the index works.
SMALL_PACKAGE = "editables"


def trust_system_certificates(python: Path) -> None:
    """Let pip trust the system certificates, such as a proxy's CA, unless it is configured.

    pip 24.2 and later does so by default; older versions trust only their bundled CAs.
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
    """Raise `Failed` with cause and remedy if a small package of `lock` cannot be fetched."""
    entry = re.search(rf"^{SMALL_PACKAGE}==.*(?:\n .*)*", lock.read_text(), re.MULTILINE)
    if entry is None:
        raise Failed(f"{lock} does not name {SMALL_PACKAGE}")
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text(entry.group() + "\n")
        pip = [python, "-m", "pip", "download", "--quiet", "--retries", "1", "--timeout", "15"]
        progress.run([*pip, "--no-cache-dir", "--no-deps", "--dest", folder, "-r", wanted])
