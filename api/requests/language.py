"""The language of a response: the one that `Accept-Language` prefers, English without it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from jobs.texts import Language, language_of
from jobs.texts.translation import Translation, translation


def requested_language(request: Request | Scope) -> Language:
    headers = request.headers if isinstance(request, Request) else Headers(scope=request)
    return language_of(headers.get("accept-language"), Language.en)


def translation_for(request: Request | Scope) -> Translation:
    """The texts in the language of the response."""
    return translation(requested_language(request))
