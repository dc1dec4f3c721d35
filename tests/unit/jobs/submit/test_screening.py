"""Uploads are checked for a secrecy marking before they are stored."""

from __future__ import annotations

import asyncio
import io
import os
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from documents.detect import detect
from jobs.model.department import Department
from jobs.model.problems import ProblemError
from jobs.process.settings import LimitSettings, SecrecySettings, TaskSettings
from jobs.submit.secrecy import Screening
from standin.documents.builders import PARAGRAPH, as_docx, as_pdf, as_text, saved
from tasks.secrecy import Secrecy

STRICT = Department("tax", (), ())
LENIENT = Department("army", (), (), allow_secrecy=Secrecy.confidential)
MARKED = [(PARAGRAPH, "机密★1年"), (PARAGRAPH, "关于开展检查的通知")]
pytestmark = pytest.mark.asyncio(loop_scope="module")
ENOUGH = SecrecySettings(look_seconds=60)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


# Its processes take seconds to start.
@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def screening() -> AsyncIterator[Screening]:
    async with Screening.with_processes(ENOUGH, LimitSettings(), TaskSettings()) as screening:
        yield screening


async def test_a_marked_text_is_refused_and_the_log_holds_none_of_it() -> None:
    with capture_logs() as logs, pytest.raises(ProblemError) as raised:
        await Screening().check_text(STRICT, "机密★1年\n关于某军的通知")
    problem = raised.value.problem
    assert (problem.code, problem.extra["level"]) == ("secrecy-marked", "机密")
    assert "某军" not in str(logs) + problem.detail
    (event,) = logs
    assert event == {
        "event": "secrecy.refused",
        "log_level": "warning",
        "department": "tax",
        "level": "机密",
        "where": "text",
    }


async def test_a_marking_that_the_policy_allows_is_accepted() -> None:
    await Screening().check_text(LENIENT, "机密★1年\n通知")
    with pytest.raises(ProblemError):
        await Screening().check_text(LENIENT, "绝密★1年\n通知")


async def test_a_long_text_is_checked_too() -> None:
    with pytest.raises(ProblemError):
        await Screening().check_text(STRICT, "正文。\n" * 50_000 + "密级：秘密★3年\n")


@pytest.mark.parametrize("build", [as_text, as_docx, as_pdf])
async def test_a_marked_file_is_refused(
    screening: Screening, tmp_path: Path, build: object
) -> None:
    assert callable(build)
    path = saved(tmp_path, build(MARKED))
    with pytest.raises(ProblemError) as raised:
        await screening.check_file(
            STRICT, path, await asyncio.to_thread(detect, path), identity="one"
        )
    assert raised.value.problem.code == "secrecy-marked"
    await screening.check_file(LENIENT, path, await asyncio.to_thread(detect, path), identity="one")


async def test_a_marking_on_a_late_page_is_found_too(screening: Screening, tmp_path: Path) -> None:
    pages = [(PARAGRAPH, f"第{number}页的内容。") for number in range(1, 8)]
    path = saved(tmp_path, as_pdf([*pages, MARKED[0]], breaks=True))
    with pytest.raises(ProblemError):
        await screening.check_file(
            STRICT, path, await asyncio.to_thread(detect, path), identity="one"
        )


async def test_a_marking_after_much_other_text_is_found(
    screening: Screening, tmp_path: Path
) -> None:
    padding = "本页没有内容，仅供打印测试。" * 60_000
    path = saved(tmp_path, f"{padding}\n机密★1年\n".encode())
    with pytest.raises(ProblemError) as raised:
        await screening.check_file(STRICT, path, "text/plain", identity="one")
    assert raised.value.problem.code == "secrecy-marked"


async def test_a_file_that_cannot_be_read_is_refused(screening: Screening, tmp_path: Path) -> None:
    path = saved(tmp_path, as_pdf(MARKED)[:300])
    with capture_logs() as logs, pytest.raises(ProblemError) as raised:
        await screening.check_file(STRICT, path, "application/pdf", identity="one")
    assert raised.value.problem.code == "document-corrupt"
    assert MARKED[0][1] not in str(logs)


@pytest.mark.parametrize(
    "look", [SecrecySettings(look_seconds=0.001), SecrecySettings(look_memory_mib=64)]
)
async def test_a_file_that_is_not_checked_in_full_is_refused(
    look: SecrecySettings, tmp_path: Path
) -> None:
    # With little memory the check of the rows fails; with little time it does not begin.
    path = saved(tmp_path, as_docx([*[(PARAGRAPH, "甲" * 1_000)] * 3_000, *MARKED]))
    async with Screening.with_processes(look, LimitSettings(), TaskSettings()) as screening:
        with pytest.raises(ProblemError) as raised:
            await screening.check_file(
                STRICT, path, await asyncio.to_thread(detect, path), identity="one"
            )
    assert raised.value.problem.code in {"secrecy-unchecked", "secrecy-marked"}


