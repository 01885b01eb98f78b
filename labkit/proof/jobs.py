"""The jobs of a proof: each builds one world that checks could meet, and looks what they say there."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import deque
from collections.abc import Callable
from pathlib import Path

from labkit.check.engine import PATIENT, Haste
from labkit.check.fault import NAMED, REPAIRED
from labkit.check.live import run
from labkit.check.report import Report
from labkit.check.verdict import Status
from labkit.errors import CannotTell, UsageError
from labkit.lab.entries import Break
from labkit.lab.folders import find_lab
from labkit.lab.harm import put_in
from labkit.lab.lab import Lab
from labkit.lab.whole import read_whole
from labkit.net import Change, diff_snapshots
from labkit.proof.chaos import run_chaos
from labkit.proof.evidence import list_misleading
from labkit.proof.mutants import MutantWorld, group_explained, list_links, plan_mutants
from labkit.proof.result import Broken, Mutant, Right, Start, Wrong
from labkit.proof.worlds import Worlds

Tell = Callable[[str], None]
# Where red is expected: the script has ended, and waits itself for what its agents still do; what is red twice stays red.
TWICE = Haste(attempts=2)
RED = (Status.FAILED, Status.SKIPPED, Status.CANNOT_TELL)


class Untold(CannotTell):
    """A job could not tell: it is done again when this machine is less busy."""


class Prover:
    """One proof under way. Jobs run in threads; what they can't tell or find besides is collected here."""

    def __init__(self, lab: str, folder: Path, student: str | None = None) -> None:
        self.lab = find_lab(lab).name
        self.worlds = Worlds(self.lab, folder, student)
        self.errors: list[str] = []
        self.untold: list[str] = []
        self.last_round = False
        self.times = 1.0  # how long a check may take, by what it usually may
        self._links: dict[str, list[str]] = {}

    def check(self, lab: Lab, job: str, haste: Haste = PATIENT, *, last: bool = False) -> Report:
        """All verdicts. Raises Untold when one is missing; in the last round, or where this is the `last` try, that is noted instead."""
        report = run(lab, haste=dataclasses.replace(haste, times=self.times))
        unclear = [verdict for verdict in report.verdicts if verdict.status is Status.CANNOT_TELL]
        if unclear and not (last or self.last_round):
            raise Untold(f"{job}: {unclear[0].id}: {unclear[0].observed}")
        self.untold += [f"{job}: {verdict.id}: {verdict.observed}" for verdict in unclear]
        return report

    def prove_start(self) -> Start:
        """Red, every one."""
        with self.worlds.start(fresh=True) as lab:
            report = self.check(lab, "start", TWICE)
        return Start(tuple(report.list_ids(*RED)), tuple(report.list_ids(Status.PASSED)))

    def prove_right(self, name: str) -> Right:
        """Green, every one."""
        with self.worlds.start() as lab:
            lab.apply(lab.read_script(name))
            report = self.check(lab, name)
        return Right(name, not (red := report.list_ids(*RED)), tuple(red))

    def prove_wrong(self, name: str) -> Wrong:
        """Red, exactly those it names; what is skipped is left out."""
        with self.worlds.start() as lab:
            script = lab.read_script(name)
            lab.apply(script)
            report = self.check(lab, name, TWICE)
            self._type_evidence(lab, name, report)
        failed = tuple(report.list_ids(Status.FAILED))
        return Wrong(name, script.must_fail, failed, bool(failed) and set(failed) == set(script.must_fail))

    def _type_evidence(self, lab: Lab, job: str, report: Report) -> None:
        self.errors += [f"{job}: {line}" for line in list_misleading(lab, report)]

    def prove_fault(self, name: str) -> Broken:
        """The reference up to the break, red; the rest of the reference, green."""
        with self.worlds.start() as lab:
            self._build(lab)
            return self._break_and_repair(lab, name)

    def prove_faults(self, queue: deque[str], tell: Tell) -> list[Broken]:
        """Take faults from a queue until it is empty, one after the other in one world while each repair leaves it green."""
        proven: list[Broken] = []
        again: set[str] = set()
        while queue:
            with self.worlds.start() as lab:
                self._build(lab)
                while queue and (name := queue.popleft()):
                    try:
                        broken = self._break_and_repair(lab, name, last=name in again)
                    except Untold:
                        again.add(name)
                        queue.append(name)
                        break
                    proven.append(broken)
                    tell(f"fault {name}")
                    if not broken.ok:
                        break
        return proven

    def _build(self, lab: Lab) -> None:
        script = lab.read_script("reference")
        if script.find_break() is None:
            raise UsageError(f"{self.lab}: the reference breaks nothing", hint="a step of it says break_something")
        lab.apply(script.split()[0])

    def _break_and_repair(self, lab: Lab, name: str, *, last: bool = False) -> Broken:
        fault = lab.read_faults()[name]
        put_in(lab.world, fault)
        lab.note(Break(name=name, via="script"))
        broken = self.check(lab, f"fault {name}", TWICE, last=last)
        self._type_evidence(lab, f"fault {name}", broken)
        lab.apply(lab.read_script("reference", fault).split()[1])
        repaired = self.check(lab, f"fault {name}, repaired", last=last)
        breaks = tuple(each for each in broken.list_ids(Status.FAILED) if each not in (REPAIRED, NAMED))
        core = {verdict.id for verdict in broken.verdicts if verdict.level == "core"}
        if red := repaired.list_ids(*RED):
            self.errors.append(f"fault {name}: after the reference's repair still red: {', '.join(red)}")
        return Broken(name, breaks, bool(core & set(breaks)) and not red)

    def list_mutants(self) -> list[tuple[Change, ...]]:
        """Every object of the kernel's that the reference made or changed; in a cluster, where each is dear, those that are explained together as one."""
        with self.worlds.start() as lab:
            before = read_whole(lab.world)
            lab.apply(lab.read_script("reference"))
            self._links = {machine.name: list_links(machine) for machine in lab.machines()}
            changes = plan_mutants(diff_snapshots(before, read_whole(lab.world)))
            return group_explained(changes, lab.definition.equivalent if self.worlds.reused else ())

    def prove_mutants(self, queue: deque[tuple[Change, ...]], tell: Tell) -> list[Mutant]:
        """Take mutants from a queue, which others may work at too, until it is empty."""
        proven = []
        with MutantWorld(self.worlds.start, self._links) as world:
            while queue:
                with contextlib.suppress(IndexError):  # the last one was taken meanwhile
                    mutants, errors = world.prove(queue.popleft())
                    self.errors += errors
                    proven += mutants
                    tell(f"mutant {', '.join(each.label for each in mutants)}")
        return proven

    def prove_chaos(self) -> None:
        """When nothing works any more, nothing passes."""
        with self.worlds.start(last=True) as lab:
            lab.apply(lab.read_script("reference"))
            run_chaos(lab)
            passed = run(lab, haste=TWICE).list_ids(Status.PASSED)
        if passed:
            self.errors.append(f"chaos: passed with links down and no process startable: {', '.join(passed)}")
