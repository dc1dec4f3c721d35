from __future__ import annotations

import html
import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from documents.inventory.walk import inventory
from documents.masking.verification.verify import verify
from documents.readers import ofd
from standin.documents.builders import LIMITS, saved
from standin.documents.ofd_builder import WHOLE, text_object
from standin.documents.ofd_builder import ofd as built
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style
from tests.unit.documents.masking.masks import NAME, PERSON, PHONE, masked


def texts(file: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        parts = [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
        return html.unescape("\n".join([*packed.namelist(), *parts]))


def everywhere() -> bytes:
    """An OFD file with the name or a number in each place."""
    outline = (
        f'<ofd:Outlines><ofd:OutlineElem Title="{NAME}"><ofd:Actions><ofd:Action Event="CLICK">'
    )
    outline += f'<ofd:URI URI="http://x/?n={PHONE}"/></ofd:Action></ofd:Actions></ofd:OutlineElem>'
    outline += "</ofd:Outlines>"
    listed = "".join(
        f"<ofd:{name}>{name}.xml</ofd:{name}>"
        for name in ("Annotations", "CustomTags", "Attachments", "Extensions")
    )
    info = "".join(
        f"<ofd:{name}>{NAME}</ofd:{name}>"
        for name in ("Title", "Author", "Subject", "Abstract", "Creator", "CreatorVersion")
    )
    entry = (
        f"<ofd:DocBody><ofd:DocInfo>{info}<ofd:Keywords><ofd:Keyword>{NAME}</ofd:Keyword>"
        f'</ofd:Keywords><ofd:CustomDatas><ofd:CustomData Name="{NAME}">{NAME}</ofd:CustomData>'
        "</ofd:CustomDatas></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
        "<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures><ofd:Versions><ofd:Version "
        f'ID="1" Index="1" BaseLoc="/Doc_0/{NAME}.xml"/></ofd:Versions></ofd:DocBody>'
    )
    page = (
        text_object(f"电话{PHONE}", 20, 20)
        + text_object("号码", 20, 40)
        + text_object(PERSON[:9], 30, 40)
        + text_object(PERSON[9:], 30 + 9 * 2.3, 40)
        + text_object(NAME, 20, 60, attributes='Visible="false"')
        + f'<ofd:PathObject ID="9" Boundary="0 0 9 9"><ofd:FillColor><ofd:Pattern Width="9" '
        f'Height="9"><ofd:CellContent>{text_object(NAME, 1, 5)}</ofd:CellContent></ofd:Pattern>'
        "</ofd:FillColor><ofd:AbbreviatedData>M 0 0 L 9 9 S</ofd:AbbreviatedData></ofd:PathObject>"
        + f"<!-- {NAME} -->"
    )
    note = (
        f'<ofd:PageAnnot %s><ofd:Annot ID="5" Type="Stamp" Creator="{NAME}"><ofd:Remark>{NAME}'
        f'</ofd:Remark><ofd:Parameters><ofd:Parameter Name="{NAME}">{PHONE}</ofd:Parameter>'
        f'</ofd:Parameters><ofd:Appearance Boundary="0 0 90 20">{text_object(NAME, 1, 9)}'
        "</ofd:Appearance></ofd:Annot></ofd:PageAnnot>"
    )
    parts: dict[str, str | bytes] = {
        "OFD.xml": f"<ofd:OFD %s>{entry}</ofd:OFD>",
        "Doc_0/Annotations.xml": '<ofd:Annotations %s><ofd:Page PageID="1"><ofd:FileLoc>'
        f"Annots/{NAME}.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>",
        f"Doc_0/Annots/{NAME}.xml": note,
        f"Doc_0/{NAME}.xml": f"<ofd:Document %s>{NAME}</ofd:Document>",
        "Doc_0/CustomTags.xml": f"<ofd:CustomTags %s>{NAME}</ofd:CustomTags>",
        "Doc_0/Attachments.xml": f"<ofd:Attachments %s>{NAME}</ofd:Attachments>",
        "Doc_0/Extensions.xml": f"<ofd:Extensions %s>{NAME}</ofd:Extensions>",
        "Doc_0/Signs/Signatures.xml": f"<ofd:Signatures %s>{NAME}</ofd:Signatures>",
        "unreferenced.xml": f"<x>{NAME}</x>",
    }
    return built([page], after=outline + listed, parts=parts)


def test_nothing_to_mask_is_left_in_any_place(tmp_path: Path) -> None:
    data = everywhere()
    assert texts(data).count(NAME) >= 20
    file, account = masked(data, tmp_path)
    left = texts(file.data)
    for value in (NAME, PHONE, PERSON, PERSON[9:]):
        assert value not in left, left
    assert account.removed["earlier versions"] == account.removed["custom tags"] - 1 == 1
    assert account.uncovered == []


def test_a_masked_file_is_read_as_before(tmp_path: Path) -> None:
    file, _ = masked(everywhere(), tmp_path)
    assert file.media_type == ofd.MEDIA_TYPE
    read = ofd.read(saved(tmp_path, file.data, "masked.ofd"), LIMITS)
    assert "电话138****1234" in read.text
    assert "11*************02X" in read.text
    assert read.pages == 1


def test_masked_characters_take_the_place_of_the_original_ones(tmp_path: Path) -> None:
    address = "北京市东城区景山前街4号"
    data = built([text_object(f"住址：{address}，电话", 20, 20)])
    file, _ = masked(data, tmp_path)
    before = ofd.read(saved(tmp_path, data, "a.ofd"), LIMITS)
    after = ofd.read(saved(tmp_path, file.data, "b.ofd"), LIMITS)
    assert address in before.text
    assert "***，电话" in after.text
    (old,), (new,) = before.blocks, after.blocks
    assert old.box is not None
    assert new.box == pytest.approx(old.box, abs=0.5)


def test_the_glyphs_of_masked_characters_are_removed_and_others_stay(tmp_path: Path) -> None:
    glyphs = list(range(100, 100 + 13))
    transform = (
        f'<ofd:CGTransform CodePosition="0" CodeCount="13" GlyphCount="13"><ofd:Glyphs>'
        f"{' '.join(map(str, glyphs))}</ofd:Glyphs></ofd:CGTransform>"
    )
    page = text_object(f"电话{PHONE}", 20, 20).replace("<ofd:TextCode", f"{transform}<ofd:TextCode")
    file, _ = masked(built([page]), tmp_path)
    found = re.findall(
        r'CodePosition="(\d+)" CodeCount="(\d+)" GlyphCount="\d+"><ofd:Glyphs>([^<]*)<',
        texts(file.data),
    )
    assert found == [("0", "2", "100 101")]


def test_pictures_lose_their_metadata_and_are_listed(tmp_path: Path) -> None:
    data = io.BytesIO()
    picture = Image.new("RGB", (60, 60), "white")
    picture.putpixel((3, 3), (0, 0, 0))
    picture.save(data, "JPEG", comment=PHONE.encode())
    resources = (
        '<ofd:Res %s BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia ID="7" Type="Image">'
        f"<ofd:MediaFile>{NAME}.jpg</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>"
    )
    file, account = masked(
        built(
            [text_object("正文", 20, 20) + WHOLE.format(id=7)],
            common="<ofd:DocumentRes>Res.xml</ofd:DocumentRes>",
            parts={"Doc_0/Res.xml": resources, f"Doc_0/Res/{NAME}.jpg": data.getvalue()},
        ),
        tmp_path,
    )
    assert PHONE.encode() not in file.data
    assert NAME not in texts(file.data)
    assert account.uncovered == [("picture", "Res/picture1.jpg")]


@pytest.mark.parametrize("term", ["100", "25", "xml", "Page", "Font", "part"])
def test_words_and_numbers_that_every_ofd_file_has_can_be_terms(tmp_path: Path, term: str) -> None:
    page = text_object(f"正文 {term} 完", 20, 25).replace('DeltaX="4.200 ', 'DeltaX="100 25 ')
    file, _ = masked(built([page]), tmp_path, term)
    masking = Masker(Targets(frozenset(RULES), [term]), Style()).masking()
    assert verify(file, masking, {term}, LIMITS).left == []


@pytest.mark.parametrize(
    "place", ['DeltaX="13812341234"', 'Boundary="138 1234 1234 1"', 'X="13812341234.0"']
)
def test_a_number_in_a_place_for_lengths_is_found(tmp_path: Path, place: str) -> None:
    page = WHOLE.format(id=1) + f'<ofd:TextObject ID="8" {place}/>'
    entries = inventory(saved(tmp_path, built([page])), ofd.MEDIA_TYPE, LIMITS)
    assert any("1234" in one.text for one in entries)
