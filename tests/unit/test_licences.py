"""Every required package has an accepted licence."""

from __future__ import annotations

from email.message import Message
from importlib.metadata import PackageMetadata
from pathlib import Path
from typing import cast

import pytest

from deploy.licences import (
    ACCEPTED,
    LOCK,
    REVIEWED,
    Package,
    licence_in,
    licences_page,
    objection,
    packages,
)

ROOT = Path(__file__).resolve().parents[2]
NEEDED = packages(LOCK.read_text("utf-8"))


def licence_of(**headers: str | list[str]) -> str:
    message = Message()
    for name, values in headers.items():
        for value in [values] if isinstance(values, str) else values:
            message[name.replace("_", "-")] = value
    return licence_in(cast("PackageMetadata", message))


def objected(licence: str, name: str = "some") -> bool:
    return objection(Package(name, ("1",), licence)) is not None


@pytest.mark.parametrize("package", NEEDED, ids=lambda package: package.name)
def test_every_required_package_has_an_accepted_licence(package: Package) -> None:
    assert objection(package) is None


def test_the_page_matches_the_installed_packages() -> None:
    written = (ROOT / "docs/licences.md").read_text("utf-8")
    page = licences_page(LOCK.read_text("utf-8"))
    assert written == page, "run make licences"


def test_only_required_packages_are_reviewed() -> None:
    names = {package.name for package in NEEDED}
    assert len(names) > 80
    assert {*REVIEWED, *ACCEPTED} <= names


@pytest.mark.parametrize(
    "licence",
    [
        "",
        "AGPL-3.0-or-later",
        "GPL-3.0-only",
        "GPL-2.0-or-later",
        "LGPL-2.1-or-later",
        "MPL-2.0",
        "SSPL-1.0",
        "Proprietary",
        "MIT AND AGPL-3.0-only",
    ],
)
def test_a_licence_that_is_not_accepted_is_refused(licence: str) -> None:
    assert objected(licence)


def test_a_choice_of_licences_is_accepted_if_one_of_them_is() -> None:
    assert not objected("MIT OR GPL-3.0-only")
    assert objected("AGPL-3.0-only OR GPL-3.0-only")


def test_a_licence_accepted_for_one_package_is_not_accepted_for_another() -> None:
    assert not objected("MPL-2.0 AND MIT", "tqdm")
    assert objected("AGPL-3.0-only", "tqdm")


def test_a_package_says_its_licence_in_one_of_three_places() -> None:
    mit = "License :: OSI Approved :: MIT License"
    assert licence_of(License_Expression="Apache-2.0", License="MIT") == "Apache-2.0"
    assert licence_of(License_Expression="AGPL-3.0-only") == "AGPL-3.0-only"
    assert (
        licence_of(License="MIT License")
        == licence_of(License="the whole text", Classifier=mit)
        == "MIT"
    )
    assert licence_of(Classifier=["Topic :: Office", mit]) == "MIT"


def test_ambiguous_metadata_gives_no_licence() -> None:
    both = [f"License :: OSI Approved :: {name}" for name in ("MIT License", "BSD License")]
    assert (
        licence_of(License="BSD")
        == licence_of(License="Dual License", Classifier=both)
        == licence_of()
        == ""
    )
    agpl = "License :: OSI Approved :: GNU Affero General Public License v3"
    assert licence_of(License="AGPL", Classifier=agpl) == ""


def test_a_package_has_a_version_for_each_python() -> None:
    lock = "b==1 ; python_version < '3.12' \\\n    --hash=sha256:0\nb==2 \\\na[x]==3.0.post1 \\\n"
    assert [(one.name, one.versions) for one in packages(lock)] == [
        ("a", ("3.0.post1",)),
        ("b", ("1", "2")),
    ]
