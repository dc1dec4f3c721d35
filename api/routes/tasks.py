"""The tasks that a department can use."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.access.authentication import DepartmentDep
from api.requests.language import requested_language
from api.responses.json_responses import ListView, as_json, page, problems
from jobs.model.problems import ProblemError
from jobs.texts import Language
from jobs.texts.translation import translation
from tasks.registry import tasks_for
from tasks.task import Origin, Task

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])


class TaskView(BaseModel):
    """A task with the JSON Schemas of its options and result. `origin` is `department` for a task
    defined in a file, by the operators or a department. `accepts`: the media types of the documents
    that it takes; null for all that can be read. `title` is its name for people.
    """

    name: str
    version: str
    description: str
    title: str
    origin: Origin
    accepts: list[str] | None
    options_schema: dict[str, Any]
    result_schema: dict[str, Any]


@cache
def _view(task: Task[Any, Any], language: Language) -> TaskView:
    texts = translation(language)
    return TaskView(
        name=task.name,
        version=task.version,
        description=texts.task_description(task),
        title=texts.task_name(task.name),
        origin=task.origin,
        accepts=sorted(task.accepts) if task.accepts is not None else None,
        options_schema=task.options.model_json_schema(),
        result_schema=task.result.model_json_schema(mode="serialization"),
    )


@router.get(
    "", summary="List the tasks", responses={200: {"model": ListView[TaskView]}, **problems()}
)
async def list_tasks(request: Request, department: DepartmentDep) -> Response:
    tasks, language = tasks_for(department.name), requested_language(request)
    return page([_view(tasks[name], language) for name in sorted(tasks)], None)


@router.get(
    "/{name}",
    summary="Get a task with its schemas",
    responses={200: {"model": TaskView}, **problems("not-found")},
)
async def get_task(request: Request, name: str, department: DepartmentDep) -> Response:
    tasks = tasks_for(department.name)
    if name not in tasks:
        raise ProblemError("not-found", f"The tasks are: {', '.join(sorted(tasks))}.")
    view = _view(tasks[name], requested_language(request))
    return as_json(view.model_dump_json().encode())
