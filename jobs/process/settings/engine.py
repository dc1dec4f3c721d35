"""The engines, and the choice between them."""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    Field,
    SecretStr,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.model.roles import ModelChoice
from jobs.process.settings.types import EMPTY_IS_UNSET, HttpUrl


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
    reasoning_tokens: int = Field(
        4096,
        ge=0,
        description="The most tokens of an answer that a model which reasons may use for that, in "
        "tasks that profit from it. At most a quarter of the context.",
    )
    gpus: int = Field(1, ge=1, description="The engine's GPUs, for the costs in `/v1/usage`.")
    watts: float = Field(
        0,
        ge=0,
        description="The power of all of the engine's GPUs while it works, for the energy in "
        "`/v1/usage`. 0: not known.",
    )
    power_url: Annotated[HttpUrl | None, EMPTY_IS_UNSET] = Field(
        None,
        description="Measures the power instead: an instant query of Prometheus "
        "(`http://HOST:9090/api/v1/query?query=...`) or the `/metrics` of NVIDIA's DCGM exporter. "
        "While it does not answer, `CHANCERY_ENGINE_WATTS` applies.",
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
    gpus: int = Field(1, ge=1, description="As `CHANCERY_ENGINE_GPUS`, of the fast engine.")
    watts: float = Field(0, ge=0, description="As `CHANCERY_ENGINE_WATTS`, of the fast engine.")
    power_url: Annotated[HttpUrl | None, EMPTY_IS_UNSET] = Field(
        None, description="As `CHANCERY_ENGINE_POWER_URL`, of the fast engine."
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
            gpus=self.gpus,
            watts=self.watts,
            power_url=self.power_url,
        )


class PriceSettings(BaseSettings):
    """Prices, applied when usage is read, so that a new price also applies to earlier months."""

    model_config = SettingsConfigDict(env_prefix="CHANCERY_PRICE_")

    per_kwh: float | None = Field(
        None, ge=0, description="The price of a kilowatt hour, for the costs in `/v1/usage`."
    )
    per_gpu_hour: float | None = Field(
        None, ge=0, description="The price of a GPU for an hour, without its electricity."
    )
    currency: str = Field(
        "CNY", pattern="^[A-Z]{3}$", description="The currency of the prices (ISO 4217)."
    )


class CascadeSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    default_model: ModelChoice = Field(
        ModelChoice.full,
        description="`full`, `fast` or `auto`: the model for jobs that do not choose one.",
    )
    task_models: dict[str, Annotated[ModelChoice | str, Field(union_mode="left_to_right")]] = Field(
        {},
        description="The model for single tasks, overrides `CHANCERY_DEFAULT_MODEL`: "
        '`{"classify": "auto", "translate": "qwen3-8b"}`. A name is that of a model with the role '
        "`other` in `CHANCERY_ENGINES`.",
    )
