"""DOC, WPS, RTF and ODT with a fake LibreOffice, and with the real one if installed."""

from __future__ import annotations

import asyncio
import io
import os
import select
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from documents.detect import detect
from documents.errors import (
    CorruptDocument,
    DocumentTooLong,
    EncryptedDocument,
    ReaderCrashed,
    ReaderUnavailable,
    ReadTimeout,
    UnsupportedDocument,
)
from documents.isolation.pool import ReaderPool
from documents.read import read
from documents.readers import legacy_office
from standin.documents.builders import CONTENT, LIMITS, as_docx, as_rtf, saved
from tests.scratch import removed

STAND_IN = """#!{python}
import os, pathlib, shutil, subprocess, sys
words = sys.argv[1:]
out = pathlib.Path(words[words.index("--outdir") + 1])
source = pathlib.Path(words[-1])
profile = next(word for word in words if word.startswith("-env:UserInstallation=file://"))
settings = pathlib.Path(profile.split("file://")[1], "user", "registrymodifications.xcu")
assert "DisableMacrosExecution" in settings.read_text()
{work}
"""
COPY = "out.mkdir(); shutil.copy({docx!r}, out / (source.stem + '.docx'))"
HANG = """
child = subprocess.Popen(["sleep", "600"])
pathlib.Path({pids!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
child.wait()
"""


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files: the program's folder must be removed afterwards."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str) -> None:
    program = saved(tmp_path, STAND_IN.format(python=sys.executable, work=work).encode(), "soffice")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def ended(pid: int) -> bool:
    """Whether the process ends within 30 seconds."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 30)[0])
    finally:
        os.close(process)


def test_without_libreoffice_the_error_says_what_operators_may_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, as_rtf())
    assert detect(path) == legacy_office.RTF
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(UnsupportedDocument, match="libreoffice-writer-nogui"):
        read(path, LIMITS)


def test_what_libreoffice_writes_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    docx = saved(tmp_path, as_docx(), "whole.docx")
    stand_in(tmp_path, monkeypatch, COPY.format(docx=str(docx)))
    document = read(saved(tmp_path, as_rtf()), LIMITS)
    found = [(block.kind, document.text[block.start : block.end]) for block in document.blocks]
    assert found == list(CONTENT)
    assert document.media_type == legacy_office.RTF
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("work", ["sys.exit(1)", "pass", "out.mkdir()"])
def test_a_document_that_libreoffice_cannot_read_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: Path, work: str
) -> None:
    stand_in(tmp_path, monkeypatch, work)
    with pytest.raises(CorruptDocument, match="LibreOffice"):
        read(saved(tmp_path, as_rtf()), LIMITS)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("work", "error"),
    [
        ("os.kill(os.getpid(), 9)", ReaderUnavailable),
        ("sys.exit(128 + 9)", ReaderUnavailable),  # as its launcher reports it
        ("sys.exit(255)", ReaderUnavailable),  # SIGTERM
        ("os.kill(os.getppid(), 9)", ReaderUnavailable),
        ("os.kill(os.getppid(), 15); child = subprocess.run(['sleep', '9'])", ReaderUnavailable),
        ("os.abort()", ReaderCrashed),
        ("sys.exit(128 + 11)", ReaderCrashed),
    ],
)
def test_a_crash_of_libreoffice_is_told_apart_from_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str, error: type[Exception]
) -> None:
    stand_in(tmp_path, monkeypatch, work)
    with pytest.raises(error, match="LibreOffice"):
        read(saved(tmp_path, as_rtf()), LIMITS)


FILL = "data = []\nwhile True: data.append(bytearray(b'x' * 2**20))"


@pytest.mark.parametrize(
    "end", ["os.abort()", "os.kill(os.getpid(), 9)", "sys.exit(1)", "sys.exit()"]
)
def test_a_document_for_which_libreoffice_needs_too_much_memory_is_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: Path, end: str
) -> None:
    monkeypatch.setattr(legacy_office, "MEMORY_BYTES", 200 * 2**20)
    work = f"try:\n    {FILL.replace(chr(10), chr(10) + '    ')}\nexcept MemoryError:\n    {end}"
    stand_in(tmp_path, monkeypatch, work)
    with pytest.raises(DocumentTooLong, match="memory"):
        read(saved(tmp_path, as_rtf()), LIMITS)
    assert list(scratch.iterdir()) == []


def test_a_document_that_becomes_too_large_is_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(legacy_office, "MOST_BYTES", 2**20)
    write = "out.mkdir(); (out / 'document.docx').write_bytes(bytes(2**21))"
    stand_in(tmp_path, monkeypatch, write)
    with pytest.raises(DocumentTooLong, match="too large"):
        read(saved(tmp_path, as_rtf()), LIMITS)


def test_a_libreoffice_that_does_not_start_blames_no_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "pass")
    (tmp_path / "soffice").write_text("#!/nonexistent/interpreter\n")
    with pytest.raises(ReaderUnavailable, match="could not be started"):
        read(saved(tmp_path, as_rtf()), LIMITS)


def test_a_conversion_that_takes_too_long_is_ended_with_all_its_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    pids = tmp_path / "pids"
    stand_in(tmp_path, monkeypatch, HANG.format(pids=str(pids)))
    monkeypatch.setattr(legacy_office, "SECONDS", 2)
    with pytest.raises(ReadTimeout, match="2 seconds"):
        read(saved(tmp_path, as_rtf()), LIMITS)
    assert all(ended(int(pid)) for pid in pids.read_text().split())
    assert list(scratch.iterdir()) == []


# The kernel takes a while to end a process of this size.
LARGE = """
code = "import time; held = bytearray(b'x' * 400 * 2**20); print(flush=True); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
child.stdout.readline()
pathlib.Path({pid!r}).write_text(str(child.pid))
"""


def test_no_process_of_a_conversion_is_left_when_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = tmp_path / "pid"
    stand_in(tmp_path, monkeypatch, LARGE.format(pid=str(pid)))
    with pytest.raises(CorruptDocument):
        read(saved(tmp_path, as_rtf()), LIMITS)
    assert not Path("/proc", pid.read_text()).exists()


# In a session of its own, so that it is not killed with the others.
WRITER = """
code = "import itertools, pathlib, sys, time; end = time.monotonic() + 3\\n" \\
    "for n in itertools.count():\\n" \\
    "    pathlib.Path(sys.argv[1], sys.argv[2] + str(n)).touch()\\n" \\
    "    if time.monotonic() > end: break"
