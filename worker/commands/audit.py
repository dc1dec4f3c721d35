"""`chancery audit verify` and `export`: check the audit record, and read it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from pydantic import ValidationError

from jobs.audit.chain import ChainKey
from jobs.audit.export import Selection, records, write_csv, write_json_lines
from jobs.audit.files import AuditFiles, AuditKeyUnusable, read_key
from jobs.audit.verify import verify as verify_record
from jobs.process.environment import wrong_settings
from jobs.process.settings import AuditSettings
from worker.commands.department.arguments import NameType, json_option
from worker.commands.messages import detail, message

_data_dir = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    envvar="CHANCERY_DATA_DIR",
    default=Path("var"),
    show_default=True,
    help="The data dir of the system.",
)
_day = click.DateTime(["%Y-%m-%d"])


@click.group(epilog="\b\nExamples:\n  chancery audit verify --data-dir var")
def audit() -> None:
    """Check the audit record, and read it."""


@audit.command(
    epilog="\b\nExamples:\n  chancery audit verify --data-dir var",
)
@click.option(
    "--old-key-file",
    "old_keys",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    help="A key that signed earlier lines; repeatable.",
)
@json_option
@_data_dir
@click.pass_context
def verify(
    context: click.Context, *, old_keys: tuple[Path, ...], as_json: bool, data_dir: Path
) -> None:
    """Check that no line of the audit record was altered, added or removed.

    Prints each fault with its place, and exits with 1 if there is one.
    """
    files = AuditFiles.of(data_dir)
    try:
        keys = [_key(files), *map(read_key, old_keys)]
    except AuditKeyUnusable as error:
        raise click.ClickException(detail(str(error))) from error
    result = verify_record(files, keys)
    if as_json:
        click.echo(json.dumps(asdict(result)))
    else:
        for finding in result.findings:
            click.echo(detail(finding))
        click.echo(
            message(
                "{result.lines} lines in {result.days} files of {files.folder}",
                result=result,
                files=files,
            )
        )
        click.echo(message("last line: {result.last_seq} {result.last_hash}", result=result))
        click.echo(
            message("{count} faults", count=len(result.findings))
            if result.findings
            else message("no faults")
        )
    if result.findings:
        context.exit(1)


@audit.command(
    epilog="\b\nExamples:\n  chancery audit export --department tax --from 2026-11-01 --format csv",
)
@click.option("--from", "first", type=_day, help="The first day (UTC).")
@click.option("--to", "last", type=_day, help="The last day (UTC).")
@click.option("--department", type=NameType(), help="Only records of this department.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="JSON Lines, or CSV.",
)
@_data_dir
def export(
    *,
    first: datetime | None,
    last: datetime | None,
    department: str | None,
    form: str,
    data_dir: Path,
) -> None:
    """Write records of the audit to standard output."""
    if first and last and first > last:
        raise click.UsageError(message("--from must not be after --to."))
    selection = Selection(
        first=first.date() if first else None,
        last=last.date() if last else None,
        department=department,
    )
    found = records(AuditFiles.of(data_dir), selection)
    if form == "csv":
        write_csv(found, sys.stdout)
    else:
        write_json_lines(found, sys.stdout)


def _key(files: AuditFiles) -> ChainKey:
    """The key, which is not generated here. Raises `AuditKeyUnusable`."""
    try:
        settings = AuditSettings()
    except ValidationError as error:
        raise AuditKeyUnusable("; ".join(map(detail, wrong_settings(error)))) from error
    if settings.key is None and settings.key_file is None and not files.key.exists():
        raise AuditKeyUnusable(
            message(
                "{files.key} does not exist: name the data dir with --data-dir, or give the key "
                "with CHANCERY_AUDIT_KEY_FILE",
                files=files,
            )
        )
    return files.chain_key(settings)
