"""A stand-in for vLLM: the same HTTP interface without a model, with modes of failure.

    python -m standin.engine --port 8000 [--latency 0.05] [--mode 500]

The same request gets the same response: an instance of the schema, or the beginning of the last
line of the prompt. `POST /_control` changes fields of `Behaviour`. `GET /_counts` returns counts of
completions, `GET /_last` the body of the last request, `GET /_asked` the bodies of the last ones as
received.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

import uvloop
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from standin.schema_instances import instance

MODEL, ROOT, VERSION = "stand-in", "example/stand-in-0b", "0.0.0"
STATUSES = (307, 401, 403, 404, 413, 422, 429, 500, 502, 503, 504)
MODES = (
    *("ok", "400", "hang", "hold", "drop", "not-json", "unhealthy", "no-tokenize"),
    *map(str, STATUSES),
)
THINKING = "<think>\nLet me think about it.\n</think>\n\n"
ANSWER_CHARS = 60
TOKEN_CHARS = 4
FEW_TOKENS = 8
REMEMBERED = 100
HOLD_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`latency` is in seconds; `answer` replaces every completion; `think` prepends reasoning.

    Mode `hang` never answers a request that it got, `hold` answers it when the mode changes. A
    request with the text `holds` in it is answered when that changes.
    Without `takes_priority`, a priority other than 0 is refused. Mode `unhealthy` always answers
    503. With `answers_probes`, other modes spare requests for one token, as if they failed for what
    is in them. With `api_key`, everything under `/v1` needs it, as with vLLM's `--api-key`.
    With `parser`, reasoning is apart from the answer, as with `--reasoning-parser`; with `bounds`
    too, `thinking_token_budget` ends it.
    """

    mode: str = "ok"
    latency: float = 0.0
    holds: str = ""
    answer: str | None = None
    think: bool = False
    takes_priority: bool = True
    answers_probes: bool = True
    context: int = 4096
    api_key: str | None = None
    model: str = MODEL
    root: str = ROOT
    parser: bool = False
    bounds: bool = False


@dataclass(slots=True)
class Counts:
    started: int = 0
    finished: int = 0
    aborted: int = 0
    tokenized: int = 0
    prompt_tokens: int = 0
    generation_tokens: int = 0

    @property
    def running(self) -> int:
        return self.started - self.finished - self.aborted


