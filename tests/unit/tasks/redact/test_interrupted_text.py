"""What a document shows without characters between is masked in its text as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from standin.direct_source import read_with_source
from standin.documents.builders import LIMITS, docx_with, saved
from standin.documents.office_builders import presentation, shape
from standin.scripted_engine import ScriptedEngine
from tasks.redact import RedactOptions, redact

WHITE_IN_WORD = '<w:color w:val="FFFFFF"/>'
WHITE = "<a:solidFill><a:srgbClr val='FFFFFF'/></a:solidFill>"


def slide(*runs: tuple[str, bool]) -> bytes:
    written = "".join(
        f"<a:r><a:rPr>{WHITE if is_white else ''}</a:rPr><a:t>{text}</a:t></a:r>"
        for text, is_white in runs
    )
    return presentation([shape(f"<a:p>{written}</a:p>")])


def page(*runs: tuple[str, bool]) -> bytes:
    written = "".join(
        f"<w:r><w:rPr>{WHITE_IN_WORD if is_white else ''}</w:rPr><w:t>{text}</w:t></w:r>"
        for text, is_white in runs
    )
    return docx_with(f"<w:p>{written}</w:p>")


RUNS = (("138", False), ("9", True), ("1234", False), ("9", True), ("1234", False))
FILES = {"PPTX": slide(*RUNS), "DOCX": page(*RUNS)}


@pytest.mark.parametrize("format_", FILES)
async def test_a_number_with_white_digits_between_is_masked(format_: str, tmp_path: Path) -> None:
    document, source = read_with_source(saved(tmp_path, FILES[format_]), LIMITS)
    options = RedactOptions(use_model=False)
    result = await redact(document, options, ScriptedEngine(lambda _: {}))
    assert result.text == "138****1234"
    assert [(one.kind, one.start, one.end) for one in result.findings] == [("mobile", 0, 13)]
    assert result.file is not None
    if format_ == "PPTX":
        assert source.kept[result.file.document_id] == b"138****1234"
