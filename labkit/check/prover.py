"""The jobs of a proof: each builds one world that checks could meet, and looks what they say there."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labkit.check.chaos import run_chaos
from labkit.check.fault import NAMED, REPAIRED
from labkit.check.live import LiveLab
from labkit.check.proof import Broken, Mutant, Right, Start, Wrong
from labkit.check.report import Report
from labkit.check.verdict import Status
from labkit.errors import CannotTell, UsageError
from labkit.lab.course import find_lab
from labkit.lab.machine import LabMachine
from labkit.lab.session import start_hidden_lab
from labkit.net import Change, diff_snapshots, read_links, read_snapshot

NUMBERS = itertools.count()  # names of worlds: no two at a time in this process
RED = (Status.FAILED, Status.SKIPPED, Status.CANNOT_TELL)


class Untold(CannotTell):
    """A job could not tell: it is done again when this machine is less busy."""


class Prover:
    """One proof under way. Jobs run in threads; what they can't tell or find besides is collected here."""

    def __init__(self, lab: str, folder: Path, student: str | None = None) -> None:
        self.lab = find_lab(lab).name
        self.student = student
        self.errors: list[str] = []
        self.untold: list[str] = []
        self.last_round = False
        self._folder = folder
        self._links: dict[str, list[str]] = {}

    @contextmanager
    def start_world(self) -> Iterator[LiveLab]:
        """A fresh world for one job."""
        name = f"proof-{os.getpid()}-{next(NUMBERS)}"
        journal = self._folder / f"{name}.jsonl"
        with start_hidden_lab(LiveLab, self.lab, name, journal, student=self.student) as lab:
            yield lab

    def check(self, lab: LiveLab, job: str) -> Report:
        """All verdicts. Raises Untold when one is missing; in the last round that is noted instead."""
        report = lab.check()
        unclear = [verdict for verdict in report.verdicts if verdict.status is Status.CANNOT_TELL]
        if unclear and not self.last_round:
            raise Untold(f"{job}: {unclear[0].id}: {unclear[0].observed}")
        self.untold += [f"{job}: {verdict.id}: {verdict.observed}" for verdict in unclear]
        return report

    def prove_start(self) -> Start:
        """Red, every one."""
        with self.start_world() as lab:
            report = self.check(lab, "start")
        return Start(tuple(report.list_ids(*RED)), tuple(report.list_ids(Status.PASSED)))

    def prove_right(self, name: str) -> Right:
        """Green, every one."""
        with self.start_world() as lab:
            lab.apply(lab.read_script(name))
            report = self.check(lab, name)
        return Right(name, report.exit_status == 0, tuple(report.list_ids(*RED)))

    def prove_wrong(self, name: str) -> Wrong:
        """Red, exactly those it names; what is skipped is left out."""
        with self.start_world() as lab:
            script = lab.read_script(name)
            lab.apply(script)
            report = self.check(lab, name)
        failed = tuple(report.list_ids(Status.FAILED))
        return Wrong(name, script.must_fail, failed, bool(failed) and set(failed) == set(script.must_fail))

    def prove_fault(self, name: str) -> Broken:
        """The reference up to the break, red; the rest of the reference, green."""
        with self.start_world() as lab:
            fault = lab.read_faults()[name]
            script = lab.read_script("reference", fault)
            if (step := script.find_break()) is None:
                raise UsageError(f"{self.lab}: the reference breaks nothing", hint="a step of it says break_something")
            lab.apply(script.cut(to=step.id), fault)
            broken = self.check(lab, f"fault {name}")
            lab.apply(script.cut(after=step.id), fault)
            repaired = self.check(lab, f"fault {name}, repaired")
        breaks = tuple(each for each in broken.list_ids(Status.FAILED) if each not in (REPAIRED, NAMED))
        core = {verdict.id for verdict in broken.verdicts if verdict.level == "core"}
        if repaired.exit_status:
            self.errors.append(
                f"fault {name}: after the reference's repair still red: {', '.join(repaired.list_ids(*RED))}"
            )
        return Broken(name, breaks, bool(core & set(breaks)) and repaired.exit_status == 0)

    def list_mutants(self) -> list[Change]:
        """Every object of the kernel's that the reference made or changed."""
        with self.start_world() as lab:
            before = read_snapshot(lab.machines())
            lab.apply(lab.read_script("reference"))
            self._links = {machine.name: _list_links(machine) for machine in lab.machines()}
            return list(diff_snapshots(before, read_snapshot(lab.machines())))

    def prove_mutant(self, change: Change) -> Mutant:
        """The reference, then one object less."""
        with self.start_world() as lab:
            lab.apply(lab.read_script("reference"))
            machine = lab.machine(change.machine)
            names = self._find_links_again(machine)
            for argv in change.undo:
                result = machine.run([names.get(word, word) for word in argv])
                if result.status:
                    self.errors.append(f"mutant {change.label}: {' '.join(argv)}: {result.stderr.strip()}")
            report = self.check(lab, f"mutant {change.label}")
        return Mutant(change.label, tuple(report.list_ids(Status.FAILED)))

    def _find_links_again(self, machine: LabMachine) -> dict[str, str]:
        """A CNI plugin names its links by chance: the same link in another world is the one made at the same turn."""
        return dict(zip(self._links[machine.name], _list_links(machine), strict=False))

    def prove_chaos(self) -> None:
        """When nothing works any more, nothing passes."""
        with self.start_world() as lab:
            lab.apply(lab.read_script("reference"))
            run_chaos(lab)
            passed = lab.check().list_ids(Status.PASSED)
        if passed:
            self.errors.append(f"chaos: passed with links down and no process startable: {', '.join(passed)}")


def _list_links(machine: LabMachine) -> list[str]:
    """In the order they were made."""
    return [link.name for link in sorted(read_links(machine), key=lambda link: link.index)]
