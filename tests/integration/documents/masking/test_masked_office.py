"""RTF, XLS and ODS masked through LibreOffice, and without it."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from docx import Document as WordDocument

from documents.readers import docx, sheets, text
from standin.direct_source import read_with_source
from standin.documents.builders import (
    LIMITS,
    PARAGRAPH,
    TABLE,
    as_ods,
    as_rtf,
    as_xls,
    saved,
)
from standin.scripted_engine import ScriptedEngine
from tasks.redact import RedactOptions, redact
from tests.programs import require_program
from tests.unit.documents.masking.masks import NAME, PHONE, masked

CONTENT = [
    (PARAGRAPH, "通知"),
    (PARAGRAPH, f"申请人{NAME}，电话{PHONE}。"),
    (TABLE, f"姓名\t电话\n{NAME}\t{PHONE}"),
]


def test_a_masked_rtf_is_a_docx(tmp_path: Path) -> None:
    require_program("soffice")
    file, account = masked(as_rtf(CONTENT), tmp_path)
    assert file.media_type == docx.MEDIA_TYPE
    opened = WordDocument(io.BytesIO(file.data))
    assert "申请人****，电话138****1234。" in [one.text for one in opened.paragraphs]
    assert [cell.text for cell in opened.tables[0].rows[1].cells] == ["****", "138****1234"]
    assert account.removed["the original format"] == 1


def test_of_a_text_in_two_versions_the_one_in_unicode_is_masked(tmp_path: Path) -> None:
    require_program("soffice")
    source = rb"{\rtf1\ansi{\upr{x}{\*\ud{%s}}}\par}" % PHONE.encode()
    file, _ = masked(source, tmp_path)
    texts = [one.text for one in WordDocument(io.BytesIO(file.data)).paragraphs]
    assert texts[0] == "138****1234"


@pytest.mark.parametrize("build", [as_xls, as_ods])
def test_a_masked_workbook_of_an_older_format_is_an_xlsx(
    tmp_path: Path, build: Callable[..., bytes]
) -> None:
    require_program("soffice")
    file, _ = masked(build(CONTENT), tmp_path)
    assert file.media_type == sheets.XLSX
    opened = openpyxl.load_workbook(io.BytesIO(file.data))
    values = [cell.value for row in opened.active.iter_rows() for cell in row]
    assert "138****1234" in values
    assert NAME not in values


def test_without_libreoffice_a_masked_workbook_is_a_text_which_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    file, account = masked(as_xls(CONTENT), tmp_path)
    assert file.media_type == text.MEDIA_TYPE
    assert "****\t138****1234" in file.data.decode()
    assert account.removed["layout and everything except the text"] == 1


# LibreOffice reads no headers of pages.
WITH_HEADER = f"""<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:x="urn:schemas-microsoft-com:office:excel"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="a"><Table><Row><Cell>
 <Data ss:Type="String">甲</Data></Cell></Row></Table><x:WorksheetOptions><x:PageSetup>
 <x:Header x:Data="&amp;C电话{PHONE}"/></x:PageSetup></x:WorksheetOptions></Worksheet></Workbook>"""


async def test_a_workbook_whose_conversion_lacks_a_header_is_masked_as_text(tmp_path: Path) -> None:
    require_program("soffice")
    document, source = read_with_source(saved(tmp_path, WITH_HEADER.encode()), LIMITS, "a.xml")
    result = await redact(document, RedactOptions(use_model=False), ScriptedEngine(lambda _: ""))
    assert (result.file and result.file.media_type, result.not_covered) == (text.MEDIA_TYPE, [])
    (masked_text,) = (one for one in source.kept.values() if not one.startswith(b"<!"))
    assert "电话138****1234" in masked_text.decode()
    assert "layout and everything except the text" in [one.what for one in result.removed]
