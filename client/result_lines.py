"""The lines of output and error files, read."""

from __future__ import annotations

from pydantic import ValidationError

from client.errors import UnexpectedAnswer
from client.models import BatchLine


def line_of(written: str, file_id: str) -> BatchLine:
    """Raises `UnexpectedAnswer` for a line that no batch writes."""
    try:
        return BatchLine.model_validate_json(written)
    except ValidationError as error:
        raise UnexpectedAnswer(
            f"A line of {file_id} is not what a batch writes: it is no output or error file."
        ) from error
