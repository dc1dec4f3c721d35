"""Settings, read from the environment when a process starts. `docs/settings.md` lists them."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    FilePath,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from jobs.model.department import Quota
from jobs.model.lanes import Lane
from jobs.model.roles import ModelChoice
from jobs.sealing.ciphers import CipherName
from jobs.windows.rules import check_zone
from jobs.windows.window import Window, WindowError

MIB = 1024 * 1024
EMPTY_IS_UNSET = BeforeValidator(lambda value: value or None)
Network = IPv4Network | IPv6Network


def _listed(value: Any) -> Any:
    """A list that is written as JSON or with commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a wrong port or IPv6 address
        valid = False
    if not valid:
        raise ValueError("it must be http://HOST:PORT or https://HOST:PORT")
    return value.rstrip("/")


PATH_PREFIX = r"^((/[A-Za-z0-9._~-]+){1,8})?$"
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_listed)]


class RedisSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_REDIS_")

    url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6379/0"),
        description="The Redis or Valkey server, with the user and password if it asks for them; "
        "`rediss://` for TLS.",
    )
    password_file: Annotated[FilePath | None, EMPTY_IS_UNSET] = Field(
        None, description="A file with the password, if it is not in the URL."
    )
    ca_file: Annotated[FilePath | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The certificates that the server's certificate is checked with. Default: "
        "those of the system.",
    )
    cert_file: Annotated[FilePath | None, EMPTY_IS_UNSET] = Field(
        None, description="The certificate that this process shows to the server."
    )
    key_file: Annotated[FilePath | None, EMPTY_IS_UNSET] = Field(
        None, description="The private key of that certificate."
    )
    allow_volatile: bool = Field(
        False,
        description="Start even if Redis does not persist data. Accepted jobs can then be lost.",
    )
    rewrite_minutes: float = Field(
        30,
        gt=0,
        le=55,
        description="How often Redis's append-only file is rewritten at most, so that it no longer "
        "has what was deleted. It is only if anything was.",
    )

    @field_validator("url")
    @classmethod
    def _url_is_valid(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.path):
            raise ValueError("it must be redis://HOST:PORT/0, rediss://HOST:PORT/0 or unix://PATH")
        return url

    def full_url(self) -> str:
        """The URL with the password of `password_file`. Raises `OSError` if that cannot be read."""
        url = self.url.get_secret_value()
        parts = urlsplit(url)
        if self.password_file is None or parts.password:
            return url
        password = quote(self.password_file.read_text().strip(), safe="")
        host = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"{parts.username or ''}:{password}@{host}").geturl()

    def tls(self) -> Mapping[str, Any]:
        """redis-py's arguments for TLS; empty for a `redis://` URL. The server's certificate and
        name are always checked.
        """
        if not self.url.get_secret_value().startswith("rediss:"):
            return {}
        files = {
            "ssl_ca_certs": self.ca_file,
            "ssl_certfile": self.cert_file,
            "ssl_keyfile": self.key_file,
        }
        named = {name: str(path) for name, path in files.items() if path is not None}
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True, **named}


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
        encrypted = self.master_key is not None or self.master_key_file is not None
        return 0 if encrypted else self.inline_result_max_bytes


class LimitSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    max_document_bytes: int = Field(
        100 * MIB, ge=1, description="The largest document that is accepted."
    )
    max_request_bytes: int = Field(
        4 * MIB, ge=1, description="The largest JSON body that is accepted, with its text input."
    )
    max_text_chars: int = Field(
        1_000_000, ge=1, description="The longest text that is accepted, in characters."
    )
    max_pages: int = Field(1_000, ge=1, description="The most pages of a document.")
    max_queued: int = Field(
        200_000,
        ge=0,
        description="The most jobs that wait in the whole system; further submissions get 503.",
    )
    max_waiting_lines: int = Field(
        5_000_000,
        ge=0,
        description="The most batch lines that wait in the whole system; further batches get 503.",
    )


