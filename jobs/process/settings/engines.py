"""Several engines: one variable names them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.model.roles import ModelChoice, Role
from jobs.process.settings.engine import EngineSettings, FastEngineSettings
from jobs.process.settings.types import EMPTY_IS_UNSET, HttpUrl

Pool = Mapping[str, EngineSettings]
OTHER = "other"


def _name(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("it must be printable ASCII without spaces")
    return value


class _Entry(BaseModel):
    """One engine. What it leaves out is as `CHANCERY_ENGINE_...` says."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: HttpUrl
    name: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_name)] | None = None
    role: Literal["full", "fast", "other"] = "full"
    model: str | None = None
    api_key: SecretStr | None = None
    api_key_file: Annotated[Path, Field(strict=False)] | None = None
    timeout_seconds: float | None = Field(None, gt=0)
    stuck_seconds: float | None = Field(None, ge=0)
    gpus: int | None = Field(None, ge=1)
    watts: float | None = Field(None, ge=0)
    power_url: HttpUrl | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_url_alone(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _other_has_a_model(self) -> _Entry:
        if self.role == OTHER and (self.model or "") in ("", *ModelChoice):
            raise ValueError("an engine with the role `other` needs the name of its `model`")
        return self

    @property
    def pool(self) -> str:
        """The role; of other engines the model."""
        return str(self.model) if self.role == OTHER else self.role

    @property
    def shown_name(self) -> str:
        """The name; without one the URL's host and port."""
        parts = urlsplit(self.url)
        return self.name or parts.netloc.rpartition("@")[2]

    def settings(self) -> EngineSettings:
        """Raises `ValueError` if the file with the key cannot be read."""
        given = self.model_dump(
            exclude={"name", "role", "api_key", "api_key_file"}, exclude_none=True
        )
        if key := self._key():
            given["api_key"] = key
        # Not by default as another engine's: it has other power, and the fast model another name.
        given.setdefault("power_url", None)
        if self.role == Role.fast:
            given.setdefault("model", None)
        return EngineSettings(**given)

    def _key(self) -> SecretStr | None:
        if self.api_key_file is None:
            return self.api_key
        try:
            return SecretStr(self.api_key_file.read_text().strip())
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the API key of {self.shown_name} cannot be read: {error}") from error


_ENTRIES = TypeAdapter(list[_Entry])


class EnginesSettings(BaseSettings):
    """Create it again to read the file again."""

    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    engines: Annotated[SecretStr | None, EMPTY_IS_UNSET] = Field(
        None,
        description="Several engines, as a JSON list or as the path of a file with one, which is "
        'read again when it changes: `["http://gpu1:8000", {"url": "http://gpu2:8000", '
        '"model": "deepseek-r1", "api_key_file": "/run/key"}]`. An engine is a URL, or has a '
        "`url` and can have a `name` (default: host and port), the `role` `full` (default), "
        "`fast`, or `other` for a model of some tasks (`CHANCERY_TASK_MODELS`), and `model`, "
        "`api_key`, `api_key_file`, `timeout_seconds`, `stuck_seconds`, `gpus`, `watts` and "
        "`power_url` of its own; what it leaves out is as `CHANCERY_ENGINE_...` says. Several "
        "engines of a role, but `other`, serve the same model. They take the place of "
        "`CHANCERY_ENGINE_URL`, and fast ones of `CHANCERY_FAST_ENGINE_URL`.",
    )

    @field_validator("engines")
    @classmethod
    def _engines_are_valid(cls, engines: SecretStr | None) -> SecretStr | None:
        if engines is not None:
            _entries(engines.get_secret_value())
        return engines

    @property
    def files(self) -> Collection[Path]:
        """What is read besides the variable: the file with the list, and those with keys."""
        text = self.engines.get_secret_value() if self.engines else "[]"
        keys = [entry.api_key_file for entry in _entries(text) if entry.api_key_file]
        return keys if _is_list(text) else [Path(text), *keys]

    def pools(self, full: EngineSettings, fast: FastEngineSettings) -> Mapping[str, Pool]:
        """The engines of each role by name; the role of `other` engines is their model's name. A
        role that the list does not have has the engine of `full` or `fast`, by the name `engine` or
        `fast-engine`. Raises `ValueError` with one line that tells what is wrong, without keys.
        """
        pools: dict[str, dict[str, EngineSettings]] = {}
        for entry in self._listed:
            pools.setdefault(entry.pool, {})[entry.shown_name] = entry.settings()
        if Role.full not in pools:
            pools[Role.full] = {"engine": full}
        if Role.fast not in pools and (one := fast.engine()):
            pools[Role.fast] = {"fast-engine": one}
        return pools

    def urls(self, full: EngineSettings, fast: FastEngineSettings) -> Sequence[str]:
        """The URLs of all engines. Needs no file with a key."""
        listed = self._listed
        roles = {entry.role for entry in listed}
        single = {"full": full.url, "fast": fast.url}
        own = [url for role, url in single.items() if url and role not in roles]
        return [*(entry.url for entry in listed), *own]

    @property
    def has_full(self) -> bool:
        """Whether the list has engines of the full model."""
        return any(entry.role == Role.full for entry in self._listed)

    @property
    def _listed(self) -> Sequence[_Entry]:
        return _entries(self.engines.get_secret_value()) if self.engines else []


def _is_list(text: str) -> bool:
    return text.lstrip().startswith("[")


def _entries(text: str) -> Sequence[_Entry]:
    """Raises `ValueError` with one line that tells what is wrong, without keys."""
    if not _is_list(text):
        try:
            text = Path(text).read_text()
        except (OSError, ValueError) as error:
            raise ValueError(f"it is no JSON list, and no file can be read: {error}") from error
    try:
        entries = _ENTRIES.validate_json(text)
    except ValidationError as error:
        raise ValueError(_first_fault(error)) from None
    _check(entries)
    return entries


def _check(entries: Sequence[_Entry]) -> None:
    for (pool, name), number in Counter((one.pool, one.shown_name) for one in entries).items():
        if number > 1:
            raise ValueError(f"two {pool} engines have the name {name}")
    for role in ("full", "fast"):
        models = sorted({one.model for one in entries if one.role == role and one.model})
        if len(models) > 1:
            raise ValueError(
                f"all {role} engines must serve the same model, not {', '.join(models)}: give "
                "engines with a model for some tasks the role `other`"
            )


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(
        f"engine {part + 1}" if isinstance(part, int) else str(part) for part in fault["loc"]
    )
    message = fault["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
