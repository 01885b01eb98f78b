"""Mutants: the reference's network with one object less, in a world that is used again and again."""

from __future__ import annotations

import contextlib
import fnmatch
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Self

from labkit.check.engine import Haste
from labkit.check.live import run
from labkit.check.report import Report
from labkit.check.verdict import Status
from labkit.errors import LabkitError
from labkit.lab.definition import Equivalent
from labkit.lab.lab import Lab
from labkit.lab.machine import LabMachine
from labkit.lab.whole import list_changes, read_whole
from labkit.net import Change, Snapshot, read_links
from labkit.proof.result import Mutant

# The reference has been checked green in this very world, and one object was taken away since: what is red twice, half a second
# apart, stays red. One red check is enough.
HASTE = Haste(attempts=2, first=True)
TRIES = 2


def plan_mutants(changes: Sequence[Change]) -> list[Change]:
    """One for each object, rules of a chain that the reference made itself as one: without any of them the chain means nothing."""
    chains: dict[tuple[str, str], list[Change]] = defaultdict(list)
    single = []
    for change in changes:
        chain = find_chain(change.label)
        if chain:
            chains[change.machine, chain].append(change)
        else:
            single.append(change)
    grouped = [
        Change(machine, f"rules of {chain} on {machine}", [argv for each in rules for argv in each.undo])
        for (machine, chain), rules in chains.items()
    ]
    return single + grouped


def group_explained(changes: Sequence[Change], listed: Iterable[Equivalent]) -> list[tuple[Change, ...]]:
    """What lab.toml explains together is taken away together: if the network is right without all of it, it is without each."""
    groups: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        pattern = next((each.mutant for each in listed if fnmatch.fnmatchcase(change.label, each.mutant)), change.label)
        groups[change.machine, pattern].append(change)
    return [tuple(group) for group in groups.values()]


def find_chain(label: str) -> str | None:
    """The chain of an iptables rule that is none of the kernel's own, which are in capitals without a dash."""
    words = label.split()
    if "-A" not in words[:-1]:
        return None
    chain = words[words.index("-A") + 1]
    return chain if "-" in chain else None


def list_links(machine: LabMachine) -> list[str]:
    """In the order they were made."""
    return [link.name for link in sorted(read_links(machine), key=lambda link: link.index)]


class MutantWorld:
    """A world with the reference in it. A mutant is made, checked and put right again; only what can't be is built anew."""

    def __init__(self, start: Callable[[], AbstractContextManager[Lab]], links: dict[str, list[str]]) -> None:
        self._start = start
        self._links = links  # as they were called where the mutants were listed: CNI plugins name theirs by chance
        self._stack = contextlib.ExitStack()
        self._lab: Lab | None = None
        self._reference: Snapshot | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def prove(self, group: Sequence[Change]) -> tuple[list[Mutant], list[str]]:
        """What caught them, one gone with the other, and the errors on the way."""
        lab = self._ensure_reference()
        errors = [line for change in group for line in self._undo(lab, change)]
        report = self._check(lab)
        if not self._restore(lab):
            self._forget()
        caught = tuple(report.list_ids(Status.FAILED))
        return [Mutant(change.label, caught) for change in group], errors

    def _check(self, lab: Lab) -> Report:
        """A survivor is looked at once more, without haste."""
        report = run(lab, haste=HASTE)
        return report if report.list_ids(Status.FAILED) else run(lab, haste=Haste(times=2))

    def _ensure_reference(self) -> Lab:
        if self._lab is None:
            self._lab = self._stack.enter_context(self._start())
            self._lab.apply(self._lab.read_script("reference"))
            self._reference = read_whole(self._lab.world)
        return self._lab

    def _forget(self) -> None:
        self._stack.close()
        self._stack = contextlib.ExitStack()
        self._lab = None

    def _undo(self, lab: Lab, change: Change) -> Iterator[str]:
        machine = lab.machine(change.machine)
        names = dict(zip(self._links[machine.name], list_links(machine), strict=False))
        for argv in change.undo:
            result = machine.run([names.get(word, word) for word in argv], journal={})
            if result.status:
                yield f"mutant {change.label}: {' '.join(argv)}: {result.stderr.strip()}"

    def _restore(self, lab: Lab) -> bool:
        """Whether the network is as the reference left it."""
        assert self._reference is not None
        for _ in range(TRIES):
            try:
                changes = list_changes(self._reference, read_whole(lab.world))
                if not changes:
                    return _is_green(lab)
                if any(not each.undo for each in changes):
                    return False
                _run_all(lab, changes)
            except LabkitError:
                return False
        return False


def _is_green(lab: Lab) -> bool:
    """Whether the checks agree, where the network is more than the kernel's tables: a pod that was made anew has to come up."""
    return lab.definition.cluster is None or not run(lab).list_ids(Status.FAILED, Status.SKIPPED, Status.CANNOT_TELL)


def _run_all(lab: Lab, changes: Iterable[Change]) -> None:
    for change in changes:
        for argv in change.undo:
            lab.machine(change.machine).run(argv, journal={})