@dataclass(slots=True)
class StandIn:
    behaviour: Behaviour
    counts: Counts = field(default_factory=Counts)
    last: dict[str, Any] = field(default_factory=dict)
    traceparent: str = ""
    asked: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[self._key_check()])
        app.add_routes(
            [
                web.get("/health", self.health),
                web.get("/v1/models", self.models),
                web.get("/version", self.version),
                web.get("/metrics", self.metrics),
                web.post("/tokenize", self.tokenize),
                web.post("/v1/chat/completions", self.chat),
                web.post("/_control", self.control),
                web.get("/_counts", self.count),
                web.get("/_last", self.latest),
                web.get("/_asked", self.remembered),
                web.get("/_traceparent", self.last_traceparent),
            ]
        )
        return app

    def _key_check(self) -> Middleware:
        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            key, given = self.behaviour.api_key, request.headers.get("Authorization")
            if key and request.path.startswith("/v1") and given != f"Bearer {key}":
                return web.json_response({"error": "Unauthorized"}, status=401)
            return await handler(request)

        return check

    async def health(self, request: web.Request) -> web.Response:
        return web.Response(status=503 if self.behaviour.mode == "unhealthy" else 200)

    async def models(self, request: web.Request) -> web.Response:
        own = self.behaviour
        model = {"id": own.model, "root": own.root, "max_model_len": own.context}
        return web.json_response({"object": "list", "data": [{**model, "object": "model"}]})

    async def version(self, request: web.Request) -> web.Response:
        return web.json_response({"version": VERSION})

    async def metrics(self, request: web.Request) -> web.Response:
        labels = f'{{engine="0",model_name="{MODEL}"}}'
        lines = (
            f"vllm:num_requests_running{labels} {float(self.counts.running)}",
            f"vllm:num_requests_waiting{labels} 0.0",
            f"vllm:kv_cache_usage_perc{labels} 0.25",
            f"vllm:prompt_tokens_total{labels} {float(self.counts.prompt_tokens)}",
            f"vllm:generation_tokens_total{labels} {float(self.counts.generation_tokens)}",
        )
        return web.Response(text="\n".join(lines) + "\n")

    async def tokenize(self, request: web.Request) -> web.Response:
        if self.behaviour.mode == "no-tokenize":
            return _problem(404, "Not Found")
        self.counts.tokenized += 1
        tokens = list(range(count_tokens((await request.json())["prompt"])))
        answer = {"count": len(tokens), "max_model_len": self.behaviour.context, "tokens": tokens}
        return web.json_response(answer)

    async def control(self, request: web.Request) -> web.Response:
        self.behaviour = _checked(replace(self.behaviour, **await request.json()))
        return web.json_response({})

    async def count(self, request: web.Request) -> web.Response:
        counts = self.counts
        return web.json_response(
            {
                "started": counts.started,
                "finished": counts.finished,
                "aborted": counts.aborted,
                "running": counts.running,
                "tokenized": counts.tokenized,
            }
        )

    async def latest(self, request: web.Request) -> web.Response:
        return web.json_response(self.last)

    async def remembered(self, request: web.Request) -> web.Response:
        return web.json_response(list(self.asked))

    async def last_traceparent(self, request: web.Request) -> web.Response:
        return web.Response(text=self.traceparent)

    async def chat(self, request: web.Request) -> web.Response:
        text = await request.text()
        body: dict[str, Any] = json.loads(text)
        if _is_probe(body):
            spared = self.behaviour.answers_probes
            return (None if spared else await self._misbehave(request, body)) or self._answer(body)
        self.counts.started += 1
        try:
            self.asked.append(text)
            self.last, self.traceparent = body, request.headers.get("traceparent", "")
            response = await self._misbehave(request, body) or self._answer(body)
        except asyncio.CancelledError:
            self.counts.aborted += 1
            raise
        self.counts.finished += 1
        return response

    async def _misbehave(self, request: web.Request, body: dict[str, Any]) -> web.Response | None:
        behaviour = self.behaviour
        if behaviour.latency:
            await asyncio.sleep(behaviour.latency)
        await self._while_held(body)
        match behaviour.mode:
            case "hang":
                await asyncio.Event().wait()
            case "hold":
                while self.behaviour.mode == "hold":
                    await asyncio.sleep(HOLD_POLL_SECONDS)
            case "drop":
                assert request.transport
                request.transport.abort()
            case "not-json":
                return web.Response(text="<html>It works!</html>", content_type="text/html")
            case "400":
                return _problem(400, f"Cannot take: {body['messages'][-1]['content']}")
            case mode if mode.isdecimal():
                return _problem(int(mode), "It does not work")
            case "unhealthy":
                return _problem(503, "It does not work")
        return self._refuse(body)

    async def _while_held(self, body: dict[str, Any]) -> None:
        words = "\n".join(message["content"] for message in body["messages"])
        while (held := self.behaviour.holds) and held in words:
            await asyncio.sleep(HOLD_POLL_SECONDS)

    def _refuse(self, body: dict[str, Any]) -> web.Response | None:
        if body.get("priority") and not self.behaviour.takes_priority:
            return _problem(400, "Got priority 10 but Priority scheduling is not enabled.")
        if "thinking_token_budget" in body and not self.behaviour.bounds:
            return _problem(
                400, "thinking_token_budget is set but reasoning_config is not configured."
            )
        asked, most = _prompt_tokens(body) + body.get("max_tokens", 0), self.behaviour.context
        if asked > most:
            return _problem(
                400,
                f"This model's maximum context length is {most} tokens. However, {asked} tokens "
                "were asked for.",
            )
        return None

    def _answer(self, body: dict[str, Any]) -> web.Response:
        text = self.behaviour.answer or _words(body)
        thinking = self._thinking(body)
        prompt = _prompt_tokens(body)
        message: dict[str, Any] = {"role": "assistant", "content": thinking + text}
        if self.behaviour.parser:
            # As vLLM does, an answer of so few tokens is only reasoning.
            is_cut = thinking and body.get("max_tokens", FEW_TOKENS + 1) <= FEW_TOKENS
            message = {"role": "assistant", "content": None if is_cut else text}
            message["reasoning"] = thinking.removeprefix("<think>").split("</think>")[0] or None
        pieces = [
            (thinking + text)[i : i + TOKEN_CHARS]
            for i in range(0, len(thinking + text), TOKEN_CHARS)
        ]
        choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": "stop"}
        if body.get("logprobs"):
            content = [_logprobs(piece, body.get("top_logprobs", 0)) for piece in pieces]
            choice["logprobs"] = {"content": content}
        self.counts.prompt_tokens += prompt
        self.counts.generation_tokens += len(pieces)
        usage: dict[str, Any] = {
            "prompt_tokens": prompt,
            "completion_tokens": len(pieces),
            "total_tokens": prompt + len(pieces),
            "prompt_tokens_details": {"cached_tokens": prompt // 2},
        }
        if self.behaviour.bounds:
            # As vLLM does for a reasoning that the chat template began.
            usage["completion_tokens_details"] = {"reasoning_tokens": 0}
        return web.json_response(
            {
                "id": f"chatcmpl-{self.counts.started}",
                "object": "chat.completion",
                "created": 0,
                "model": MODEL,
                "choices": [choice],
                "usage": usage,
            }
        )

    def _thinking(self, body: dict[str, Any]) -> str:
        """The reasoning before the answer."""
        switched_off = False in (body.get("chat_template_kwargs") or {}).values()
        ended = body.get("thinking_token_budget") == 0
        thinks = self.behaviour.think and not (switched_off or ended)
        return THINKING if thinks else ""


def count_tokens(text: str) -> int:
    """One token per four ASCII characters, or per other character."""
    others = sum(1 for char in text if not char.isascii()) if not text.isascii() else 0
    return others + -(-(len(text) - others) // TOKEN_CHARS)


def _is_probe(body: dict[str, Any]) -> bool:
    """Whether it is the request by which a worker tells its engine's faults: it is not counted."""
    return body["messages"] == [{"role": "user", "content": "1"}] and body.get("max_tokens") == 1


def _prompt_tokens(body: dict[str, Any]) -> int:
    return sum(count_tokens(message["content"]) for message in body["messages"])


def _words(body: dict[str, Any]) -> str:
    prompt = body["messages"][-1]["content"].strip()
    words = prompt.rsplit("\n", 1)[-1][:ANSWER_CHARS] or "-"
    shape = body.get("response_format") or {}
    if shape.get("type") != "json_schema":
        return words
    return json.dumps(instance(shape["json_schema"]["schema"], words), ensure_ascii=False)


def _logprobs(piece: str, number: int) -> dict[str, Any]:
    top = [{"token": piece, "logprob": -0.1}]
    top += [{"token": f"{piece}{rank}", "logprob": -2.0 - rank} for rank in range(1, number)]
    return {"token": piece, "logprob": -0.1, "top_logprobs": top[:number]}


def _problem(status: int, message: str) -> web.Response:
    error = {"message": message, "type": "Error", "param": None, "code": status}
    return web.json_response({"error": error}, status=status)


def _checked(behaviour: Behaviour) -> Behaviour:
    if behaviour.mode not in MODES:
        raise web.HTTPBadRequest(text=f"mode is one of {', '.join(MODES)}")
    return behaviour


async def serve(host: str, port: int, behaviour: Behaviour) -> None:
    """Serve until cancelled. Prints the URL once it answers."""
    runner = web.AppRunner(
        StandIn(behaviour).app(), access_log=None, handler_cancellation=True, shutdown_timeout=0
    )
    await runner.setup()
    await web.TCPSite(runner, host, port, backlog=1024).start()
    print(f"ready http://{host}:{runner.addresses[0][1]}", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for vLLM.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="default: a free port")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per response")
    parser.add_argument("--mode", "--fail", choices=MODES, default="ok")
    options = parser.parse_args()
    behaviour = Behaviour(mode=options.mode, latency=options.latency)
    uvloop.run(serve(options.host, options.port, behaviour))


if __name__ == "__main__":
    main()
