"""Where documents and results are stored, how long, and the audit record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import (
    Field,
    SecretStr,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.process.settings.types import EMPTY_IS_UNSET
from jobs.sealing.ciphers import CipherName


class StoreSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    data_dir: Path = Field(
        Path("var"), description="The folder for documents, large results, logs and Redis's files."
    )
    inline_result_max_bytes: int = Field(
        32 * 1024,
        ge=0,
        description="Larger results are kept in the store instead of in Redis. With a master key "
        "all results are.",
    )
    inline_text_max_bytes: int = Field(
        8 * 1024,
        ge=0,
        le=64 * 1024,
        description="Larger texts of jobs are kept in the store instead of in Redis, which takes "
        "longer. With a master key all texts are.",
    )
    master_key_file: Annotated[Path | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The file with the master key: documents, results, batch files and callback "
        "secrets are then encrypted: [operations.md](operations.md#encryption-at-rest). Default: "
        "nothing is encrypted.",
    )
    master_key: Annotated[SecretStr | None, EMPTY_IS_UNSET] = Field(
        None, description="The text of that file, where there is no file."
    )
    encryption_cipher: CipherName = Field(
        CipherName.aes, description="`aes-256-gcm`, or `sm4-gcm` where OpenSSL has it."
    )
    keys_dir: Annotated[Path | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The folder for the encrypted keys of the documents, which must not be in the "
        "same backups as the documents. Default: `keys` in the data dir.",
    )

    @property
    def inline_result_bytes(self) -> int:
        """Results are kept in Redis up to this size. 0 with a master key: what is in Redis is not
        encrypted.
        """
        return 0 if self._encrypted else self.inline_result_max_bytes

    @property
    def inline_text_bytes(self) -> int:
        """Texts are kept in Redis up to this size; 0 with a master key, as for results."""
        return 0 if self._encrypted else self.inline_text_max_bytes

    @property
    def _encrypted(self) -> bool:
        return self.master_key is not None or self.master_key_file is not None


class RetentionSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    document_retention_hours: float = Field(
        168,
        ge=0,
        description="How long a document is kept after its upload or the end of its last job.",
    )
    job_retention_hours: float = Field(
        168, ge=0, description="How long an ended job, its result and its callback are kept."
    )
    file_retention_hours: float = Field(
        720,
        gt=0,
        description="How long a batch file is kept; a file in use is kept longer.",
    )
    idempotency_hours: float = Field(24, ge=0, description="How long an Idempotency-Key is kept.")


class AuditSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_AUDIT_")

    days: int = Field(
        180, ge=1, le=36_500, description="How long the audit record is kept, in days."
    )
    key: SecretStr | None = Field(
        None,
        min_length=32,
        description="The key that signs the audit record, at least 32 characters, the same for api "
        "and scheduler: [decisions/audit.md](decisions/audit.md). Default: generated and stored in "
        "the data dir.",
    )
    key_file: Annotated[Path | None, EMPTY_IS_UNSET] = Field(
        None, description="A file with that key."
    )
