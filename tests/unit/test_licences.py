"""The dependencies have licences that permit their use."""

from __future__ import annotations

from email.message import Message
from pathlib import Path

import pytest

from deploy.licences import (
    ACCEPTED,
    LOCK,
    VERIFIED,
    Package,
    declared_licence,
    licences_page,
    objection,
    packages,
)

ROOT = Path(__file__).resolve().parents[2]
DEPENDENCIES = packages(LOCK.read_text("utf-8"))


def declared(**headers: str | list[str]) -> str:
    message = Message()
    for name, values in headers.items():
        for value in [values] if isinstance(values, str) else values:
            message[name.replace("_", "-")] = value
    return declared_licence(message)


def is_refused(licence: str, name: str = "some") -> bool:
    return objection(Package(name, ("1",), licence)) is not None


@pytest.mark.parametrize("package", DEPENDENCIES, ids=lambda package: package.name)
def test_the_licence_of_every_dependency_is_accepted(package: Package) -> None:
    assert objection(package) is None


def test_the_page_of_licences_is_up_to_date() -> None:
    written = (ROOT / "docs/licences.md").read_text("utf-8")
    page = licences_page(LOCK.read_text("utf-8"))
    assert written == page, "run make licences"


def test_every_verified_or_accepted_package_is_a_dependency() -> None:
    names = {package.name for package in DEPENDENCIES}
    assert len(names) > 80
    assert {*VERIFIED, *ACCEPTED} <= names


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
    assert is_refused(licence)


def test_a_choice_of_licences_is_accepted_if_one_of_them_is() -> None:
    assert not is_refused("MIT OR GPL-3.0-only")
    assert is_refused("AGPL-3.0-only OR GPL-3.0-only")


def test_a_licence_accepted_for_one_package_is_refused_for_another() -> None:
    assert not is_refused("MPL-2.0 AND MIT", "tqdm")
    assert is_refused("AGPL-3.0-only", "tqdm")


def test_the_licence_is_read_from_three_fields_of_the_metadata() -> None:
    mit = "License :: OSI Approved :: MIT License"
    assert declared(License_Expression="Apache-2.0", License="MIT") == "Apache-2.0"
    assert declared(License_Expression="AGPL-3.0-only") == "AGPL-3.0-only"
    assert (
        declared(License="MIT License")
        == declared(License="the whole text", Classifier=mit)
        == "MIT"
    )
    assert declared(Classifier=["Topic :: Office", mit]) == "MIT"


def test_an_ambiguous_licence_is_unknown() -> None:
    both = [f"License :: OSI Approved :: {name}" for name in ("MIT License", "BSD License")]
    assert (
        declared(License="BSD")
        == declared(License="Dual License", Classifier=both)
        == declared()
        == ""
    )
    agpl = "License :: OSI Approved :: GNU Affero General Public License v3"
    assert declared(License="AGPL", Classifier=agpl) == ""


def test_a_package_has_a_version_for_each_python() -> None:
    lock = "b==1 ; python_version < '3.12' \\\n    --hash=sha256:0\nb==2 \\\na[x]==3.0.post1 \\\n"
    assert [(one.name, one.versions) for one in packages(lock)] == [
        ("a", ("3.0.post1",)),
        ("b", ("1", "2")),
    ]
