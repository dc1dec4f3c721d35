"""Generates a Java client from the api's OpenAPI document and compiles it.

    python deploy/java_client.py FOLDER

FOLDER gets `openapi.json`, the sources in `client/` and the classes in `classes/`, with the program
in docs/integration/SubmitGenerated.java. Needs a JDK, and Apache HttpClient's mime library and
Jakarta's annotations in /usr/share/java (libhttpmime-java, libjakarta-annotation-api-java).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "docs" / "integration" / "SubmitGenerated.java"
LIBRARIES = tuple(
    Path("/usr/share/java") / f"{name}.jar"
    for name in ("httpmime", "httpcore", "jakarta-annotation-api")
)
# Both programs run for seconds: compiling their own code thoroughly would cost more than it saves.
JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
OPTIONS = {
    "apiPackage": "chancery.api",
    "modelPackage": "chancery.model",
    "invokerPackage": "chancery",
    "hideGenerationTimestamp": "true",
    "openApiNullable": "false",
    "useJakartaEe": "true",
}


def generate(folder: Path) -> str:
    """Generate and compile the client; returns the class path to run it with.

    Raises `CalledProcessError` if the generator refuses the document or the client does not
    compile, `FileNotFoundError` without a JDK or the libraries.
    """
    if missing := [str(library) for library in LIBRARIES if not library.exists()]:
        raise FileNotFoundError(f"not installed: {', '.join(missing)}")
    document, client, classes = (folder / name for name in ("openapi.json", "client", "classes"))
    classes.mkdir(parents=True)
    document.write_text(json.dumps(_document(), ensure_ascii=False, indent=1))
    # The generator's archive has Jackson, which the generated client uses.
    generator = Path(str(files("openapi_generator_cli") / "openapi-generator.jar"))
    options = ",".join(f"{name}={value}" for name, value in OPTIONS.items())
    _run(
        *("java", *JAVA, "-jar", generator, "generate", "--generator-name", "java"),
        *("--library", "native", "--input-spec", document, "--output", client),
        *("--additional-properties", options),
    )
    class_path = ":".join(map(str, (classes, generator, *LIBRARIES)))
    _run(
        *("javac", *(f"-J{option}" for option in JAVA), "-nowarn", "-proc:none"),
        *("-d", classes, "-cp", class_path, *_sources(client)),
    )
    return class_path


def _sources(client: Path) -> Iterator[Path]:
    yield from sorted((client / "src" / "main").rglob("*.java"))
    yield PROGRAM


def _document() -> dict[str, object]:
    from api.app import AppSettings, create_app  # noqa: PLC0415 - reads the environment

    return create_app(AppSettings()).openapi()


def _run(*argv: object) -> None:
    done = subprocess.run(list(map(str, argv)), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stdout[-5_000:] + done.stderr[-5_000:])
        done.check_returncode()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    folder = Path(sys.argv[1])
    print(f"java -cp {generate(folder)} {PROGRAM.stem} FILE")
