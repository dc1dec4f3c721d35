"""Chooses the model of a run: that of the task, or the fast model first, and the full model if the
fast result is doubtful.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import structlog
from pydantic import BaseModel

from documents.document import Document
from jobs.model.job import RunUsage, Usage
from jobs.model.provenance import EngineRequests
from jobs.model.roles import ModelChoice, Role
from jobs.process.settings import CascadeSettings
from tasks.errors import (
    EngineError,
    EngineFaulty,
    EngineUnavailable,
    OptionsTooLong,
    OutputError,
)
from tasks.registry import TASKS
from tasks.task import Task
from worker.engine.interface import Engines
from worker.engine.requests.cache_salts import CacheSalts
from worker.engine.session import EngineSession

FAST_UNAVAILABLE = f"fast-{EngineUnavailable.code}"
log = structlog.get_logger()

OpenSession = Callable[[Engines], EngineSession]


class Cascade:
    """The engines by role, the settings that choose between them, and the salts of departments.

    `others`: engines for single tasks, by the name of their model. Raises `ValueError` if the
    settings name an unknown task or model.
    """

    def __init__(
        self,
        full: Engines,
        fast: Engines | None,
        settings: CascadeSettings,
        salts: CacheSalts,
        others: Mapping[str, Engines] = MappingProxyType({}),
    ) -> None:
        unknown = sorted(set(settings.task_models) - set(TASKS))
        if unknown:
            raise ValueError(f"CHANCERY_TASK_MODELS names unknown tasks: {', '.join(unknown)}")
        models = set(settings.task_models.values()) - {*ModelChoice, *others}
        if models:
            raise ValueError(
                f"CHANCERY_TASK_MODELS names {', '.join(sorted(models))}, and CHANCERY_ENGINES has "
                "no engine with that model and the role `other`"
            )
        self._engines: Mapping[str, Engines] = {**others, Role.full: full}
        if fast is not None:
            self._engines = {**self._engines, Role.fast: fast}
        self._settings = settings
        self._salts = salts

    async def cache_salt(self, department: str) -> str | None:
        """The salt of the department's requests; see `CacheSalts.of`."""
        return await self._salts.of(department)

    def begin(self, open_session: OpenSession) -> CascadeRun:
        """A run of a job; `open_session` is called for each engine that the run uses."""
        return CascadeRun(self._engines, open_session, self._settings)


class CascadeRun:
    """One run of one job. Its properties are valid at any time, also after an error."""

    def __init__(
        self,
        engines: Mapping[str, Engines],
        open_session: OpenSession,
        settings: CascadeSettings,
    ) -> None:
        self._engines = engines
        self._open_session = open_session
        self._settings = settings
        self._sessions: dict[Role, EngineSession] = {}
        self.role = Role.full
        self.doubts: tuple[str, ...] = ()

    @property
    def escalated(self) -> bool:
        """Whether the fast model was tried and the full model has to do the work."""
        return bool(self.doubts)

    @property
    def usage(self) -> Usage:
        """The usage of all engines so far."""
        full = self.usage_of(Role.full)
        return self.usage_of(Role.fast) + full if Role.fast in self._sessions else full

    def usage_of(self, role: Role) -> Usage:
        return self._sessions[role].usage if role in self._sessions else Usage()

    @property
    def used(self) -> RunUsage:
        """The usage so far, by engine."""
        return RunUsage(
            total=self.usage,
            fast=self.usage_of(Role.fast),
            models={role: each.model for role, each in self._sessions.items() if each.has_asked},
        )

    def asked_of(self, role: Role) -> EngineRequests | None:
        """The requests to the engine so far; None if there were none."""
        return self._sessions[role].asked if role in self._sessions else None

    async def forward(self, request: Mapping[str, Any]) -> bytes:
        """The response to a chat completion of the engines with the request's model, or else of the
        full engine.
        """
        model = request.get("model")
        if not isinstance(model, str) or model in tuple(Role) or model not in self._engines:
            model = Role.full
        elif not self._engines[model].health.ok:
            raise EngineFaulty(f"No engine with the model {model} is available.")
        return await self._session(Role.full, model).forward(request)

    async def run(
        self,
        task: Task[Any, Any],
        document: Document,
        options: BaseModel,
        asked: ModelChoice | None,
    ) -> BaseModel:
        """The task's result. Raises what the task raises on the last engine that it runs on."""
        choice = self._choice(task, asked)
        if not isinstance(choice, ModelChoice):
            return await self._run_on(Role.full, task, document, options, self._model(choice))
        if choice is not ModelChoice.full and Role.fast in self._engines:
            checked = choice is ModelChoice.auto
            result = await self._fast_result(task, document, options, checked=checked)
            if result is not None:
                return result
            log.info("job.escalated", doubts=self.doubts)
        return await self._run_on(Role.full, task, document, options)

    def _model(self, name: str) -> str:
        """The task's own model, or the full one, which can do the work, while it is away."""
        if self._engines[name].health.ok:
            return name
        log.warning("job.model_away", model=name)
        return Role.full

    def _choice(self, task: Task[Any, Any], asked: ModelChoice | None) -> ModelChoice | str:
        """The model to use: `full` instead of `auto` if the task cannot check a result."""
        default = self._settings.task_models.get(task.name, self._settings.default_model)
        choice = asked or default
        if choice is ModelChoice.auto and task.doubts is None:
            return ModelChoice.full
        return choice

    async def _fast_result(
        self, task: Task[Any, Any], document: Document, options: BaseModel, *, checked: bool
    ) -> BaseModel | None:
        """The fast model's result, or None with `doubts` set.

        Does not wait for a fast engine that is away: the full engine can do all of the work.
        """
        if not self._engines[Role.fast].health.ok:
            self.doubts = (FAST_UNAVAILABLE,)
            return None
        try:
            result = await self._run_on(Role.fast, task, document, options)
        except EngineError as error:
            self.doubts = (f"fast-{error.code}",)
            return None
        except (OutputError, OptionsTooLong) as error:
            self.doubts = (error.code,)
            return None
        if checked and task.doubts is not None:
            self.doubts = tuple(task.doubts(document, options, result))
        return None if self.doubts else result

    async def _run_on(
        self,
        role: Role,
        task: Task[Any, Any],
        document: Document,
        options: BaseModel,
        model: str | None = None,
    ) -> BaseModel:
        result: BaseModel = await task.run(document, options, self._session(role, model))
        return result

    def _session(self, role: Role, model: str | None = None) -> EngineSession:
        """On the engines of `role`, or on those of another `model`, which has the place of it."""
        self.role = role
        self._sessions[role] = self._open_session(self._engines[model or role])
        return self._sessions[role]
