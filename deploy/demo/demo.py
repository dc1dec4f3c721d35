"""The main job from end to end: documents in, signed callbacks out. Run it with `make demo`."""

from __future__ import annotations

import json
import queue
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from display import format_callback
from receiver import Received, Receiver, receiving
from samples import SAMPLES, Sample
from standardwebhooks import Webhook, WebhookVerificationError
from system import TAIL_LINES, DemoFailed, System, running

from chancery import Chancery, ChanceryError

DATA_DIR = Path("var/demo").resolve()
DEPARTMENT = "demo"
CALLBACKS_SECONDS = 900.0
PROGRESS_SECONDS = 15.0


class Phases:
    """Prints the phases of the demo, and at the end their times."""

    def __init__(self) -> None:
        self._began: list[tuple[str, float]] = []

    def begin(self, name: str) -> None:
        """Begin a phase, which ends the one before."""
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
        print("\nThe demo was interrupted. Everything is stopped.", file=sys.stderr)
        return 130
    phases.report()
    print("\nThe demo is complete. `make up` starts the system and leaves it running.")
    return 0


def show(system: System, receiver: Receiver, phases: Phases) -> None:
    phases.begin("Creating a department")
    department = system.create_department(DEPARTMENT, f"127.0.0.1:{receiver.port}")
    print(f"  {department['department']}, with callbacks allowed to {receiver.url}")
    with Chancery(system.api_url, department["api_key"]) as chancery:
        phases.begin(f"Sending {len(SAMPLES)} documents")
        sent = dict(submit(chancery, sample, receiver.url) for sample in SAMPLES)
        phases.begin("Receiving the callbacks")
        model = receive_all(system, chancery, receiver, department["callback_secret"], sent)
    print_addresses(system, model)


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
    """Print the callback of every job; returns the name of the model."""
    waiting, model = dict(sent), ""
    began = time.monotonic()
    while waiting:
        callback = next_callback(system, chancery, receiver, waiting, began)
        job = verified(callback, secret, system)["data"]
        if job["id"] not in waiting:  # events are delivered at least once
            continue
        sample = waiting.pop(job["id"])
        print(f"\n-- {sample.file}: {sample.task} {job['status']}, signature verified")
        print(format_callback(callback), flush=True)
        if job["status"] != "succeeded":
            raise DemoFailed(
                f"{sample.task} of {sample.file} {job['status']}", system.log("worker")
            )
        model = job["provenance"]["model"] or model  # null when no model was asked
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
    reason = f"{len(waiting)} jobs had no callback after {CALLBACKS_SECONDS:.0f} s"
    raise DemoFailed(reason, system.log("courier"))


def progress(chancery: Chancery, job_id: str, sample: Sample) -> str:
    job = chancery.job(job_id)
    parts = f" {job.progress.done}/{job.progress.total}" if job.progress else ""
    return f"{sample.file} {job.status}{parts}"


def verified(callback: Received, secret: str, system: System) -> dict[str, Any]:
    """The event in a callback, verified with the `standardwebhooks` library."""
    try:
        Webhook(secret).verify(callback.body, dict(callback.headers))
    except WebhookVerificationError as error:
        raise DemoFailed(
            f"the signature of a callback is wrong: {error}", system.log("courier")
        ) from error
    event: dict[str, Any] = json.loads(callback.body)
    return event


def print_addresses(system: System, model: str) -> None:
    print(f"\n== Model: {model}")
    if "SmolLM2" in model:
        print(
            "  This is a small English model that runs on any CPU. For results of useful\n"
            "  quality, set CHANCERY_ENGINE_URL to a vLLM server with a DeepSeek model."
        )
    print("\n== Addresses, after `make up`")
    print("  API docs  http://127.0.0.1:8080/docs")
    print("  Flower    http://127.0.0.1:5555 (login: var/flower-login)")
    print(f"  logs      var/logs (this run's: {system.data_dir / 'logs'})")


def show_log(failure: Exception) -> None:
    log = getattr(failure, "log", None)
    if log is not None and log.exists():
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
        print(f"The end of {log}:\n{tail}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
