"""A proof, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labkit.proof.result import Proof, render_score


def render_proof(proof: Proof) -> str:
    """The score, then a line for everything that is not as it has to be."""
    score = render_score(proof).replace("**", "")
    return "\n".join([f"{proof.lab}: {score}", *(f"  {line}" for line in _list_troubles(proof))])


def _list_troubles(proof: Proof) -> Iterator[str]:
    for name in proof.start.passed:
        yield f"start: {name} passes on the untouched lab"
    for right in proof.right:
        if not right.passed:
            yield f"{right.name}: a right solution, but not passed: {_join(right.failed)}"
    for wrong in proof.wrong:
        if not wrong.ok:
            yield f"{wrong.name}: has to fail {_join(wrong.must_fail)}, failed {_join(wrong.failed)}"
    for fault in proof.faults:
        if not fault.ok:
            yield f"fault {fault.name}: breaks {_join(fault.breaks)}, or the reference does not repair it"
    yield from (f"no check misses this: {label}" for label in proof.survived)
    yield from proof.errors
    yield from (f"could not tell: {line}" for line in proof.untold)


def _join(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
