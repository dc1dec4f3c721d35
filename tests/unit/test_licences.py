"""What Chancery needs is under licences that let everyone use it."""

from __future__ import annotations

from email.message import Message
from pathlib import Path

import pytest

from deploy.licences import LOCK, LOOKED_AT, TAKEN, Package, licences_page, objection, packages
from deploy.licences import said_by as read

ROOT = Path(__file__).resolve().parents[2]
NEEDED = packages(LOCK.read_text("utf-8"))


def said(**headers: str | list[str]) -> str:
    message = Message()
    for name, values in headers.items():
        for value in [values] if isinstance(values, str) else values:
            message[name.replace("_", "-")] = value
    return read(message)


def objected(licence: str, name: str = "some") -> bool:
    return objection(Package(name, ("1",), licence)) is not None


@pytest.mark.parametrize("package", NEEDED, ids=lambda package: package.name)
def test_every_package_that_is_needed_may_be_used(package: Package) -> None:
    assert objection(package) is None


def test_the_page_of_licences_is_what_is_installed() -> None:
    written = (ROOT / "docs/licences.md").read_text("utf-8")
    page = licences_page(LOCK.read_text("utf-8"))
    assert written == page, "run make licences"


def test_nothing_is_explained_that_is_not_needed() -> None:
    names = {package.name for package in NEEDED}
    assert len(names) > 80
    assert {*LOOKED_AT, *TAKEN} <= names


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
def test_a_licence_that_nobody_has_looked_at_is_refused(licence: str) -> None:
    assert objected(licence)


def test_a_choice_is_taken_where_one_side_of_it_may_be() -> None:
    assert not objected("MIT OR GPL-3.0-only")
    assert objected("AGPL-3.0-only OR GPL-3.0-only")


def test_what_is_taken_of_one_package_is_not_taken_of_another() -> None:
    assert not objected("MPL-2.0 AND MIT", "tqdm")
    assert objected("AGPL-3.0-only", "tqdm")


def test_a_package_says_its_licence_in_one_of_three_places() -> None:
    mit = "License :: OSI Approved :: MIT License"
    assert said(License_Expression="Apache-2.0", License="MIT") == "Apache-2.0"
    assert said(License_Expression="AGPL-3.0-only") == "AGPL-3.0-only"
    assert said(License="MIT License") == said(License="the whole text", Classifier=mit) == "MIT"
    assert said(Classifier=["Topic :: Office", mit]) == "MIT"


def test_what_does_not_say_which_licence_it_means_is_not_known() -> None:
    both = [f"License :: OSI Approved :: {name}" for name in ("MIT License", "BSD License")]
    assert said(License="BSD") == said(License="Dual License", Classifier=both) == said() == ""
    agpl = "License :: OSI Approved :: GNU Affero General Public License v3"
    assert said(License="AGPL", Classifier=agpl) == ""


def test_a_package_has_a_version_for_each_python() -> None:
    lock = "b==1 ; python_version < '3.12' \\\n    --hash=sha256:0\nb==2 \\\na[x]==3.0.post1 \\\n"
    assert [(one.name, one.versions) for one in packages(lock)] == [
        ("a", ("3.0.post1",)),
        ("b", ("1", "2")),
    ]
