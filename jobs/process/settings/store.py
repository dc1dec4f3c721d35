"""Where documents and results are stored, how long, and the audit record."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    Field,
    FilePath,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.process.settings.types import EMPTY_IS_UNSET, HttpUrl, S3Url
from jobs.sealing.ciphers import CipherName


class StoreSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_", populate_by_name=True)

    data_dir: Path = Field(
        Path("var"), description="The folder for documents, large results, logs and Redis's files."
    )
    store_url: Annotated[S3Url | None, EMPTY_IS_UNSET] = Field(
        None,
        description="`s3://BUCKET/PREFIX`: documents and large results are in an S3 bucket, which "
        "several machines share: [operations.md](operations.md#the-store-on-s3). Default: the "
        "folder `store` in the data dir.",
    )
    store_path_style: bool = Field(
        True,
        description="Name the bucket in the path of its addresses; `false`: in their host name.",
    )
    s3_endpoint_url: Annotated[HttpUrl | None, EMPTY_IS_UNSET] = Field(
        None,
        validation_alias="AWS_ENDPOINT_URL",
        description="The S3 server. Default: Amazon's of the region.",
    )
    s3_access_key_id: Annotated[str | None, EMPTY_IS_UNSET] = Field(
        None,
        validation_alias="AWS_ACCESS_KEY_ID",
        description="The access key for it. Default: that of the machine's or pod's role.",
    )
    s3_secret_access_key: Annotated[SecretStr | None, EMPTY_IS_UNSET] = Field(
        None, validation_alias="AWS_SECRET_ACCESS_KEY", description="Its secret."
    )
    s3_session_token: Annotated[SecretStr | None, EMPTY_IS_UNSET] = Field(
        None, validation_alias="AWS_SESSION_TOKEN", description="The token of a temporary key."
    )
    s3_region: Annotated[str | None, EMPTY_IS_UNSET] = Field(
        None,
        validation_alias="AWS_REGION",
        description="The region of the bucket. Default: `AWS_DEFAULT_REGION`, or us-east-1.",
    )
    s3_ca_bundle: Annotated[FilePath | None, EMPTY_IS_UNSET] = Field(
        None,
        validation_alias="AWS_CA_BUNDLE",
        description="Certificates that the S3 server's is checked with, besides the system's.",
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

    keys_url: Annotated[S3Url | None, EMPTY_IS_UNSET] = Field(
        None,
        description="With `CHANCERY_STORE_URL`, `s3://BUCKET/PREFIX` for those keys, instead of "
        "`CHANCERY_KEYS_DIR`. Default: `PREFIX/keys` of `CHANCERY_STORE_URL`.",
    )

    @model_validator(mode="after")
    def _address_can_name_the_bucket(self) -> Self:
        host = urlsplit(self.s3_endpoint_url or "").hostname
        if not self.store_path_style and host and _is_address(host):
            raise ValueError(
                "CHANCERY_STORE_PATH_STYLE=false needs a host name in AWS_ENDPOINT_URL, not an "
                "address"
            )
        return self

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


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


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
