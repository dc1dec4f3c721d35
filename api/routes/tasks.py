"""What can be done to a document."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.answers import ListView, as_json, page, problems
from api.auth import TheDepartment
from jobs.problems import ProblemError
from tasks.registry import TASKS

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])


class TaskView(BaseModel):
    """A task: `options_schema` and `result_schema` are JSON Schemas."""

    name: str
    version: str
    description: str
    options_schema: dict[str, Any]
    result_schema: dict[str, Any]


@cache
def _view(name: str) -> TaskView:
    task = TASKS[name]
    return TaskView(
        name=task.name,
        version=task.version,
        description=task.description,
        options_schema=task.options.model_json_schema(),
        result_schema=task.result.model_json_schema(mode="serialization"),
    )


@router.get(
    "", summary="List the tasks", responses={200: {"model": ListView[TaskView]}, **problems()}
)
async def list_tasks(_: TheDepartment) -> Response:
    return page([_view(name) for name in sorted(TASKS)], None)


@router.get(
    "/{name}",
    summary="A task with its options and its result",
    responses={200: {"model": TaskView}, **problems("not-found")},
)
async def get_task(name: str, _: TheDepartment) -> Response:
    if name not in TASKS:
        raise ProblemError("not-found", f"The tasks are: {', '.join(sorted(TASKS))}.")
    return as_json(_view(name).model_dump_json().encode())
