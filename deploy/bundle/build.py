"""`make bundle`: everything that a machine without a network needs, in one folder below dist/."""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
for folder in (HERE, HERE.parent / "setup", HERE.parent / "engine", HERE.parent / "engine" / "cpu"):
    sys.path.insert(0, str(folder))

import torch_builds  # noqa: E402 (their folders are on the path only now)
from contents import SUMS, Manifest, sha256, write_sums  # noqa: E402
from machine import OLDEST_ENGINE_GLIBC  # noqa: E402
from pages import write_pages  # noqa: E402
from progress import Failed, Progress  # noqa: E402
from target import MACHINES, NEWEST_GLIBC, Target, download, own_wheels  # noqa: E402

PYTHONS = ("3.11", "3.12", "3.13")
ENGINE = ROOT / "deploy" / "engine"
COMPOSE_FILES = ("docker-compose.yml", ".env.example", "chancery.env.example")
# `worker`: the check of the model runs from it in vLLM's image.
COMPOSE_FOLDERS = ("deploy/docker", "deploy/grafana", "deploy/prometheus", "deploy/tasks", "worker")
_FORMAT = re.compile(r"^FORMAT(?:: int)? = (\d+)$", re.MULTILINE)


def build(bundle: Path, target: Target, options: argparse.Namespace, progress: Progress) -> str:
    """Write the bundle; returns the digest of its list of digests. Raises `Failed`."""
    shutil.rmtree(bundle, ignore_errors=True)
    bundle.mkdir(parents=True)
    with progress.step(f"wheels for Python {target.python} on {target.machine}"):
        write_wheels(bundle, target, progress)
    if options.engine:
        with progress.step("wheels of vLLM"):
            write_engine_wheels(bundle, target, options.engine, progress)
    for model in options.model:
        with progress.step(f"digests of {model.name}"):
            listed = bundle / "models" / model.resolve().name / SUMS
            listed.parent.mkdir(parents=True)
            write_sums(model.resolve(), listed)
    if options.images:
        with progress.step("images"):
            save_images(bundle / "images")
            copy_compose(bundle / "compose")
    with progress.step("the documentation"):
        write_pages(ROOT, bundle / "html")
    for name in ("bundle", "engine", "setup"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "deploy" / name, bundle / "deploy" / name, ignore=ignored)
    shutil.copy(HERE / "install.sh", bundle)
    manifest = Manifest(
        release=bundle.name.removesuffix(f"-{target.tag}").removeprefix("chancery-"),
        commit=git("rev-parse", "HEAD"),
        python=target.python,
        machine=target.machine,
        ledger_format=ledger_format(),
        engine=options.engine,
    )
    manifest.write(bundle)
    return write_sums(bundle, bundle / SUMS)


def write_wheels(bundle: Path, target: Target, progress: Progress) -> None:
    wheels, lock = bundle / "wheels", bundle / "requirements.lock"
    wheels.mkdir()
    lock.write_text(target.lock((ROOT / "requirements.lock").read_text()))
    download(target, lock, wheels, progress)
    with lock.open("a") as file:
        for wheel in own_wheels(wheels, ROOT, progress):
            name, version = wheel.name.split("-")[:2]
            file.write(f"{name.replace('_', '-')}=={version} --hash=sha256:{sha256(wheel)}\n")


def write_engine_wheels(bundle: Path, target: Target, kind: str, progress: Progress) -> None:
    locks, options = [ENGINE / kind / "requirements.lock"], list[str]()
    if kind == "cpu":
        build = torch_builds.choose(lambda *words: progress.run([*_pip(), *words]))
        progress.say(build.explanation)
        locks += [build.lock, ENGINE / "cpu" / "smollm2.lock"]
        options = [str(argument) for argument in build.pip_arguments]
    wheels = bundle / "engine-wheels"
    for lock in locks:
        with tempfile.NamedTemporaryFile("w", suffix=".lock") as wanted:
            wanted.write(target.lock(lock.read_text()))
            wanted.flush()
            newest = max(NEWEST_GLIBC, OLDEST_ENGINE_GLIBC)
            download(target, Path(wanted.name), wheels, progress, glibc=newest, options=options)


