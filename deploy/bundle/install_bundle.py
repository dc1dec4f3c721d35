"""Install a bundle: `./install.sh`, on a machine without a network, as an ordinary user.

The release goes into a folder of its own below ROOT and is used from the next start on. What runs
meanwhile runs on. Needs the standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

BUNDLE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BUNDLE / "deploy" / "setup"))

from commands import announce, write_commands  # noqa: E402
from contents import MANIFEST, SUMS, Manifest, check_sums  # noqa: E402
from folder_lock import only_one  # noqa: E402
from machine import check_application, check_disk  # noqa: E402
from progress import Failed, Progress  # noqa: E402
from releases import CURRENT, Releases  # noqa: E402

NEEDED_BYTES = 1_500_000_000
EMPTY_ENV = "# NAME=value, one a line, without quotes: current/html/docs/settings.html\n"


def install(releases: Releases, options: argparse.Namespace, progress: Progress) -> None:
    """Check this bundle, install its release and use it. Raises `Failed` with cause and remedy."""
    manifest = Manifest.read(BUNDLE)
    with progress.step("the files of the bundle, by their digests"):
        check_sums(BUNDLE, BUNDLE / SUMS)
    if options.model:
        with progress.step(f"the files of {options.model}, by their digests"):
            check_model(options.model)
    make_root(releases.root)
    with only_one(releases.root, progress):
        use_release(releases, manifest, progress, restored=options.restored)


def make_root(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failed(
            f"the folder {root} cannot be created ({error.strerror}): let an administrator create "
            "it and give it to you, or choose another with --root"
        ) from error
    if not os.access(root, os.W_OK | os.X_OK):
        raise Failed(f"{root} is not writable: change its owner, or choose another with --root")


def use_release(
    releases: Releases, manifest: Manifest, progress: Progress, *, restored: bool
) -> None:
    releases.check_format(manifest, restored=restored)
    if releases.is_installed(manifest.release):
        progress.say(f"{manifest.release} is installed already")
    else:
        check_application()
        check_disk(releases.root, NEEDED_BYTES, "the release")
        install_release(releases.folder(manifest.release), progress)
    if manifest.engine:
        install_engine(releases, manifest, progress)
    settings = releases.root / "chancery.env"
    if not settings.exists():
        settings.write_text(EMPTY_ENV)
        settings.chmod(0o600)
    before = releases.linked(CURRENT)
    releases.use(manifest.release)
    write_commands(releases)
    announce(releases, before, progress)


def install_release(folder: Path, progress: Progress) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    python = folder / "venv" / "bin" / "python"
    with progress.step("a Python environment"):
        progress.run([sys.executable, "-m", "venv", folder / "venv"])
    with progress.step("the packages"):
        # Only what is in the bundle and as its lock says, whatever pip is configured to.
        options = ["--quiet", "--no-deps", "--no-index", f"--find-links={BUNDLE / 'wheels'}"]
        lock = ["--require-hashes", "-r", str(BUNDLE / "requirements.lock")]
        progress.run([python, "-m", "pip", "--isolated", "install", *options, *lock])
    with progress.step("the documentation"):
        for name in ("html", "deploy"):
            shutil.copytree(BUNDLE / name, folder / name)
    shutil.copy(BUNDLE / MANIFEST, folder)


def install_engine(releases: Releases, manifest: Manifest, progress: Progress) -> None:
    """Install vLLM beside the releases, unless one with the same lock is there."""
    kind = str(manifest.engine)
    lock = BUNDLE / "deploy" / "engine" / kind / "requirements.lock"
    home = (
        releases.root / "engines" / f"{kind}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    )
    link = releases.folder(manifest.release) / {"cpu": ".engine", "cuda": ".engine-cuda"}[kind]
    script = BUNDLE / "deploy" / "engine" / "install.py"
    with progress.step("vLLM"):
        progress.run(
            [sys.executable, "-B", script, "--for", kind, "--root", home],
            {
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(BUNDLE / "engine-wheels"),
            },
        )
    link.unlink(missing_ok=True)
    link.symlink_to(home)


def check_model(model: Path) -> None:
    """Raise `Failed` unless the files of `model` have the digests that the bundle lists."""
    sums = BUNDLE / "models" / model.resolve().name / SUMS
    if not sums.exists():
        raise Failed(f"this bundle has no digests of a model named {model.resolve().name}")
    check_sums(model, sums)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="install.sh", description="Install this bundle without a network."
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=Path.home() / "chancery",
        help="the folder for releases, settings and data (default: ~/chancery)",
    )
    parser.add_argument(
        "--model",
        type=Path,
        help="the folder of a model: compare its files with the digests in the bundle",
    )
    parser.add_argument(
        "--restored",
        action="store_true",
        help="the data are from a backup of this release or an older one",
    )
    options = parser.parse_args()
    releases = Releases(options.root.expanduser().absolute())
    with tempfile.NamedTemporaryFile(prefix="chancery-install-", suffix=".log") as log:
        progress = Progress("install", Path(log.name))
        began = time.monotonic()
        try:
            install(releases, options, progress)
        except Failed as failure:
            print(f"install: {failure}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("install: stopped. Run it again to continue.", file=sys.stderr)
            return 130
        progress.say(f"done in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
