"""An upgrade and the way back without a network, with jobs and batches in flight: nothing is lost.

    python -m tests.bundle.sealed FOLDER

FOLDER has `bundle`, from which `home/chancery` was installed, and whose Python runs this file.
"""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from chancery import Chancery
from tests.bundle.system import Engine, Installation, children, is_root, release_of, stand_in, until

JOBS, LINES = 20, 200
WORK_SECONDS = 120.0
TEXT = "The water in Lane {} is off on Friday. Residents fetch it from the tank at the gate."


@dataclass(frozen=True, slots=True)
class Work:
    """What was submitted and acknowledged."""

    jobs: Sequence[str]
    batch: str
    custom_ids: frozenset[str]


def main() -> None:
    folder = Path(sys.argv[1])
    began = time.monotonic()
    assert not is_root()
    installation = Installation(folder / "home" / "chancery")
    older = used(installation)
    newer, old_format = other_bundles(folder, installation)
    with stand_in() as engine:
        settings = f"CHANCERY_ENGINE_URL={engine.url}\nCHANCERY_GRACE_SECONDS=2\n"
        (installation.root / "chancery.env").write_text(settings)
        with installation.up() as system:
            say(f"ready {time.monotonic() - began:.0f} s after the installation", began)
            department = installation.create_department("water")
            chancery = Chancery(installation.api_url, department["api_key"])
            first = submit(chancery, engine, "first")
            output = install(newer, installation)
            assert f"{older} runs on until it is restarted" in output, output
            assert (used(installation), release_of(system)) == ("newer", older)
            assert set(map(release_of, pythons(system))) == {older}
        say("stopped the older release with work in flight", began)
        with installation.up() as system:
            assert release_of(system) == "newer"
            engine.set_mode("ok")
            check(chancery, first)
            say("the newer release has ended the work", began)
            second = submit(chancery, engine, "second")
            refused = installation.command("rollback", "--to", "no-such-release")
            assert refused.returncode == 1, refused.stdout
            done = installation.command("rollback")
            assert done.returncode == 0, done.stderr
            assert used(installation) == older
        say("stopped the newer release with work in flight", began)
        with installation.up() as system:
            assert release_of(system) == older
            engine.set_mode("ok")
            check(chancery, second)
            check(chancery, first)
            say("the older release has ended the work", began)
        chancery.close()
    done = subprocess.run(
        (old_format / "install.sh", "--root", installation.root),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "restore the backup from before the upgrade" in done.stderr, done.stderr
    assert used(installation) == older
    say("a release that cannot read the data was refused: all is well", began)


def say(text: str, began: float) -> None:
    print(f"bundle-test: {time.monotonic() - began:.0f} s: {text}", flush=True)


def used(installation: Installation) -> str:
    return (installation.root / "current").readlink().name


def other_bundles(folder: Path, installation: Installation) -> tuple[Path, Path]:
    """The bundles of two more releases with the same files: a newer one, and one that is so old
    that it cannot read the data.
    """
    contents = imported_contents(installation)
    manifest = contents.Manifest.read(folder / "bundle")
    written = []
    for name, number in (("newer", manifest.ledger_format), ("too-old", -1)):
        bundle = folder / name
        shutil.copytree(folder / "bundle", bundle)
        replace(manifest, release=name, ledger_format=number).write(bundle)
        contents.write_sums(bundle, bundle / contents.SUMS)
        written.append(bundle)
    return written[0], written[1]


def imported_contents(installation: Installation) -> ModuleType:
    deploy = installation.root / "current" / "deploy"
    sys.path += [str(deploy / "bundle"), str(deploy / "setup")]
    return importlib.import_module("contents")


def install(bundle: Path, installation: Installation) -> str:
    command = (bundle / "install.sh", "--root", installation.root)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pythons(system: int) -> list[int]:
    """The children of `chancery up` that are Chancery's own processes."""
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children(system)}
    return [pid for pid, line in lines.items() if b"\0-m\0" in line]


def submit(chancery: Chancery, engine: Engine, name: str) -> Work:
    """Submit jobs and a batch while the engine answers nothing; returns when some of them run."""
    engine.set_mode("hold")
    jobs = [chancery.submit("summarize", text=TEXT.format(n)).id for n in range(JOBS)]
    ids = [f"{name}-{number}" for number in range(LINES)]
    lines = (
        {
            "custom_id": custom_id,
            "method": "POST",
            "url": "/v1/jobs",
            "body": {"task": "summarize", "input": {"text": TEXT.format(custom_id)}},
        }
        for custom_id in ids
    )
    content = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    file = chancery.upload_file(content, filename=f"{name}.jsonl")
    batch = chancery.submit_batch(file.id)
    until(lambda: chancery.batch(batch.id).status == "in_progress", WORK_SECONDS)
    until(lambda: engine.running() > JOBS, WORK_SECONDS)
    return Work(jobs, batch.id, frozenset(ids))


def check(chancery: Chancery, work: Work) -> None:
    """Assert that every job has succeeded and that the batch has each line once."""
    ended = [chancery.wait(job, WORK_SECONDS).status for job in work.jobs]
    assert ended == ["succeeded"] * len(work.jobs), ended
    batch = chancery.wait_batch(work.batch, WORK_SECONDS)
    assert batch.status == "completed", batch
    lines = [line.custom_id for line in chancery.batch_results(work.batch)]
    assert (len(lines), set(lines)) == (LINES, set(work.custom_ids))
    assert batch.request_counts.failed == 0, batch


if __name__ == "__main__":
    main()
