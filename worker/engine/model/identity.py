"""What an engine says of itself: its model and its version."""

from __future__ import annotations

import httpx
from pydantic import BaseModel, Field, ValidationError

from tasks.errors import EngineUnavailable
from worker.engine.requests.http import EngineHttp
from worker.engine.requests.probe import CHECK_URL, Refused
from worker.http.connection import Response


class ServedModel(BaseModel):
    """A model as `/v1/models` lists it. `root` is the folder or repository it was loaded from."""

    id: str
    root: str | None = None
    max_model_len: int | None = None


class _Models(BaseModel):
    data: list[ServedModel] = Field(min_length=1)


class _Version(BaseModel):
    version: str


async def find_model(http: EngineHttp, wanted: str | None) -> ServedModel:
    """The model named `wanted`; None: the first. Raises `EngineUnavailable` and `Refused`."""
    response = await http.get("/v1/models")
    try:
        models = _Models.model_validate_json(body_of(response, "/v1/models")).data
    except ValidationError:
        raise EngineUnavailable(
            f"the response at /v1/models is not a list of models: {CHECK_URL}"
        ) from None
    for model in models:
        if wanted in {None, model.id}:
            return model
    raise EngineUnavailable(f"serves {', '.join(model.id for model in models)}, but not {wanted}")


async def find_version(http: EngineHttp) -> str | None:
    response = await http.get("/version")
    try:
        return _Version.model_validate_json(response.body).version
    except ValidationError:
        return None


def body_of(response: Response, path: str) -> bytes:
    """Raises `Refused` for an error."""
    if response.status != httpx.codes.OK:
        raise Refused(response.status, path)
    return response.body