def _pip() -> Sequence[str]:
    return (sys.executable, "-m", "pip")


def save_images(folder: Path) -> None:
    """Save the images of docker-compose.yml, which must have been built and pulled."""
    folder.mkdir()
    compose = ("docker", "compose", "-f", str(ROOT / "docker-compose.yml"))
    # Compose refuses the file without a login, which no image depends on.
    login = {"CHANCERY_FLOWER_LOGIN": os.environ.get("CHANCERY_FLOWER_LOGIN", "none:none")}
    images = sorted(set(_output(*compose, "config", "--images", env=login).split()))
    archive = folder / "images.tar"
    _output("docker", "save", "-o", str(archive), *images)
    archive.chmod(0o644)  # Docker writes it for its owner only


def copy_compose(folder: Path) -> None:
    """Copy docker-compose.yml and what its containers mount, so that it runs without a checkout."""
    folder.mkdir()
    for name in COMPOSE_FILES:
        shutil.copy(ROOT / name, folder)
    for name in COMPOSE_FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)


def _output(*command: str, env: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=os.environ | (env or {}),
        )
    except FileNotFoundError as error:
        raise Failed(f"{command[0]} is not installed") from error
    if done.returncode:
        raise Failed(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout.strip()


def git(*arguments: str) -> str:
    return _output("git", *arguments)


def ledger_format() -> int:
    """The number that jobs/ledger/server/format.py gives the ledger's format."""
    found = _FORMAT.search((ROOT / "jobs" / "ledger" / "server" / "format.py").read_text())
    if found is None:
        raise Failed("jobs/ledger/server/format.py has no FORMAT")
    return int(found[1])


def release_name() -> str:
    """The version, the commit's day and the commit; `-changed` if files differ from the commit."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    commit = git("log", "-1", "--format=%cd-%h", "--date=format:%Y%m%d", "--abbrev=8")
    changed = "-changed" if git("status", "--porcelain", "--untracked-files=no") else ""
    return f"{version}-{commit}{changed}"


def write_archive(bundle: Path) -> Path:
    """One file for the medium. Wheels and images are compressed already."""
    archive = bundle.with_name(f"{bundle.name}.tar")
    with tarfile.open(archive, "w") as tar:
        tar.add(bundle, arcname=bundle.name)
    return archive


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bundle", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--python", choices=PYTHONS, default="3.11", help="the target's Python")
    parser.add_argument("--machine", choices=MACHINES, default=platform.machine())
    parser.add_argument(
        "--engine", choices=("cpu", "cuda"), help="add the wheels of vLLM (cuda: about 6 GB)"
    )
    parser.add_argument(
        "--model",
        type=Path,
        action="append",
        default=[],
        help="add the digests of the files in this folder; may be repeated",
    )
    parser.add_argument("--images", action="store_true", help="add the images of Compose")
    parser.add_argument("--archive", action="store_true", help="write a .tar beside the folder")
    parser.add_argument("--name", help="the release's name (default: version, day, commit)")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="default: dist")
    return parser.parse_args(arguments)


def main() -> int:
    options = parsed()
    target = Target(options.python, options.machine)
    with tempfile.NamedTemporaryFile(prefix="chancery-bundle-", suffix=".log") as log:
        progress, began = Progress("bundle", Path(log.name)), time.monotonic()
        try:
            name = options.name or release_name()
            bundle = options.out.resolve() / f"chancery-{name}-{target.tag}"
            digest = build(bundle, target, options, progress)
            written = write_archive(bundle) if options.archive else bundle
        except Failed as failure:
            print(f"bundle: {failure}", file=sys.stderr)
            return 1
        progress.say(f"wrote {written} ({time.monotonic() - began:.0f} s)")
        progress.say(f"the SHA-256 of its {SUMS} is {digest}: take it along on another way")
    return 0


if __name__ == "__main__":
    sys.exit(main())
