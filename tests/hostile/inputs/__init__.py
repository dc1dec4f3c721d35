"""Inputs that one department may send to make the system slow: `ALL` lists them."""

from __future__ import annotations

from tests.hostile.inputs import files, formats, http, messages, options, schemas, texts
from tests.hostile.sender import Input

ALL: tuple[Input, ...] = (
    *schemas.INPUTS,
    *options.INPUTS,
    *texts.INPUTS,
    *files.INPUTS,
    *formats.INPUTS,
    *messages.INPUTS,
    *http.INPUTS,
)