class QuotaSettings(BaseSettings):
    """The quota of departments without one of their own; 0 for no limit."""

    model_config = SettingsConfigDict(env_prefix="CHANCERY_QUOTA_")

    rate: float = Field(
        1_000, ge=0, le=1e6, description="Submissions per second of a department; 0: no limit."
    )
    max_in_flight: int = Field(
        50_000,
        ge=0,
        le=10**12,
        description="Accepted jobs of a department that have not ended; 0: no limit.",
    )
    max_queued: int = Field(
        1_000_000,
        ge=0,
        le=10**12,
        description="Jobs and batch lines of a department that have not started; 0: no limit.",
    )
    tokens_per_day: int = Field(
        0, ge=0, le=10**15, description="Tokens of a department per day (UTC); 0: no limit."
    )
    max_record_bytes: int = Field(
        2 * 1024 * MIB,
        ge=0,
        le=10**15,
        description="Bytes of a department's jobs, batches and results in Redis; 0: no limit.",
    )
    max_stored_bytes: int = Field(
        100 * 1024 * MIB,
        ge=0,
        le=10**15,
        description="Bytes of a department's documents, files and results in the store; 0: no "
        "limit.",
    )
    max_open_batches: int = Field(
        1_000,
        ge=0,
        le=10**9,
        description="Batches of a department that have not ended; 0: no limit.",
    )

    def quota(self) -> Quota:
        return Quota(**self.model_dump())


class BatchSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_BATCH_")

    max_bytes: int = Field(200 * MIB, gt=0, description="The largest batch file that is accepted.")
    max_lines: int = Field(50_000, gt=0, description="The most lines of a batch.")
    max_request_bytes: int = Field(
        16 * MIB,
        gt=0,
        description="The largest request for a batch, which may list many documents.",
    )
    chunk_lines: int = Field(32, ge=1, le=64, description="The most lines in one Celery message.")


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


class ApiSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_API_")

    host: str = Field("127.0.0.1", description="The address that the api listens on.")
    port: int = Field(8080, ge=1, le=65_535, description="The port that the api listens on.")
    public_url: Annotated[HttpUrl | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The URL at which departments reach the api, with the path prefix if there is "
        "one; used in the `result_url` of callbacks.",
    )
    root_path: str = Field(
        "",
        pattern=PATH_PREFIX,
        description="The path prefix below which a reverse proxy serves the api: `/chancery`. The "
        "header `X-Forwarded-Prefix` of a trusted proxy overrides it.",
    )
    metrics_token: SecretStr | None = Field(
        None,
        description="The bearer token of `/metrics`. Default: none on loopback without trusted "
        "proxies, otherwise the one in the data dir's file `metrics-token`, which is generated.",
    )
    failed_keys: int = Field(
        20,
        ge=1,
        le=100_000,
        description="Wrong API keys that one source address may send within ten minutes; then it "
        "waits for 1 s, 2 s, up to 60 s after each. Valid keys are not delayed.",
    )
    trusted_proxies: Networks = Field(
        (),
        description="Addresses and CIDR blocks of the reverse proxies whose `X-Forwarded-For` "
        "gives a request's source address, and `X-Forwarded-Prefix` the path prefix; with commas "
        "in between. Default: none.",
    )


class TaskSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    tasks_dir: Annotated[Path | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The folder with departments' own tasks, one file for each task: "
        "[own-tasks.md](own-tasks.md). Must be the same for api, worker and scheduler. Default: no "
        "folder.",
    )


class SecrecySettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_SECRECY_")

    unread: Literal["refuse", "mark"] = Field(
        "refuse",
        description="What happens to a document that could not be checked in full: `refuse` does "
        "not keep it, `mark` keeps it with `secrecy_checked` false: "
        "[decisions/secrecy.md](decisions/secrecy.md).",
    )
    look_seconds: float = Field(
        30,
        gt=0,
        le=600,
        description="How long an upload waits for the check for secrecy markings.",
    )
    look_processes: int = Field(
        1, ge=1, description="Processes of an api that check uploads, started when needed."
    )
    look_memory_mib: int = Field(256, ge=64, description="The memory limit of one check, in MiB.")


class EngineSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_ENGINE_")

    url: HttpUrl = Field(
        "http://127.0.0.1:8000", description="The vLLM server, with or without `/v1`."
    )
    model: str | None = Field(
        None, description="The model's name. Default: the first model that the engine serves."
    )
    api_key: SecretStr | None = Field(None, description="The engine's API key, if it requires one.")
    timeout_seconds: float = Field(600, gt=0, description="The longest wait for one response.")
    stuck_seconds: float = Field(
        10,
        ge=0,
        description="After this time an unhealthy engine's requests in flight are cancelled.",
    )


class FastEngineSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_FAST_ENGINE_")

    url: Annotated[HttpUrl | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The vLLM server with the fast model, with or without `/v1`; may be the "
        "engine's own address with another model. Default: no fast model.",
    )
    model: str | None = Field(
        None, description="The fast model's name. Default: the first model that its engine serves."
    )
    api_key: SecretStr | None = Field(
        None, description="The fast engine's API key, if it requires one."
    )
    timeout_seconds: float = Field(
        600, gt=0, description="The longest wait for one response of the fast model."
    )
    stuck_seconds: float = Field(
        10,
        ge=0,
        description="After this time an unhealthy fast engine's requests in flight are cancelled.",
    )

    def engine(self) -> EngineSettings | None:
        """The settings of the fast engine; None if there is no fast engine."""
        if not self.url:
            return None
        return EngineSettings(
            url=self.url,
            model=self.model,
            api_key=self.api_key,
            timeout_seconds=self.timeout_seconds,
            stuck_seconds=self.stuck_seconds,
        )


class CascadeSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    default_model: ModelChoice = Field(
        ModelChoice.full,
        description="`full`, `fast` or `auto`: the model for jobs that do not choose one.",
    )
    task_models: dict[str, ModelChoice] = Field(
        {},
        description="The model for single tasks, overrides `CHANCERY_DEFAULT_MODEL`: "
        '`{"classify": "auto"}`.',
    )


class WorkerSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    concurrency: int = Field(
        64, ge=1, le=4_096, description="Requests that a worker keeps in flight on its engine."
    )
    lane: Annotated[Lane | None, EMPTY_IS_UNSET] = Field(
        None,
        description="`interactive` or `bulk`: this worker runs only jobs of that lane. "
        "Default: both lanes. See [operations.md](operations.md#a-worker-for-each-lane).",
    )
    share_prefix_cache: bool = Field(
        False,
        description="Let departments share the engine's prefix cache: faster where they send the "
        "same texts, but a department can then measure whether another one has sent a text.",
    )
    interactive_places: int | None = Field(
        None,
        ge=0,
        description="How many of these are reserved for interactive work. Default: an eighth.",
    )
    lease_seconds: float = Field(
        15,
        gt=0,
        description="A worker that does not renew a job's lease for this time loses the job.",
    )
    job_timeout_seconds: float = Field(3_600, gt=0, description="The longest run of one job.")
    grace_seconds: float = Field(
        20, ge=0, description="How long a stopping worker may continue its jobs."
    )
    max_attempts: int = Field(
        3, ge=1, description="The most counted runs of a job before it fails."
    )
    retry_base_seconds: float = Field(
        2,
        ge=0,
        description="The wait before a job's second run; doubles with each run, up to a minute.",
    )
    read_processes: int = Field(
        2,
        ge=1,
        description="Processes of a worker that read documents and do other work whose time "
        "depends on a document. Two more are reserved: "
        "[reliability.md](reliability.md#hostile-input).",
    )
    read_timeout_seconds: float = Field(
        60, gt=0, description="The time limit for reading one document."
    )
    read_memory_mib: int = Field(
        1_024, ge=64, description="The memory limit of one such process, in MiB."
    )
    compute_timeout_seconds: float = Field(
        60, gt=0, description="The time limit for one step of other work on a document."
    )
    result_max_bytes: int = Field(
        32 * 1024 * 1024,
        ge=1024,
        le=256 * 1024 * 1024,
        description="The largest result of a job or of one step of it, in bytes.",
    )

    @property
    def lanes(self) -> Sequence[Lane]:
        """The lanes whose jobs the worker runs, in order of priority."""
        return (self.lane,) if self.lane else tuple(Lane)

    @property
    def bulk_places(self) -> int:
        """The most requests in flight for bulk work: those not reserved for interactive work."""
        if self.lane is Lane.interactive:
            return 0
        reserved = self.interactive_places
        if reserved is None:
            reserved = self.concurrency // 8
        return max(1, self.concurrency - reserved)


class OcrSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    ocr: bool = Field(
        True, description="Read pictures and scanned pages by OCR. If off, they are refused."
    )
    ocr_processes: int = Field(
        2, ge=1, description="Processes of a worker that read scanned documents."
    )
    ocr_threads: int = Field(
        1, ge=1, description="Threads of each such process, at most the number of processors."
    )
    ocr_max_pages: int = Field(
        200, ge=1, description="The most scanned pages that are read in one document."
    )
    ocr_timeout_seconds: float = Field(
        900, gt=0, description="The time limit for OCR of one document; later pages are not read."
    )
    ocr_memory_mib: int = Field(
        2_048, ge=1_024, description="The memory limit of an OCR process with its models, in MiB."
    )


class CallbackSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_CALLBACK_")

    max_bytes: int = Field(
        256 * 1024, ge=1, description="The largest callback body with the result included."
    )
    timeout_seconds: float = Field(
        15, gt=0, description="The longest wait for a receiver's response."
    )
    schedule_seconds: tuple[Annotated[float, Field(ge=0)], ...] = Field(
        (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400),
        description="The wait before each attempt (Standard Webhooks 1.0.0), in seconds.",
    )
    concurrency: int = Field(32, ge=1, description="Deliveries that a courier keeps in flight.")
    response_max_bytes: int = Field(
        4_096,
        ge=0,
        le=65_536,
        description="How much of a receiver's response to a failed attempt is kept, in bytes.",
    )
    parallel: int = Field(
        8, ge=1, description="Deliveries in flight to one receiver (a department's host and port)."
    )
    breaker_pause_seconds: float = Field(
        5,
        gt=0,
        description="How long deliveries to a failing receiver pause before one is tried; doubles "
        "with each failure.",
    )
    breaker_pause_max_seconds: float = Field(300, gt=0, description="The longest such pause.")
    max_wait_seconds: float = Field(
        345_600,
        gt=0,
        description="A due callback that waits this long for its receiver is declared dead.",
    )
    own_urls: tuple[str, ...] = Field(
        (),
        description="More of the platform's own servers, which get no callbacks, where the other "
        "settings do not name them: in containers, the api and Flower.",
    )
    lease_seconds: float = Field(
        40, gt=0, description="A courier that does not report a delivery for this time loses it."
    )


class BulkSettings(BaseSettings):
    """Raises `ValidationError` for an invalid window or time zone."""

    model_config = SettingsConfigDict(env_prefix="CHANCERY_BULK_")

    window: str = Field(
        "always",
        description="When bulk work of departments without their own window runs: "
        "[windows.md](windows.md).",
    )
    zone: str = Field("UTC", description="The time zone of windows that do not name one.")
    outside_window: Literal["wait", "idle"] = Field(
        "wait",
        description="Outside its window bulk work waits, or (`idle`) uses capacity that "
        "interactive work and departments with an open window do not need.",
    )
    assumed_tokens_per_second: float = Field(
        1_000,
        gt=0,
        description="The system's throughput in estimates until it has been measured.",
    )
    late_batches: Literal["warn", "refuse"] = Field(
        "warn",
        description="Whether a batch that is not expected to end by its deadline is accepted "
        "with a warning or refused.",
    )

    @model_validator(mode="after")
    def _window_is_valid(self) -> BulkSettings:
        name = "ZONE"
        try:
            check_zone(self.zone, at=1)
            name = "WINDOW"
            self.calendar()
        except WindowError as error:
            raise ValueError(f"CHANCERY_BULK_{name}: {error}") from error
        return self

    def calendar(self, window: str | None = None) -> Window:
        """The window of a department or batch; without one, the platform's window."""
        return Window.parse(window or self.window, self.zone)


class FlowerSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_FLOWER_")

    host: str = Field("127.0.0.1", description="The address that Flower listens on.")
    port: int = Field(5555, ge=1, le=65_535, description="The port that Flower listens on.")
    url_prefix: str = Field(
        "",
        pattern=PATH_PREFIX,
        description="The path prefix below which a reverse proxy serves Flower: `/flower`. The "
        "proxy must leave it in the path.",
    )
    login: SecretStr | None = Field(
        None, description="`user:password`. Default: generated and stored in the data dir."
    )
