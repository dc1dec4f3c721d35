"""Checks a model against a machine's GPUs, and starts vLLM with the flags that fit.

    python3 -m worker.engine.start.preflight [--exec] MODEL [arguments for vllm serve]

For the engine's container, which has vLLM and not Chancery: this module and those that it imports
need only the standard library. `chancery up --model` does the same.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.engine.model.models import family_of
from worker.engine.start.architectures import (
    ArchitectureUnknown,
    check_architecture,
    python_on_path,
)
from worker.engine.start.cards import CardsUnusable, find_cards
from worker.engine.start.command import gpu_arguments
from worker.engine.start.memory import GIB, Card, DoesNotFit, Plan, plan, shape_of
from worker.engine.start.weights import ModelFolder, ModelUnusable, check_model

# sysexits.h: a configuration error. Compose and systemd show it.
CONFIGURATION_ERROR = 78
# In a container, whose network is internal.
ALL, PORT = "0.0.0.0", 8000  # noqa: S104


class CannotServe(Exception):
    """The model cannot be served on this machine; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A complete model, the cards of the machine, and how to start vLLM on them. `plan` is None
    without a card.
    """

    model: ModelFolder
    cards: Sequence[Card]
    plan: Plan | None
    # The model's own.
    longest: int


def fit(path: Path, context: int | None, report: Callable[[str], object]) -> Fit:
    """Check the folder `path`, and fit the model to the machine's cards. Raises `CannotServe`."""
    try:
        report(f"checking {path}")
        model = check_model(path)
        shape = shape_of(model.config, model.weights)
        cards = find_cards()
        planned = plan(shape, cards, context) if cards else None
    except (ModelUnusable, CardsUnusable) as error:
        raise CannotServe(str(error)) from error
    except DoesNotFit as error:
        raise CannotServe(f"{path.name}: {error}") from error
    except ValueError as error:
        raise CannotServe(f"{path}: {error}") from error
    family = family_of(path.name)
    report(
        f"{path.name}: {family.name if family else 'an unknown family'}, {model.architecture}, "
        f"{model.weights / GIB:.1f} GiB of weights"
    )
    if planned:
        report(
            f"{planned.cards} of {len(cards)} cards ({cards[0].name}), {planned.context:,} tokens "
            f"of context, room for about {planned.cache:,} tokens of all requests"
        )
    return Fit(model, cards, planned, shape.context)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--exec", action="store_true", help="start vLLM after the checks")
    parser.add_argument("model", type=Path, help="the model's folder")
    options, given = parser.parse_known_args()
    try:
        found = fit(options.model, None, _say)
        check_architecture(python_on_path(), found.model.architecture, options.model.name)
    except (CannotServe, ArchitectureUnknown) as error:
        _say(f"cannot start the engine: {error}")
        return CONFIGURATION_ERROR
    planned = found.plan
    if planned is None:
        _say("cannot start the engine: nvidia-smi lists no card: give the container its GPUs")
        return CONFIGURATION_ERROR
    if options.exec:
        arguments = gpu_arguments(options.model, ALL, PORT, planned)
        os.execvp("vllm", ["vllm", *arguments, *given])  # noqa: S606, S607 - the image's own
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"preflight: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
