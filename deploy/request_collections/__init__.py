"""Request collections for Postman, Bruno, n8n and Dify, made from the api's OpenAPI document.

    python -m deploy.request_collections FOLDER

writes them into FOLDER, which is docs/integration/collections. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.request_collections import bruno, dify, n8n, postman
from deploy.request_collections.calls import SAMPLE_LINES, SAMPLE_TEXT, Operations


def collections(document: Mapping[str, Any]) -> dict[str, str]:
    """The files by their path in the folder. `document`: `app.openapi()`.

    Raises `KeyError` if an operation that they use is not in the document any more.
    """
    operations = Operations(document)
    return {
        "notice.txt": SAMPLE_TEXT,
        "lines.jsonl": SAMPLE_LINES,
        **postman.files(operations),
        **bruno.files(operations),
        **n8n.files(operations),
        **dify.files(operations),
    }