async def test_a_file_is_not_blamed_for_earlier_ones_at_its_path(tmp_path: Path) -> None:
    path = tmp_path / "descriptor"
    look = SecrecySettings(look_seconds=3, look_processes=1)
    async with Screening.with_processes(look, LimitSettings(), TaskSettings()) as screening:
        letter = saved(tmp_path, as_docx([(PARAGRAPH, "关于开展检查的通知")]))
        assert await screening.media_type(STRICT, letter, identity="letter") == DOCX
        os.mkfifo(path)  # its bytes never come
        for _ in range(2):
            with pytest.raises(ProblemError):
                await screening.check_file(STRICT, path, DOCX, identity="endless")
        with capture_logs() as logs, pytest.raises(ProblemError):
            await screening.check_file(STRICT, path, DOCX, identity="endless")
        assert [log["why"] for log in logs if log["event"] == "secrecy.not_looked"] == [
            "document-read-timeout"
        ]
        path.unlink()
        letter.rename(path)
        assert await screening.check_file(STRICT, path, DOCX, identity="letter")


async def test_pages_beyond_the_limit_are_not_checked_and_so_refused(tmp_path: Path) -> None:
    pages = [(PARAGRAPH, f"第{number}页的内容。") for number in range(1, 8)]
    path = saved(tmp_path, as_pdf([*pages, MARKED[0]], breaks=True))
    limits = LimitSettings(max_pages=3)
    async with Screening.with_processes(ENOUGH, limits, TaskSettings()) as screening:
        with pytest.raises(ProblemError) as raised:
            await screening.check_file(STRICT, path, "application/pdf", identity="one")
    assert raised.value.problem.code == "secrecy-unchecked"
    assert "more text or pages than a job may have" in raised.value.problem.detail


async def test_text_in_a_font_without_mapping_is_left_to_the_worker(screening: Screening) -> None:
    path = Path(__file__).parents[3] / "samples/pdf/title-font-unmapped.pdf"
    assert not await screening.check_file(STRICT, path, "application/pdf", identity="one")


async def test_by_policy_a_file_that_is_not_checked_in_full_is_kept_and_marked(
    tmp_path: Path,
) -> None:
    path = saved(tmp_path, as_docx(MARKED))
    settings = SecrecySettings(look_seconds=0.001, unread="mark")
    async with Screening.with_processes(settings, LimitSettings(), TaskSettings()) as screening:
        with capture_logs() as logs:
            checked = await screening.check_file(STRICT, path, DOCX, identity="one")
    assert not checked
    assert next(log["why"] for log in logs if log["event"] == "secrecy.not_looked") == "time"


def with_part(name: str, content: bytes) -> bytes:
    data = io.BytesIO(as_docx([(PARAGRAPH, "关于开展检查的通知")]))
    with zipfile.ZipFile(data, "a") as package:
        package.writestr(name, content)
    return data.getvalue()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def marking() -> AsyncIterator[Screening]:
    """By its policy, a file that is not checked in full is marked."""
    lenient = ENOUGH.model_copy(update={"unread": "mark"})
    async with Screening.with_processes(lenient, LimitSettings(), TaskSettings()) as marking:
        yield marking


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("word/embeddings/a.bin", b"\x01\x00" * 300, "embedded file"),
        ("word/vbaProject.bin", b"\x01\x00" * 300, "macros"),
        ("customXml/a.xml", b"<a>", "damaged"),
    ],
)
async def test_a_file_with_a_part_that_no_reader_reads_is_refused_or_marked(
    screening: Screening,
    marking: Screening,
    tmp_path: Path,
    *,
    name: str,
    content: bytes,
    reason: str,
) -> None:
    path = saved(tmp_path, with_part(name, content))
    with pytest.raises(ProblemError) as raised:
        await screening.check_file(STRICT, path, DOCX, identity="one")
    problem = raised.value.problem
    assert problem.code == "secrecy-unchecked"
    assert f"({reason})" in problem.detail
    assert name not in problem.detail
    assert not await marking.check_file(STRICT, path, DOCX, identity="one")


async def test_a_file_with_a_picture_is_accepted_and_marked(
    screening: Screening, tmp_path: Path
) -> None:
    path = saved(tmp_path, with_part("word/media/a.png", b"\x89PNG\r\n\x1a\n"))
    with capture_logs() as logs:
        assert not await screening.check_file(STRICT, path, DOCX, identity="one")
    (event,) = [log for log in logs if log["event"] == "secrecy.not_looked"]
    assert (event["why"], event["unread"]) == ("unread", ("picture",))


async def test_a_marking_in_an_unreferenced_part_is_found(
    screening: Screening, tmp_path: Path
) -> None:
    path = saved(tmp_path, with_part("customXml/a.xml", "<a>机密★1年</a>".encode()))
    with pytest.raises(ProblemError) as raised:
        await screening.check_file(STRICT, path, DOCX, identity="one")
    assert raised.value.problem.code == "secrecy-marked"


async def test_a_file_that_was_checked_in_full_is_marked_so(
    screening: Screening, tmp_path: Path
) -> None:
    path = saved(tmp_path, as_docx([(PARAGRAPH, "关于开展检查的通知")]))
    assert await screening.check_file(STRICT, path, DOCX, identity="one")


async def test_a_picture_is_left_to_the_worker(screening: Screening, tmp_path: Path) -> None:
    assert not await screening.check_file(
        STRICT, saved(tmp_path, b"-"), "image/png", identity="one"
    )


async def test_without_processes_only_text_files_are_checked(tmp_path: Path) -> None:
    written, word = saved(tmp_path, as_text(MARKED), "a"), saved(tmp_path, as_docx(MARKED), "b")
    await Screening().check_file(
        STRICT, word, await asyncio.to_thread(detect, word), identity="one"
    )
    with pytest.raises(ProblemError):
        await Screening().check_file(STRICT, written, "text/plain", identity="one")
