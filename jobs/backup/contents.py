"""What a backup contains, and its errors."""

from __future__ import annotations

from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from jobs.ledger.server.format import FORMAT as LEDGER_FORMAT

FORMAT = 1
_FILE = "backup.json"


class BackupFailed(Exception):
    """A backup cannot be made or restored; the message says what to do."""


class Contents(BaseModel):
    """The file `backup.json`, which is written last: a backup without it is incomplete.

    `build`: the build that made it. `ledger_format`: in which the ledger is kept; backups without
    it are of releases that knew the formats up to 1. `files` and `bytes`: of the store.
    `encrypted`: the store has encrypted files, whose keys are not in the backup.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    created_at: AwareDatetime
    build: str
    ledger_sha256: str
    ledger_format: int = 1
    files: int
    bytes: int
    encrypted: bool

    def write(self, folder: Path) -> None:
        (folder / _FILE).write_text(self.model_dump_json(indent=2) + "\n")


class BackupFolder:
    """The parts of a backup. `ledger` is what Redis held, in its RDB format."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder / "ledger.rdb"
        self.blobs = folder / "store" / "blobs"
        self.audit = folder / "audit"

    def contents(self) -> Contents:
        """Raises `BackupFailed` if it is no complete backup that this build reads."""
        try:
            contents = Contents.model_validate_json((self.folder / _FILE).read_text())
        except FileNotFoundError:
            raise BackupFailed(
                f"{self.folder} has no {_FILE}: it is no backup, or one that was not completed"
            ) from None
        except (ValidationError, ValueError) as error:
            raise BackupFailed(f"{self.folder / _FILE} is damaged") from error
        if contents.format != FORMAT:
            raise BackupFailed(
                f"the backup has format {contents.format}, and this version reads {FORMAT}: "
                f"restore it with the version that made it, {contents.build}"
            )
        if contents.ledger_format > LEDGER_FORMAT:
            raise BackupFailed(
                f"the backup has a ledger in format {contents.ledger_format}, and this release "
                f"knows formats up to {LEDGER_FORMAT}: restore it with the version that made it, "
                f"{contents.build}, or a later one"
            )
        return contents
