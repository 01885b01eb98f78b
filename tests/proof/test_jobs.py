"""Faults that follow each other in one world: when another is begun, and what becomes of one that could not be told."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from labkit.lab.lab import Lab
from labkit.proof.jobs import Prover, Untold
from labkit.proof.prove import plan_faults
from labkit.proof.result import Broken
from labkit.proof.worlds import Worlds


class FakeProver(Prover):
    """`said` of each fault, one after the other: whether it went well, or that it could not be told."""

    def __init__(self, said: dict[str, list[bool | None]], *, reused: bool = True) -> None:
        self.said = said
        self.begun = 0
        self.last: list[str] = []
        self.worlds = cast("Worlds", SimpleNamespace(start=self._start, reused=reused))

    @contextlib.contextmanager
    def _start(self) -> Iterator[Any]:
        self.begun += 1
        yield None

    def _build(self, lab: Lab) -> None:
        pass

    def _break_and_repair(self, lab: Lab, name: str, *, last: bool = False) -> Broken:  # noqa: ARG002
        self.last += [name] if last else []
        ok = self.said[name].pop(0)
        if ok is None and not last:
            raise Untold(name)
        return Broken(name, (), bool(ok))


def prove(prover: FakeProver) -> list[tuple[str, bool]]:
    found = prover.prove_faults(deque(prover.said), lambda _: None)
    return [(each.name, each.ok) for each in found]


def test_a_world_is_used_on_while_each_repair_leaves_it_green() -> None:
    prover = FakeProver({"a": [True], "b": [False], "c": [True], "d": [True]})
    assert prove(prover) == [("a", True), ("b", False), ("c", True), ("d", True)]
    assert prover.begun == 2


def test_what_could_not_be_told_is_done_once_more_in_another_world() -> None:
    prover = FakeProver({"a": [None, True], "b": [True]})
    assert prove(prover) == [("b", True), ("a", True)]
    assert (prover.begun, prover.last) == (2, ["a"])


def test_only_where_worlds_are_dear_is_there_one_job_for_all() -> None:
    assert list(plan_faults(FakeProver({}), ["a", "b"], lambda _: None)) == ["faults"]
    assert list(plan_faults(FakeProver({}, reused=False), ["a", "b"], lambda _: None)) == ["fault a", "fault b"]
    assert plan_faults(FakeProver({}), [], lambda _: None) == {}