for n in "abcd":
    subprocess.Popen([sys.executable, "-c", code, source.parent, n], start_new_session=True)
while not all(list(source.parent.glob(f"{n}*")) for n in "abcd"):
    pass
"""


def test_a_folder_in_which_a_process_still_writes_is_removed_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    stand_in(tmp_path, monkeypatch, WRITER)
    with pytest.raises(CorruptDocument):
        read(saved(tmp_path, as_rtf()), LIMITS)
    assert removed(scratch)


async def test_killing_the_reader_ends_libreoffice_and_removes_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    pids = tmp_path / "pids"
    supervisor = "pathlib.Path({parent!r}).write_text(str(os.getppid()))"
    parent = tmp_path / "parent"
    work = supervisor.format(parent=str(parent)) + HANG.format(pids=str(pids))
    stand_in(tmp_path, monkeypatch, work)
    path = saved(tmp_path, as_rtf())
    async with ReaderPool(processes=1, timeout_seconds=5, memory_mib=512) as reading:
        with pytest.raises(ReadTimeout):
            await reading.read(path, LIMITS)
    left = [*pids.read_text().split(), parent.read_text()]
    assert all([await asyncio.to_thread(ended, int(pid)) for pid in left])
    assert os.listdir(scratch) == []  # noqa: PTH208 (not to be waited for)


def test_killing_the_process_around_libreoffice_ends_it_and_removes_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    pids = tmp_path / "pids"
    work = HANG.format(pids=str(pids)).replace("child.wait()", "os.kill(os.getppid(), 9)")
    stand_in(tmp_path, monkeypatch, f"{work}\nchild.wait()")
    with pytest.raises(ReaderUnavailable, match="killed from outside"):
        read(saved(tmp_path, as_rtf()), LIMITS)
    assert all(ended(int(pid)) for pid in pids.read_text().split())
    assert removed(scratch)


@pytest.mark.needs("soffice")
def test_killing_the_process_around_a_real_libreoffice_leaves_nothing(
    tmp_path: Path, scratch: Path
) -> None:
    path = saved(tmp_path, as_rtf())
    with ThreadPoolExecutor(1) as threads:
        task = threads.submit(read, path, LIMITS)
        while (office := office_of(scratch)) is None:
            assert not task.done()
            time.sleep(0.01)
        pid, socket = office
        os.kill(parent_of_group(pid), signal.SIGKILL)
        with pytest.raises(ReaderUnavailable, match="killed from outside"):
            task.result()
    assert ended(pid)
    assert removed(scratch)
    assert not socket.exists()


def parent_of_group(pid: int) -> int:
    """The parent of the process that leads the process group of a process."""
    status = Path("/proc", str(os.getpgid(pid)), "stat").read_text()
    return int(status.rpartition(")")[2].split()[1])


def written_by_libreoffice(folder: Path, kind: str) -> bytes:
    source = saved(folder, as_docx(), "letter.docx")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", folder, source],
        check=True,
        capture_output=True,
    )
    return source.with_suffix(f".{kind.split(':', maxsplit=1)[0]}").read_bytes()


@pytest.mark.needs("soffice")
@pytest.mark.parametrize(
    ("kind", "media_type"), [("doc", legacy_office.DOC), ("odt", legacy_office.ODT)]
)
def test_doc_and_odt_say_the_same_where_libreoffice_is_installed(
    tmp_path: Path, scratch: Path, kind: str, media_type: str
) -> None:
    path = saved(tmp_path, written_by_libreoffice(tmp_path, kind), "renamed.txt")
    document = read(path, LIMITS)
    found = [(block.kind, document.text[block.start : block.end]) for block in document.blocks]
    assert found == list(CONTENT)
    assert document.media_type == media_type
    assert not [entry for entry in scratch.iterdir() if entry.name.startswith("chancery")]


@pytest.mark.needs("soffice")
def test_a_locked_doc_is_reported_before_conversion(tmp_path: Path) -> None:
    data = bytearray(written_by_libreoffice(tmp_path, "doc"))
    data[data.index(b"\xec\xa5", 512) + 11] |= 1  # the flag that the rest is encrypted
    with pytest.raises(EncryptedDocument, match="password"):
        read(saved(tmp_path, bytes(data)), LIMITS)


@pytest.mark.needs("soffice")
def test_rtf_says_the_same_where_libreoffice_is_installed(tmp_path: Path) -> None:
    document = read(saved(tmp_path, as_rtf()), LIMITS)
    assert document.text.split() == " ".join(words for _, words in CONTENT).split()
    assert document.media_type == "application/rtf"


def office_of(folder: Path) -> tuple[int, Path] | None:
    """The process of a real LibreOffice with its profile in `folder`, when it has its socket."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
            if words.split(b"\0")[0].endswith(b"soffice.bin") and str(folder).encode() in words:
                sockets = (process / "net" / "unix").read_text().splitlines()
                paths = [line.split()[-1] for line in sockets if "OSL_PIPE" in line]
                return (int(process.name), Path(paths[-1])) if paths else None
        except (OSError, IndexError):
            continue  # it has ended
    return None


