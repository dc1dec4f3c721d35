"""What the two distributions install, and that the client needs nothing but its requirements."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]


def installed(project: Path, folder: Path) -> Path:
    """The project's wheel, built and installed into a folder of its own."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=project, check=True, capture_output=True)
    (wheel,) = (folder / "dist").iterdir()
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps"]
    target = folder / "target"
    subprocess.run([*pip, "--target", target, wheel], check=True, capture_output=True)
    return target


def packages_in(target: Path) -> set[str]:
    return {path.name for path in target.iterdir() if not path.name.endswith(".dist-info")}


def link_requirements(requirements: list[str], folder: Path, done: set[str]) -> None:
    """Link what the requirements install, and what they require, into one folder."""
    for requirement in map(Requirement, requirements):
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if requirement.name in done or not applies:
            continue
        done.add(requirement.name)
        try:
            required = distribution(requirement.name)
        except PackageNotFoundError:
            continue
        for name in {file.parts[0] for file in required.files or () if file.parts[0] != ".."}:
            if name != "__pycache__" and not (folder / name).exists():
                (folder / name).symlink_to(Path(str(required.locate_file(name))))
        link_requirements(required.requires or [], folder, done)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(ROOT / "client", tmp_path_factory.mktemp("client"))


def test_the_client_installs_one_package_and_one_command(client: Path) -> None:
    assert packages_in(client) == {"chancery", "bin"}
    assert [path.name for path in (client / "bin").iterdir()] == ["chancery"]
    assert (client / "chancery/py.typed").exists()
    assert (client / "chancery/texts/zh.toml").exists()
    assert list(client.glob("chancery_client-*.dist-info/licenses/LICENSE"))


def test_the_client_runs_with_its_declared_requirements_alone(client: Path, tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "client/pyproject.toml").read_text())["project"]
    link_requirements(project["dependencies"], tmp_path, set())
    code = (
        f"import sys; sys.path[:0] = [{str(client)!r}, {str(tmp_path)!r}]\n"
        "from chancery import Chancery, verify\n"
        "from chancery.cli import main\n"
        "main(['--help'])"
    )
    # -I and -S: neither this environment's packages nor the checkout can be imported.
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "Documents and jobs:" in ran.stdout
    assert "Server:" not in ran.stdout


def test_the_server_installs_no_client_and_no_tests(tmp_path: Path) -> None:
    server = installed(ROOT, tmp_path)
    assert packages_in(server) == {"api", "documents", "jobs", "tasks", "worker"}
