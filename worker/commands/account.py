"""`chancery account`: the accounts of people who use the console."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from jobs.accounts.passwords import check_password, hash_password
from jobs.ledger import Ledger
from jobs.model.account import NAME, Account, Role
from jobs.model.problems import ProblemError
from worker.commands.department.arguments import NameType, json_option
from worker.commands.messages import detail, message
from worker.commands.system import system_options, with_ledger


class AccountNameType(click.ParamType[str]):
    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not NAME.fullmatch(value):
            self.fail(
                message(
                    "{value!r} is not an account's name: use up to 63 of a-z, 0-9, `.`, `_` "
                    "and `-`, and start with a letter or digit.",
                    value=value,
                ),
                param,
                ctx,
            )
        return str(value)


_account_name = click.argument("account_name", metavar="NAME", type=AccountNameType())


@click.group()
def account() -> None:
    """Create, list and remove the accounts of people who use the console.

    Example: chancery account list
    """


@account.command()
@_account_name
@click.option(
    "--department", type=NameType(), help="The person's department; operators need not have one."
)
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="What the person may do.",
)
@click.option(
    "--no-password", is_flag=True, help="The person signs in at the identity provider only."
)
@system_options
def add(
    *,
    account_name: str,
    department: str | None,
    role: str,
    no_password: bool,
    data_dir: Path,
    redis_url: str | None,
) -> None:
    """Create an account. The password is asked for, or read from stdin if that is no terminal.

    Example: chancery account add zhang.wei --department tax --role staff
    """
    if department is None and Role(role) is not Role.operator:
        raise click.UsageError(
            message("--department: an account with the role {role} needs one.", role=role)
        )
    hashed = None if no_password else _new_hash(account_name)

    async def create(ledger: Ledger) -> bool:
        await ledger.accounts.create(account_name, department, Role(role), hashed)
        return True

    with_ledger(data_dir, redis_url, create)
    click.echo(message("{account_name} can sign in at /console.", account_name=account_name))


@account.command()
@_account_name
@system_options
def password(*, account_name: str, data_dir: Path, redis_url: str | None) -> None:
    """Set a new password for an account and end its sessions. It is then a local account.

    The password is asked for, or read from stdin if that is no terminal.

    Example: chancery account password zhang.wei
    """
    hashed = _new_hash(account_name)

    async def replace(ledger: Ledger) -> bool:
        return await ledger.accounts.set_password(account_name, hashed)

    if not with_ledger(data_dir, redis_url, replace):
        raise _no_such(account_name)
    click.echo(
        message(
            "{account_name} has the new password; its sessions have ended.",
            account_name=account_name,
        )
    )


@account.command()
@_account_name
@system_options
def remove(*, account_name: str, data_dir: Path, redis_url: str | None) -> None:
    """Remove an account and end its sessions. The jobs that it submitted stay.

    Example: chancery account remove zhang.wei
    """

    async def delete(ledger: Ledger) -> bool:
        return await ledger.accounts.remove(account_name)

    if not with_ledger(data_dir, redis_url, delete):
        raise _no_such(account_name)
    click.echo(message("{account_name} is removed.", account_name=account_name))


@account.command("list")
@click.option("--department", type=NameType(), help="Only the accounts of this department.")
@json_option
@system_options
def list_(*, department: str | None, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """List the accounts.

    Example: chancery account list --department tax
    """

    async def read(ledger: Ledger) -> Sequence[Account]:
        return await ledger.accounts.list()

    accounts = with_ledger(data_dir, redis_url, read)
    shown = [one for one in accounts if department in (None, one.department)]
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in shown]))
        return
    for one in shown:
        click.echo(
            f"{one.name}  {message(one.role.value)}  {one.department or '-'}  "
            f"{message(_sign_in(one))}"
        )
    if not shown:
        click.echo(message("there are no accounts"), err=True)


def _new_hash(name: str) -> str:
    """Ask for a new password twice, or read it from stdin, and return its hash."""
    if sys.stdin.isatty():
        text = click.prompt(message("Password"), hide_input=True, confirmation_prompt=True)
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    try:
        check_password(text, name)
    except ProblemError as error:
        raise click.ClickException(detail(error.problem.detail)) from error
    return hash_password(text)


def _no_such(name: str) -> click.ClickException:
    return click.ClickException(
        message("there is no account {name}: see `chancery account list`", name=name)
    )


def _sign_in(one: Account) -> str:
    return "provider" if one.password is None else "password"


def _as_json(one: Account) -> dict[str, str | None]:
    return {
        "name": one.name,
        "department": one.department,
        "role": one.role,
        "sign_in": _sign_in(one),
        "created_at": one.created_at.isoformat() if one.created_at else None,
    }
