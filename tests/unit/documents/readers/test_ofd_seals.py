"""Electronic seals and signatures of OFD files."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.document import Seal
from documents.read import read
from documents.readers.ofd.seal_data import SealData, seal_data
from standin.documents.builders import LIMITS, saved
from standin.documents.ofd_builder import text_object
from standin.documents.ofd_seals import SealValue, seal, sealed, signature

PAGE = text_object("正文", 30, 60)
NAME, SIGNER = "青川县档案局公章", "青川县档案局"
OLDER = seal(NAME, SIGNER, older=True)


def seals(folder: Path, data: bytes) -> tuple[Seal, ...]:
    return read(saved(folder, data), LIMITS).seals


@pytest.mark.parametrize("value", [seal(NAME, SIGNER), OLDER], ids=["2020", "2014"])
def test_a_seal_has_its_name_its_place_and_a_right_digest(tmp_path: Path, value: SealValue) -> None:
    (found,) = seals(tmp_path, sealed([PAGE], value))
    assert (found.shape, found.text, found.page) == ("electronic", NAME, 1)
    assert found.box == pytest.approx([edge / 25.4 * 72 for edge in (120, 200, 160, 240)], abs=0.1)
    assert found.digest_holds is True


@pytest.mark.parametrize("older", [False, True])
def test_the_signer_is_named_beside_a_seal_of_another_name(
    tmp_path: Path,
    older: bool,  # noqa: FBT001
) -> None:
    (found,) = seals(tmp_path, sealed([PAGE], seal("发票监制章", SIGNER, older=older)))
    assert found.text == "发票监制章（青川县档案局）"


@pytest.mark.parametrize("algorithm", ["sm3", "sha256", "sha1"])
def test_a_changed_page_breaks_the_digest(tmp_path: Path, algorithm: str) -> None:
    value = seal(NAME, SIGNER, algorithm=algorithm)
    page = {"Doc_0/Pages/Page_0/Content.xml": "<Page/>"}
    whole = sealed([PAGE, PAGE], value, algorithm=algorithm)
    assert [one.digest_holds for one in seals(tmp_path, whole)] == [True]
    changed = sealed([PAGE, PAGE], value, algorithm=algorithm, unsigned=page)
    assert [one.digest_holds for one in seals(tmp_path, changed)] == [False]


def test_a_changed_list_of_digests_breaks_the_digest(tmp_path: Path) -> None:
    data = sealed([PAGE], lambda listed: seal(NAME, SIGNER)(listed + b" "))
    assert [one.digest_holds for one in seals(tmp_path, data)] == [False]


def test_a_part_that_pages_show_and_nobody_signed_is_named(tmp_path: Path) -> None:
    page = "Doc_0/Pages/Page_0/Content.xml"
    document = read(saved(tmp_path, sealed([PAGE], OLDER, leave_out=(page,))), LIMITS)
    assert [one.digest_holds for one in document.seals] == [None]
    (doubt,) = document.unread
    assert (doubt.what, doubt.where, doubt.page) == ("signature", f"signature of {NAME}", 1)
    assert page.casefold() in doubt.reason


def test_a_picture_that_a_page_shows_has_to_be_signed(tmp_path: Path) -> None:
    shown = '<ofd:ImageObject Boundary="120 200 40 40" CTM="40 0 0 40 0 0" ResourceID="1"/>'
    resources = (
        '<ofd:Res %s BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia ID="1" Type="Image">'
        "<ofd:MediaFile>p.png</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>"
    )
    signed: dict[str, str | bytes] = {"Doc_0/Res.xml": resources, "Doc_0/Res/p.png": b"picture"}

    def holds(*leave_out: str) -> list[bool | None]:
        data = sealed(
            [PAGE + shown],
            OLDER,
            common="<ofd:DocumentRes>Res.xml</ofd:DocumentRes>",
            signed=signed,
            leave_out=leave_out,
        )
        return [one.digest_holds for one in seals(tmp_path, data)]

    assert holds() == [True]
    assert holds("Doc_0/Res/p.png") == holds("Doc_0/Res.xml") == [None]


def test_a_digest_of_an_unknown_kind_is_not_checked(tmp_path: Path) -> None:
    data = sealed([PAGE], lambda _: b"a value in no known form")
    assert seals(tmp_path, data) == (
        Seal("electronic", "", 1, (340.16, 566.93, 453.54, 680.31), digest_holds=None),
    )


@pytest.mark.parametrize("value", ["\ufffd", "A", "===="])
def test_a_digest_that_cannot_be_decoded_is_not_checked(tmp_path: Path, value: str) -> None:
    folder = "Doc_0/Signs/Sign_0"
    listed = (
        f'<s xmlns=""><SignedInfo><References><Reference FileRef="/OFD.xml"><CheckValue>{value}'
        "</CheckValue></Reference></References></SignedInfo></s>"
    )
    data = sealed([PAGE], OLDER, unsigned={f"{folder}/Signature.xml": listed})
    assert [one.digest_holds for one in seals(tmp_path, data)] == [None]


def test_a_signature_without_a_seal_names_its_signer(tmp_path: Path) -> None:
    data = sealed([PAGE], signature("李四"), algorithm="sha256", stamps="")
    assert seals(tmp_path, data) == (Seal("electronic", "李四", digest_holds=True),)


def test_a_seal_across_the_edges_of_pages_is_listed_once_for_each(tmp_path: Path) -> None:
    stamps = "".join(
        f'<ofd:StampAnnot ID="{at}" PageRef="{at}" Boundary="200 100 10 40"/>' for at in (1, 2)
    )
    found = seals(tmp_path, sealed([PAGE, PAGE], OLDER, stamps=stamps))
    assert [one.page for one in found] == [1, 2]


def test_a_seal_with_a_damaged_certificate_keeps_its_name() -> None:
    data = seal(NAME, SIGNER)(b"list")
    broken = data.replace(b"\x02\x02\x12\x67", b"\x09\x02\x12\x67")  # the serial number's type
    assert seal_data(broken).name == NAME
    assert seal_data(broken).signer == ""


@pytest.mark.parametrize("cut", [0, 1, 2, 5, 50, 200, 400])
def test_a_damaged_value_has_no_names(cut: int) -> None:
    assert seal_data(OLDER(b"list")[:cut]) == SealData()
