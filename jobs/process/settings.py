"""Settings, read from the environment when a process starts; `docs/settings.md` lists them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.model.lanes import Lane
from jobs.model.roles import ModelChoice
from jobs.windows.rules import check_zone
from jobs.windows.window import Window, WindowError

MIB = 1024 * 1024
EMPTY_IS_UNSET = BeforeValidator(lambda given: given or None)


class RedisSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_REDIS_")

    url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6379/0"), description="The Redis or Valkey server."
    )
    allow_volatile: bool = Field(
        False,
        description="Start even where Redis keeps nothing on disk. Breaks the promise of 202.",
    )


class StoreSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    data_dir: Path = Field(
        Path("var"), description="Where documents, large results, logs and Redis's files are kept."
    )
    inline_result_max_bytes: int = Field(
        32 * 1024, description="A larger result is kept in the store instead of in Redis."
    )


class LimitSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    max_document_bytes: int = Field(100 * MIB, description="The largest document taken.")
    max_request_bytes: int = Field(
        4 * MIB, description="The largest JSON body taken, text input included."
    )
    max_text_chars: int = Field(1_000_000, description="The longest text taken, in characters.")
    max_pages: int = Field(1_000, description="The most pages that a document may have.")
    max_queued: int = Field(
        200_000, description="Jobs that may wait in all; above it submissions are answered 503."
    )
    max_waiting_lines: int = Field(
        5_000_000,
        description="Lines of batches that may wait in all; above it batches are answered 503.",
    )


class BatchSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_BATCH_")

    max_bytes: int = Field(200 * MIB, gt=0, description="The largest file of a batch taken.")
    max_lines: int = Field(50_000, gt=0, description="The most lines that a batch may have.")
    max_request_bytes: int = Field(
        16 * MIB, gt=0, description="The largest request for a batch: it may name many documents."
    )
    chunk_lines: int = Field(
        32, ge=1, le=64, description="The most lines that one Celery message carries."
    )


class RetentionSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    document_retention_hours: float = Field(
        168, description="How long a document is kept after its upload or its last job's end."
    )
    job_retention_hours: float = Field(
        168, description="How long an ended job, its result and its callback are kept."
    )
    file_retention_hours: float = Field(
        720,
        gt=0,
        description="How long a file of a batch is kept; one in use is kept longer.",
    )
    idempotency_hours: float = Field(24, description="How long an Idempotency-Key is remembered.")


class ApiSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_API_")

    host: str = Field("127.0.0.1", description="The address that the api listens on.")
    port: int = Field(8080, description="The port that the api listens on.")
    public_url: str | None = Field(
        None, description="The api's address as departments reach it; used in `result_url`."
    )
    metrics_token: SecretStr | None = Field(
        None, description="With it set, `/metrics` asks for it as a bearer token."
    )


class TaskSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    tasks_dir: Annotated[Path | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The folder with departments' own tasks, one file a task: "
        "[own-tasks.md](own-tasks.md). The same for api, worker and scheduler; none when unset.",
    )


class SecrecySettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_SECRECY_")

    look_seconds: float = Field(
        2,
        gt=0,
        description="How long an upload waits to be looked at for a secrecy marking. What is not "
        "seen by then is seen by the worker: [decisions/secrecy.md](decisions/secrecy.md).",
    )
    look_processes: int = Field(
        1, ge=1, description="Processes of an api that look at uploads, started when needed."
    )
    look_memory_mib: int = Field(256, ge=64, description="Memory that one look may take.")


class EngineSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_ENGINE_")

    url: str = Field("http://127.0.0.1:8000", description="The vLLM server, without `/v1`.")
    model: str | None = Field(
        None, description="The model's name; the first that the engine serves when unset."
    )
    api_key: SecretStr | None = Field(None, description="The engine's API key, if it asks for one.")
    timeout_seconds: float = Field(600, description="The longest wait for one answer.")
    stuck_seconds: float = Field(
        10, description="An engine unhealthy for so long loses the requests that it has in hand."
    )


class FastEngineSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_FAST_ENGINE_")

    url: str | None = Field(
        None,
        description="The vLLM server with the fast model, without `/v1`; may be the engine's own "
        "address, with another model. There is no fast model when unset.",
    )
    model: str | None = Field(
        None, description="The fast model's name; the first that its engine serves when unset."
    )
    api_key: SecretStr | None = Field(
        None, description="The fast engine's API key, if it asks for one."
    )
    timeout_seconds: float = Field(
        600, description="The longest wait for one answer of the fast model."
    )
    stuck_seconds: float = Field(
        10, description="A fast engine unhealthy for so long loses the requests it has in hand."
    )

    def engine(self) -> EngineSettings | None:
        """The fast engine's settings as any engine has them; None where there is no fast engine."""
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
        description="`full`, `fast` or `auto`, for jobs that do not say which model they want.",
    )
    task_models: dict[str, ModelChoice] = Field(
        {},
        description="The same for single tasks, over `CHANCERY_DEFAULT_MODEL`: "
        '`{"classify": "auto"}`.',
    )


class WorkerSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    concurrency: int = Field(
        64, description="Requests that a worker keeps in flight on its engine."
    )
    lane: Annotated[Lane | None, EMPTY_IS_UNSET] = Field(
        None,
        description="`interactive` or `bulk`: this worker runs jobs of that lane alone; both when "
        "unset: [operations.md](operations.md#a-worker-for-each-lane).",
    )
    interactive_places: int | None = Field(
        None,
        ge=0,
        description="So many of these requests are kept free of bulk work; an eighth when unset.",
    )
    lease_seconds: float = Field(
        15, description="A worker that does not renew a job's lease for so long loses the job."
    )
    job_timeout_seconds: float = Field(3_600, description="The longest run of one job.")
    grace_seconds: float = Field(
        20, description="How long a stopping worker may finish what it has in hand."
    )
    max_attempts: int = Field(3, description="Counted runs that a job may have before it fails.")
    retry_base_seconds: float = Field(
        2, description="The wait before a job's second run; it doubles with each, up to a minute."
    )
    read_processes: int = Field(2, description="Processes that read documents, a worker.")
    read_timeout_seconds: float = Field(60, description="The longest reading of one document.")
    read_memory_mib: int = Field(
        1_024, description="Memory that the reading of a document may take."
    )

    @property
    def lanes(self) -> Sequence[Lane]:
        """The lanes whose jobs the worker runs, first the one that goes first."""
        return (self.lane,) if self.lane else tuple(Lane)

    @property
    def bulk_places(self) -> int:
        """How many requests in flight may be bulk work: all but those kept for interactive work."""
        if self.lane is Lane.interactive:
            return 0
        kept = self.interactive_places
        return max(1, self.concurrency - (self.concurrency // 8 if kept is None else kept))


class OcrSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    ocr: bool = Field(
        True, description="Read pictures and scanned pages by OCR. Off, they are refused."
    )
    ocr_processes: int = Field(
        2, ge=1, description="Processes that read scanned documents, a worker."
    )
    ocr_threads: int = Field(
        1, ge=1, description="Threads, at most the processors there are, of each such process."
    )
    ocr_max_pages: int = Field(
        200, ge=1, description="The most scanned pages of a document that are read."
    )
    ocr_timeout_seconds: float = Field(
        900, gt=0, description="So long after its start no further scanned page is read."
    )
    ocr_memory_mib: int = Field(
        2_048, ge=1_024, description="Memory that OCR may take, with its models, a process."
    )


class CallbackSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_CALLBACK_")

    max_bytes: int = Field(
        256 * 1024, description="A callback's body with the result inside is at most this large."
    )
    timeout_seconds: float = Field(15, description="The longest wait for a receiver's answer.")
    schedule_seconds: tuple[float, ...] = Field(
        (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400),
        description="The wait before each attempt (Standard Webhooks 1.0.0), in seconds.",
    )
    concurrency: int = Field(32, description="Deliveries that a courier has in flight.")
    response_max_bytes: int = Field(
        4_096,
        ge=0,
        le=65_536,
        description="So much of what a receiver answered to a failed attempt is kept, to be shown.",
    )
    parallel: int = Field(
        8, ge=1, description="Deliveries in flight to one receiver (a department's host and port)."
    )
    breaker_pause_seconds: float = Field(
        5,
        gt=0,
        description="How long a receiver that mostly fails is left alone before it is tried once; "
        "it doubles with each failure.",
    )
    breaker_pause_max_seconds: float = Field(300, gt=0, description="The longest such pause.")
    max_wait_seconds: float = Field(
        345_600,
        gt=0,
        description="A callback that is due and waits so long for its receiver is given up.",
    )
    lease_seconds: float = Field(
        40, description="A courier that does not report a delivery for so long loses it."
    )


class BulkSettings(BaseSettings):
    """Raises `ValidationError` for a window or a zone that cannot be understood."""

    model_config = SettingsConfigDict(env_prefix="CHANCERY_BULK_")

    window: str = Field(
        "always",
        description="When bulk work runs, of departments without a window of their own: "
        "[windows.md](windows.md).",
    )
    zone: str = Field("UTC", description="The time zone of windows that name none.")
    outside_window: Literal["wait", "idle"] = Field(
        "wait",
        description="Outside its window bulk work waits, or (`idle`) uses what interactive work "
        "and departments whose window is open leave.",
    )
    assumed_tokens_per_second: float = Field(
        1_000,
        gt=0,
        description="What the whole system is taken to do, in estimates, until it was measured.",
    )
    late_batches: Literal["warn", "refuse"] = Field(
        "warn",
        description="A batch that is not expected to be done by its deadline is taken with a "
        "warning, or refused.",
    )

    @model_validator(mode="after")
    def _window_is_understood(self) -> BulkSettings:
        name = "ZONE"
        try:
            check_zone(self.zone, at=1)
            name = "WINDOW"
            self.calendar()
        except WindowError as error:
            raise ValueError(f"CHANCERY_BULK_{name}: {error}") from error
        return self

    def calendar(self, window: str | None = None) -> Window:
        """A window of a department or batch; without one, the platform's."""
        return Window.parse(window or self.window, self.zone)


class FlowerSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_FLOWER_")

    host: str = Field("127.0.0.1", description="The address that Flower listens on.")
    port: int = Field(5555, description="The port that Flower listens on.")
    login: SecretStr | None = Field(
        None, description="`user:password`; generated and kept in the data dir when unset."
    )
