"""`chancery department form`: forms that a department's older systems post."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from jobs.ledger import Ledger
from jobs.submit.form_mapping import read_mapping
from worker.commands.department.arguments import NAME, NameType, no_such
from worker.commands.department.format_file import format_file, read_described
from worker.commands.messages import message
from worker.commands.system import system_options, with_ledger


class FormType(click.ParamType[str]):
    name = "form"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not NAME.fullmatch(value):
            self.fail(
                message(
                    "{value!r} is not a form's name: use up to 63 of a-z, 0-9 and -, and start "
                    "with a letter or digit.",
                    value=value,
                ),
                param,
                ctx,
            )
        return str(value)


@click.command(
    epilog="\b\nExamples:\n"
    "  chancery department form tax notices notices.toml\n"
    "  chancery department form tax notices --remove",
)
@click.argument("name", type=NameType())
@click.argument("form", type=FormType(), required=False)
@click.argument("file", type=format_file, required=False)
@click.option("--remove", is_flag=True, help="Remove the form.")
@system_options
def form(
    *,
    name: str,
    form: str | None,
    file: Path | None,
    remove: bool,
    data_dir: Path,
    redis_url: str | None,
) -> None:
    """Let the department NAME submit jobs as the form FORM, or list its forms.

    Its systems post the form to /v1/forms/FORM. FILE says which job its fields make. It is TOML:
    docs/integration/inbound-forms.md.
    """
    if form and bool(file) == remove:
        raise click.UsageError(message("Give either FILE or --remove."))
    mapping = read_described(file, read_mapping) if file else None

    async def change(ledger: Ledger) -> tuple[bool, Sequence[str]] | None:
        if await ledger.departments.get(name) is None:
            return None
        stored = mapping.model_dump_json() if mapping else None
        known = form is None or await ledger.departments.set_form(name, form, stored)
        return known, await ledger.departments.forms(name)

    result = with_ledger(data_dir, redis_url, change)
    if result is None:
        raise no_such(name)
    known, forms = result
    if not known:
        raise click.ClickException(message("{name} has no form {form}", name=name, form=form))
    listed = ", ".join(forms) or message("nothing")
    click.echo(message("{name} may post the forms: {forms}", name=name, forms=listed))
