"""Worlds for the jobs of a proof. That of a cluster is dear: it is put back to its start after a job, and used again."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labkit.lab.definition import read_definition
from labkit.lab.folders import find_lab
from labkit.lab.lab import Lab
from labkit.lab.session import start_hidden_lab
from labkit.proof.restoring import Beginning, put_back, read_beginning

NUMBERS = itertools.count()  # names of worlds: no two at a time in this process


@dataclass(frozen=True)
class _World:
    """A world and what it was like at its start."""

    lab: Lab
    stack: contextlib.ExitStack
    start: Beginning


class Worlds:
    """`reused`: whether this lab's worlds are kept for the next job."""

    def __init__(self, lab: str, folder: Path, student: str | None) -> None:
        self._lab = lab
        self._folder = folder
        self._student = student
        self._spare: list[_World] = []
        self.reused = read_definition(find_lab(lab), student).cluster is not None

    @contextmanager
    def start(self, *, fresh: bool = False, last: bool = False) -> Iterator[Lab]:
        """A world at its start. `fresh`: nobody used it before; `last`: nobody will again."""
        if not self.reused:
            with self._begin() as lab:
                yield lab
            return
        world = self._spare.pop() if self._spare and not fresh else self._make()
        with contextlib.ExitStack() as stack:
            stack.enter_context(world.stack)
            yield world.lab
            if not last and put_back(world.lab, world.start):
                stack.pop_all()
                self._spare.append(world)

    def end(self) -> None:
        """Those that are left."""
        while self._spare:
            self._spare.pop().stack.close()

    @contextmanager
    def _begin(self) -> Iterator[Lab]:
        name = f"proof-{os.getpid()}-{next(NUMBERS)}"
        with start_hidden_lab(self._lab, name, self._folder / f"{name}.jsonl", student=self._student) as lab:
            yield lab

    def _make(self) -> _World:
        with contextlib.ExitStack() as stack:
            lab = stack.enter_context(self._begin())
            return _World(lab, stack.pop_all(), read_beginning(lab))