@pytest.mark.needs("soffice")
async def test_a_killed_libreoffice_blames_no_document_and_leaves_nothing(
    tmp_path: Path, scratch: Path
) -> None:
    path = saved(tmp_path, as_rtf())
    async with ReaderPool(processes=1, timeout_seconds=60, memory_mib=512) as reading:
        task = asyncio.create_task(reading.read(path, LIMITS))
        while (office := office_of(scratch)) is None:
            assert not task.done()
            await asyncio.sleep(0.01)
        pid, socket = office
        assert socket.exists()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ReaderUnavailable, match="killed from outside"):
            await task
        assert not socket.exists()
        assert os.listdir(scratch) == []  # noqa: PTH208 (not to be waited for)
        assert (await reading.read(path, LIMITS)).text


NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{full}:1.0"'
    for name, full in (
        ("office", "office"),
        ("text", "text"),
        ("draw", "drawing"),
        ("svg", "svg-compatible"),
    )
)
LINKED = """<?xml version="1.0"?>
<office:document-content {namespaces} xmlns:xlink="http://www.w3.org/1999/xlink"
office:version="1.2"><office:body><office:text><text:p>Linked.
<draw:frame text:anchor-type="as-char" svg:width="3cm" svg:height="3cm">
<draw:image xlink:href="{url}/a.png" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame>
</text:p><text:section text:name="s"><text:section-source xlink:href="{url}/s.odt"/>
<text:p>Section.</text:p></text:section></office:text></office:body></office:document-content>"""


MANIFEST = f"""<?xml version="1.0"?>
<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<m:file-entry m:full-path="/" m:media-type="{legacy_office.ODT}"/>
<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>"""


def with_links(url: str) -> bytes:
    """An ODT with a picture and a section at a URL."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", legacy_office.ODT)
        package.writestr("META-INF/manifest.xml", MANIFEST)
        package.writestr("content.xml", LINKED.format(namespaces=NAMESPACES, url=url))
    return out.getvalue()


class Contacts:
    """Counts the connections to a server."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.count += 1
        writer.close()


@pytest.mark.needs("soffice")
async def test_libreoffice_reaches_no_address_that_a_document_names(
    tmp_path: Path, scratch: Path
) -> None:
    contacts = Contacts()
    server = await asyncio.start_server(contacts, "127.0.0.1", 0)
    path = saved(tmp_path, with_links(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    async with server, ReaderPool(processes=1, timeout_seconds=60, memory_mib=512) as reading:
        document = await reading.read(path, LIMITS)
        assert "Linked." in document.text
        assert contacts.count == 0
        # Without the protection it does.
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        words = (profile, "--headless", "--convert-to", "docx", "--outdir", str(tmp_path))
        process = await asyncio.create_subprocess_exec("soffice", *words, str(path))
        await process.wait()
        assert contacts.count
