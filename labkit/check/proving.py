"""Proving a lab's checks: every world they could meet is built, in parallel, and each must get the verdict it deserves."""

from __future__ import annotations

import dataclasses
import fnmatch
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

from labkit.check.proof import Mutant, Proof, Start
from labkit.check.prover import Prover
from labkit.check.register import load_checks
from labkit.errors import LabkitError, UsageError
from labkit.lab.course import find_lab
from labkit.lab.definition import Equivalent, read_definition
from labkit.lab.script import list_scripts

AT_ONCE = 8  # worlds; a red one mostly waits for its deadline
P = ParamSpec("P")
R = TypeVar("R")
Tell = Callable[[str], None]


def prove(lab: str, *, student: str | None = None, tell: Tell = lambda _: None) -> Proof:
    """The whole proof; `tell` gets a line for each job that is done. UsageError when the lab's own files are wrong."""
    folder = find_lab(lab)
    definition = read_definition(folder, student)
    right, wrong = sort_solutions(folder)
    with (
        tempfile.TemporaryDirectory(prefix="labkit-proof-") as journals,
        _Jobs(Prover(lab, Path(journals), student), tell) as jobs,
    ):
        proof = _run_jobs(jobs, folder, right, wrong)
    equivalent, unused = match_equivalent(definition.equivalent, proof.mutants)
    never = find_untested([check.id for check in load_checks(folder / "checks.py")], proof)
    return dataclasses.replace(
        proof,
        equivalent=equivalent,
        errors=(*jobs.prover.errors, *unused, *never),
        untold=tuple(jobs.prover.untold),
    )


def _run_jobs(jobs: _Jobs, folder: Path, right: Sequence[str], wrong: Sequence[str]) -> Proof:
    prover = jobs.prover
    changes = jobs.submit("objects", prover.list_mutants)
    start = jobs.submit("start", prover.prove_start)
    rights = [jobs.submit(name, prover.prove_right, name) for name in right]
    wrongs = [jobs.submit(name, prover.prove_wrong, name) for name in wrong]
    faults = [jobs.submit(f"fault {name}", prover.prove_fault, name) for name in list_scripts(folder, "faults")]
    chaos = jobs.submit("chaos", prover.prove_chaos)
    mutants = [jobs.submit(f"mutant {change.label}", prover.prove_mutant, change) for change in changes.result() or ()]
    chaos.result()
    return Proof(
        lab=folder.name,
        start=start.result() or Start(),
        right=_collect(rights),
        wrong=_collect(wrongs),
        faults=_collect(faults),
        mutants=_collect(mutants),
    )


def sort_solutions(folder: Path) -> tuple[list[str], list[str]]:
    """Right and wrong solutions by their names. UsageError when a lab has too few."""
    names = list_scripts(folder, "solutions")
    right = [name for name in ("reference",) if name in names] + [name for name in names if name.startswith("other-")]
    wrong = [name for name in names if name.startswith("wrong-")]
    strange = sorted(set(names) - set(right) - set(wrong))
    if strange or "reference" not in right or len(right) < 2 or not wrong:  # noqa: PLR2004
        raise UsageError(
            f"labs/{folder.name}/solutions: {', '.join(names) or 'empty'}",
            hint="reference.sh, at least one other-*.sh and one wrong-*.sh, nothing else",
        )
    return right, wrong


def match_equivalent(listed: Iterable[Equivalent], mutants: Sequence[Mutant]) -> tuple[dict[str, str], list[str]]:
    """Survivors that are explained, by label; and what is wrong with the list: an entry has to be needed."""
    equivalent: dict[str, str] = {}
    errors = []
    for each in listed:
        matching = [mutant for mutant in mutants if fnmatch.fnmatchcase(mutant.label, each.mutant)]
        killed = [mutant.label for mutant in matching if mutant.failed]
        if not matching:
            errors.append(f"equivalent {each.mutant!r}: there is no such mutant")
        if killed:
            errors.append(f"equivalent {each.mutant!r}: killed all the same: {', '.join(killed)}")
        equivalent |= {mutant.label: each.reason for mutant in matching if not mutant.failed}
    return equivalent, errors


def find_untested(checks: Iterable[str], proof: Proof) -> list[str]:
    """A check that no wrong answer, fault or mutant ever failed is a defect."""
    failed = {name for wrong in proof.wrong for name in wrong.failed}
    failed |= {name for mutant in proof.mutants for name in mutant.failed}
    failed |= {name for fault in proof.faults for name in fault.breaks}
    return [f"check {name}: nothing wrong ever failed it" for name in checks if name not in failed]


class _Jobs:
    """Jobs in a pool; one that ends in an error leaves a line and no result. Ctrl-C drops those not begun."""

    def __init__(self, prover: Prover, tell: Tell) -> None:
        self.prover = prover
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._tell = tell

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def submit(self, name: str, job: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R | None]:
        def run() -> R | None:
            try:
                return job(*args, **kwargs)
            except LabkitError as error:
                self.prover.errors.append(f"{name}: {error.message}")
                return None
            finally:
                self._tell(name)

        return self._pool.submit(run)


def _collect(futures: Iterable[Future[R | None]]) -> tuple[R, ...]:
    return tuple(result for future in futures if (result := future.result()) is not None)
