"""Proving a lab's checks: every world they could meet is built, in parallel, and each must get the verdict it deserves."""

from __future__ import annotations

import contextlib
import dataclasses
import fnmatch
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from labkit.check.register import load_checks
from labkit.errors import LabkitError, UsageError
from labkit.lab.definition import Equivalent, read_definition
from labkit.lab.folders import find_lab
from labkit.lab.script import list_scripts
from labkit.proof.jobs import Prover, Untold
from labkit.proof.result import Broken, Mutant, Proof, Right, Start, Wrong

ROUNDS = (10, 2, 1)  # worlds at a time; a red one mostly waits
MUTATING = 4  # of them are used again for one mutant after the other
# of a cluster's, which need much memory and work by themselves
DEAR_ROUNDS = (4, 1, 1)
DEAR_MUTATING = 1
R = TypeVar("R")
Job = Callable[[], Any]
Tell = Callable[[str], None]


def prove(lab: str, *, student: str | None = None, tell: Tell = lambda _: None) -> Proof:
    """The whole proof; `tell` gets a line for each job that is done. UsageError when the lab's own files are wrong."""
    folder = find_lab(lab)
    definition = read_definition(folder, student)
    checks = load_checks(folder / "checks.py")
    right, wrong = sort_solutions(folder)
    with tempfile.TemporaryDirectory(prefix="labkit-proof-") as journals, contextlib.ExitStack() as stack:
        prover = Prover(lab, Path(journals), student)
        stack.callback(prover.worlds.end)
        mutating = DEAR_MUTATING if prover.worlds.reused else MUTATING
        objects = run_jobs(prover, {"objects": prover.list_mutants}, tell)
        queue = deque(change for changes in objects for change in changes)
        jobs: dict[str, Job] = {"start": prover.prove_start}
        jobs |= plan_faults(prover, list_scripts(folder, "faults"), tell)  # the longest come first
        jobs |= {f"mutants {number + 1}": partial(prover.prove_mutants, queue, tell) for number in range(mutating)}
        jobs |= {name: partial(prover.prove_right, name) for name in right}
        jobs |= {name: partial(prover.prove_wrong, name) for name in wrong}
        jobs["chaos"] = prover.prove_chaos
        results = run_jobs(prover, jobs, tell)
    proof = _sort_results(folder.name, results)
    equivalent, unused = match_equivalent(definition.equivalent, proof.mutants)
    never = find_untested([check.id for check in checks], proof)
    return dataclasses.replace(
        proof, equivalent=equivalent, errors=(*prover.errors, *unused, *never), untold=tuple(prover.untold)
    )


def plan_faults(prover: Prover, names: Sequence[str], tell: Tell) -> dict[str, Job]:
    """A job each; of a dear world's lab they follow each other."""
    if prover.worlds.reused:
        return {"faults": partial(prover.prove_faults, deque(names), tell)} if names else {}
    return {f"fault {name}": partial(prover.prove_fault, name) for name in names}


def run_jobs(prover: Prover, jobs: Mapping[str, Callable[[], R]], tell: Tell) -> list[R]:
    """Results in the order of the jobs. What could not tell is done again, fewer at a time and slower; an error leaves a line.

    Ctrl-C drops what has not begun.
    """
    results: dict[str, R] = {}
    left = dict(jobs)
    rounds = DEAR_ROUNDS if prover.worlds.reused else ROUNDS
    for number, at_once in enumerate(rounds, 1):
        prover.times, prover.last_round = 2.0 ** (number - 1), number == len(rounds)
        pool = ThreadPoolExecutor(at_once)
        try:
            futures = {name: pool.submit(_run_job, name, job, tell) for name, job in left.items()}
            left = _gather(prover, futures, results, left)
        finally:
            pool.shutdown(cancel_futures=True)
        if not left:
            break
    return [results[name] for name in jobs if name in results]


def _run_job(name: str, job: Callable[[], R], tell: Tell) -> R:
    try:
        return job()
    finally:
        tell(name)


def _gather(
    prover: Prover, futures: Mapping[str, Future[R]], results: dict[str, R], jobs: Mapping[str, Callable[[], R]]
) -> dict[str, Callable[[], R]]:
    """Take the results in; the jobs that could not tell come back."""
    again = {}
    for name, future in futures.items():
        try:
            results[name] = future.result()
        except Untold:
            again[name] = jobs[name]
        except LabkitError as error:
            prover.errors.append(f"{name}: {error.message}")
    return again


def _sort_results(lab: str, results: Sequence[object]) -> Proof:
    flat = [each for result in results for each in (result if isinstance(result, list) else [result])]
    return Proof(
        lab=lab,
        start=next((each for each in flat if isinstance(each, Start)), Start()),
        right=tuple(each for each in flat if isinstance(each, Right)),
        wrong=tuple(each for each in flat if isinstance(each, Wrong)),
        faults=tuple(sorted((each for each in flat if isinstance(each, Broken)), key=lambda each: each.name)),
        mutants=tuple(sorted((each for each in flat if isinstance(each, Mutant)), key=lambda each: each.label)),
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
    """Mutants that are explained, by label; and what is wrong with the list: an entry has to be needed."""
    equivalent: dict[str, str] = {}
    errors = []
    for each in listed:
        matching = [mutant for mutant in mutants if fnmatch.fnmatchcase(mutant.label, each.mutant)]
        killed = [mutant.label for mutant in matching if mutant.failed]
        if not matching:
            errors.append(f"equivalent {each.mutant!r}: there is no such mutant")
        if killed and not each.either:
            errors.append(f"equivalent {each.mutant!r}: killed all the same: {', '.join(killed)}")
        equivalent |= {mutant.label: each.reason for mutant in matching if each.either or not mutant.failed}
    return equivalent, errors


def find_untested(checks: Iterable[str], proof: Proof) -> list[str]:
    """A check that no wrong answer, fault or mutant ever failed is a defect."""
    failed = {name for wrong in proof.wrong for name in wrong.failed}
    failed |= {name for mutant in proof.mutants for name in mutant.failed}
    failed |= {name for fault in proof.faults for name in fault.breaks}
    return [f"check {name}: nothing wrong ever failed it" for name in checks if name not in failed]
