"""One measured comparison, and how samples are taken: both sides in turn, so that a busy moment meets both."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Sample = Mapping[str, float]  # what was timed -> how much
SETTLE = 0.5  # s; the kernel takes namespaces down after the command that ended them


@dataclass(frozen=True)
class Row:
    """Medians. `goal` is the ratio to reach; of an absolute goal it is that, and so is `peer`. `met` is None without a goal."""

    name: str
    ours: float
    peer: float
    unit: str
    goal: float | None
    runs: int
    absolute: bool = False

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.ours <= self.goal if self.absolute else self.ratio <= self.goal

    def to_data(self) -> dict[str, object]:
        """As ./lab bench --json gives it."""
        return {
            "name": self.name, "ours": self.ours, "peer": self.peer, "unit": self.unit, "ratio": self.ratio,
            "goal": self.goal, "met": self.met, "runs": self.runs,
        }  # fmt: skip


def compare(
    ours: Callable[[], Sample], peer: Callable[[], Sample], *, runs: int, budget: float
) -> tuple[dict[str, tuple[float, float]], int]:
    """Medians of both by what was timed, and how many runs there were: `runs`, or fewer when `budget` s are over."""
    mine: list[Sample] = []
    theirs: list[Sample] = []
    until = time.monotonic() + budget
    while len(mine) < runs and (not mine or time.monotonic() < until):
        mine.append(_settled(ours))
        theirs.append(_settled(peer))
    return {what: (_median(mine, what), _median(theirs, what)) for what in mine[0]}, len(mine)


def measure(ours: Callable[[], Sample], *, runs: int) -> dict[str, float]:
    """Medians of one side alone."""
    samples = [_settled(ours) for _ in range(runs)]
    return {what: _median(samples, what) for what in samples[0]}


def _settled(side: Callable[[], Sample]) -> Sample:
    sample = side()
    threading.Event().wait(SETTLE)
    return sample


def _median(samples: list[Sample], what: str) -> float:
    return statistics.median(sample[what] for sample in samples)
