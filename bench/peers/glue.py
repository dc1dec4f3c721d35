"""The glue that a team writes in a week: FastAPI, Celery, httpx. It keeps nothing.

`POST /jobs` enqueues a task that asks the engine, and that task one that posts the callback.
"""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import os
from typing import Any

import httpx
from celery import Celery
from fastapi import FastAPI

ENGINE = os.environ["ENGINE"]
celery = Celery("glue", broker=os.environ["BROKER"])
celery.conf.update(task_ignore_result=True)
api = FastAPI()
client = httpx.Client(timeout=60)


@celery.task
def summarize(text: str, callback_url: str) -> None:
    message = {"role": "user", "content": f"Summarize: {text}"}
    body = {"model": "instant", "messages": [message], "max_tokens": 64}
    answer = client.post(f"{ENGINE}/v1/chat/completions", json=body).raise_for_status()
    callback.delay(callback_url, answer.json()["choices"][0]["message"]["content"])


@celery.task
def callback(url: str, summary: str) -> None:
    client.post(url, json={"summary": summary}).raise_for_status()


@api.post("/jobs", status_code=202)
def submit(job: dict[str, Any]) -> dict[str, str]:
    return {"id": summarize.delay(job["input"]["text"], job["callback_url"]).id}


@api.get("/readyz")
def ready() -> dict[str, str]:
    return {}
