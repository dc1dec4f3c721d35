"""The main job, end to end: documents in, signed callbacks out. Run it with `make demo`."""

from __future__ import annotations

import json
import queue
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from receiver import Received, Receiver, receiving
from samples import SAMPLES, Sample
from showing import shown
from standardwebhooks import Webhook, WebhookVerificationError
from system import TAIL_LINES, DemoFailed, System, running

from chancery import Chancery, ChanceryError

DATA_DIR = Path("var/demo").resolve()
DEPARTMENT = "demo"
CALLBACKS_SECONDS = 900.0
PROGRESS_SECONDS = 15.0


class Phases:
    """How long each part took."""

    def __init__(self) -> None:
        self._began: list[tuple[str, float]] = []

    def begin(self, name: str) -> None:
        """End the part before, and begin another."""
        self._began.append((name, time.monotonic()))
        print(f"\n== {name}", flush=True)

    def report(self) -> None:
        ends = [began for _, began in self._began[1:]] + [time.monotonic()]
        print("\n== Times")
        for (name, began), ended in zip(self._began, ends, strict=True):
            print(f"  {ended - began:6.1f} s  {name}")


def main() -> int:
    phases = Phases()
    try:
        with receiving() as receiver:
            phases.begin("Starting the system")
            with running(DATA_DIR) as system:
                show(system, receiver, phases)
                phases.begin("Stopping everything")
    except (DemoFailed, ChanceryError) as failure:
        print(f"\nThe demo failed: {failure}", file=sys.stderr)
        show_log(failure)
        return 1
    except KeyboardInterrupt:
        print("\nThe demo was interrupted; everything is stopped.", file=sys.stderr)
        return 130
    phases.report()
    print("\nThe demo is done. `make up` starts the system and leaves it running.")
    return 0


def show(system: System, receiver: Receiver, phases: Phases) -> None:
    phases.begin("Making a department")
    department = system.create_department(DEPARTMENT, f"127.0.0.1:{receiver.port}")
    print(f"  {department['department']}: its callbacks may go to {receiver.url}")
    with Chancery(system.api_url, department["api_key"]) as chancery:
        phases.begin(f"Sending {len(SAMPLES)} documents")
        sent = dict(submit(chancery, sample, receiver.url) for sample in SAMPLES)
        phases.begin("Receiving the callbacks")
        model = receive_all(system, chancery, receiver, department["callback_secret"], sent)
    say_where_to_look(system, model)


def submit(chancery: Chancery, sample: Sample, callback_url: str) -> tuple[str, Sample]:
    job = chancery.submit(
        sample.task, file=sample.path, options=sample.options, callback_url=callback_url
    )
    print(f"  {job.id}  {sample.task:<10} {sample.file} ({sample.about})", flush=True)
    return job.id, sample


def receive_all(
    system: System,
    chancery: Chancery,
    receiver: Receiver,
    secret: str,
    sent: Mapping[str, Sample],
) -> str:
    """Print the callback of every job that was sent; returns the model that did the work."""
    waiting, model = dict(sent), ""
    began = time.monotonic()
    while waiting:
        callback = next_callback(system, chancery, receiver, waiting, began)
        job = verified(callback, secret, system)["data"]
        if job["id"] not in waiting:  # delivered at least once, which may be twice
            continue
        sample = waiting.pop(job["id"])
        print(f"\n-- {sample.file}: {sample.task} {job['status']}, signature verified")
        print(shown(callback), flush=True)
        if job["status"] != "succeeded":
            raise DemoFailed(
                f"{sample.task} of {sample.file} {job['status']}", system.log("worker")
            )
        model = job["provenance"]["model"] or model  # rules have none
    return model


def next_callback(
    system: System,
    chancery: Chancery,
    receiver: Receiver,
    waiting: Mapping[str, Sample],
    began: float,
) -> Received:
    while time.monotonic() - began < CALLBACKS_SECONDS:
        try:
            return receiver.received.get(timeout=PROGRESS_SECONDS)
        except queue.Empty:
            system.check_alive()
            elapsed = time.monotonic() - began
            states = ", ".join(progress(chancery, job_id, waiting[job_id]) for job_id in waiting)
            print(f"  {elapsed:.0f} s: {states}", flush=True)
    raise DemoFailed(f"no callback for {len(waiting)} jobs in time", system.log("courier"))


def progress(chancery: Chancery, job_id: str, sample: Sample) -> str:
    job = chancery.job(job_id)
    parts = f" {job.progress.done}/{job.progress.total}" if job.progress else ""
    return f"{sample.file} {job.status}{parts}"


def verified(callback: Received, secret: str, system: System) -> dict[str, Any]:
    """The event, once the `standardwebhooks` library has found its signature right."""
    try:
        Webhook(secret).verify(callback.body, dict(callback.headers))
    except WebhookVerificationError as error:
        raise DemoFailed(
            f"a callback's signature is wrong: {error}", system.log("courier")
        ) from error
    event: dict[str, Any] = json.loads(callback.body)
    return event


def say_where_to_look(system: System, model: str) -> None:
    print(f"\n== The work was done by {model}")
    if "SmolLM2" in model:
        print(
            "  It is a tiny model, made for English, which runs anywhere: what it says of a\n"
            "  document is not what DeepSeek would say. For that, point CHANCERY_ENGINE_URL at\n"
            "  a vLLM that serves DeepSeek."
        )
    print("\n== Where to look, with `make up`")
    print("  API docs  http://127.0.0.1:8080/docs")
    print("  Flower    http://127.0.0.1:5555 (its login is in var/flower-login)")
    print(f"  logs      var/logs (this run's: {system.data_dir / 'logs'})")


def show_log(failure: Exception) -> None:
    log = getattr(failure, "log", None)
    if log is not None and log.exists():
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
        print(f"The end of {log}:\n{tail}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
