"""Worlds for the jobs of a proof. That of a cluster is dear: it is put back to its start after a job, and used again."""

from __future__ import annotations

import contextlib
import itertools
import os
import shlex
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.cni import LEASES
from labkit.errors import LabkitError
from labkit.lab.definition import read_definition
from labkit.lab.entries import Reset
from labkit.lab.folders import find_lab
from labkit.lab.lab import Lab
from labkit.lab.session import start_hidden_lab
from labkit.lab.whole import is_same, list_changes, read_whole
from labkit.net import Snapshot

NUMBERS = itertools.count()  # names of worlds: no two at a time in this process
_TRIES: Final = 8
_PAUSE: Final = 0.5  # seconds in which kubelets and controllers follow


@dataclass(frozen=True)
class _World:
    """A world and what it was like at its start."""

    lab: Lab
    stack: contextlib.ExitStack
    start: Snapshot
    programs: Counter[tuple[str, ...]]


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
            if not last and put_back(world):
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
            return _World(lab, stack.pop_all(), read_whole(lab.world), _count_programs(lab))


def put_back(world: _World) -> bool:
    """Take away what came, bring back what went; whether the world is as it was, its programs too."""
    lab = world.lab
    try:
        for _ in range(_TRIES):
            now = read_whole(lab.world)
            if is_same(world.start, now) and _count_programs(lab) == world.programs:
                _write_files(lab)
                lab.note(Reset())
                return True
            for change in list_changes(world.start, now):
                for argv in change.undo:
                    lab.machine(change.machine).run(argv, journal={}, timeout=_TRIES)
            _remove_pods(lab, world.start)
            threading.Event().wait(_PAUSE)
    except LabkitError:
        pass
    return False


def _write_files(lab: Lab) -> None:
    """Those of lab.toml as they were: a script may have edited what the next one applies."""
    for machine in lab.definition.topology.machines:
        handle = lab.machine(machine.name)
        for path, text in machine.files.items():
            if handle.read_file(f"/{path}") != text:
                handle.run(f"cat >{shlex.quote(f'/{path}')}", stdin=text, journal={})


def _remove_pods(lab: Lab, start: Snapshot) -> None:
    """Those made by hand, with what runs in them."""
    for pod in read_whole(lab.world).machines.keys() - start.machines.keys():
        node = lab.world.machine(pod).node
        if node:
            remove = (
                f"ip netns pids {pod} | xargs -r kill -9; ip netns del {pod}; grep -rl '^{pod}' {LEASES} | xargs -r rm"
            )
            lab.machine(node).run(remove, journal={})


def _count_programs(lab: Lab) -> Counter[tuple[str, ...]]:
    nodes = [machine for machine in lab.machines() if machine.kind == "node"]
    return Counter((node.name, *argv) for node in nodes for _, argv in node.list_processes())
