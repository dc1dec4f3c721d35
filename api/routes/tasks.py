"""The tasks that a department can use."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.auth import DepartmentDep
from api.responses import ListView, as_json, page, problems
from jobs.model.problems import ProblemError
from tasks.registry import tasks_for
from tasks.task import Origin, Task

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])


class TaskView(BaseModel):
    """A task with the JSON Schemas of its options and result. `origin` is `department` for a task
    defined in a file, by the operators or a department.
    """

    name: str
    version: str
    description: str
    origin: Origin
    options_schema: dict[str, Any]
    result_schema: dict[str, Any]


@cache
def _view(task: Task[Any, Any]) -> TaskView:
    return TaskView(
        name=task.name,
        version=task.version,
        description=task.description,
        origin=task.origin,
        options_schema=task.options.model_json_schema(),
        result_schema=task.result.model_json_schema(mode="serialization"),
    )


@router.get(
    "", summary="List the tasks", responses={200: {"model": ListView[TaskView]}, **problems()}
)
async def list_tasks(department: DepartmentDep) -> Response:
    tasks = tasks_for(department.name)
    return page([_view(tasks[name]) for name in sorted(tasks)], None)


@router.get(
    "/{name}",
    summary="Get a task with its schemas",
    responses={200: {"model": TaskView}, **problems("not-found")},
)
async def get_task(name: str, department: DepartmentDep) -> Response:
    tasks = tasks_for(department.name)
    if name not in tasks:
        raise ProblemError("not-found", f"The tasks are: {', '.join(sorted(tasks))}.")
    return as_json(_view(tasks[name]).model_dump_json().encode())
