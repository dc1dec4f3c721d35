"""How fast work is done: what was measured, and what is assumed until then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Basis(StrEnum):
    """What a rate rests on."""

    task = "task"  # this task was measured
    overall = "overall"  # other tasks were
    assumed = "assumed"  # nothing was: the setting `assumed_tokens_per_second`


@dataclass(frozen=True, slots=True)
class Rate:
    tokens_per_second: float
    basis: Basis

    @property
    def measured(self) -> bool:
        return self.basis is not Basis.assumed


class Pace:
    """Tokens per second of the whole system, by task.

    `measured` is, for each task, how many tokens were done in how many seconds. A task of which
    nothing was measured is taken to be as fast as all the others together.
    """

    def __init__(
        self, measured: Mapping[str, tuple[float, float]], assumed_tokens_per_second: float
    ) -> None:
        if assumed_tokens_per_second <= 0:
            raise ValueError("the assumed tokens per second must be above 0")
        usable = {
            task: (tokens, seconds)
            for task, (tokens, seconds) in measured.items()
            if tokens > 0 and seconds > 0
        }
        self._of_tasks = {
            task: Rate(tokens / seconds, Basis.task) for task, (tokens, seconds) in usable.items()
        }
        if usable:
            tokens = sum(tokens for tokens, _ in usable.values())
            seconds = sum(seconds for _, seconds in usable.values())
            self._otherwise = Rate(tokens / seconds, Basis.overall)
        else:
            self._otherwise = Rate(assumed_tokens_per_second, Basis.assumed)

    def of(self, task: str) -> Rate:
        return self._of_tasks.get(task, self._otherwise)

    def seconds(self, tokens: Mapping[str, float]) -> float:
        """How long the whole system takes for so many tokens of each task."""
        return sum(count / self.of(task).tokens_per_second for task, count in tokens.items())

    def measured(self, tokens: Mapping[str, float]) -> bool:
        """Whether all that `seconds` says of these rests on measurements."""
        return all(self.of(task).measured for task, count in tokens.items() if count > 0)
