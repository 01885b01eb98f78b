"""Breaking one thing, and seeing that it is broken: a fault that no check notices is taken back, and another one tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labkit.check.attempt import Outcome
from labkit.check.engine import PATIENT, Haste
from labkit.check.live import look
from labkit.check.register import Check, load_checks
from labkit.check.verdict import Status
from labkit.errors import CannotTell, LabkitError, UsageError
from labkit.lab.entries import PRACTICE, Break
from labkit.lab.harm import Harm, put_in, take_back
from labkit.lab.journal import State
from labkit.lab.lab import Lab
from labkit.lab.network import note_unreached
from labkit.lab.runner import Job, ScriptError
from labkit.lab.runner import Outcome as Ran
from labkit.lab.script import Fault
from labkit.net import forget_neighbours

HASTE = Haste(attempts=2, first=True)
BUSY = Haste(times=4)  # what could not be told in the usual time


def break_(lab: Lab, fault: str | None = None) -> str:
    """Break one thing in a network that is right; what a user complains of.

    Without a name the student's fault, or one by chance; the next one where it changes nothing that a core check sees.
    """
    wanted = [lab.get_fault(fault)] if fault else lab.order_faults()
    state = lab.read_state()
    outcomes = _look_until_told(lab, _read_core(lab), state)
    red = [name for name, outcome in outcomes.items() if outcome.status is not Status.PASSED]
    if red and state.fault:
        known = lab.read_faults().get(state.fault)
        raise UsageError(
            f"something is broken already: find it and repair it first{f': {known.report or known.shows}' if known else ''}",
            hint=f"labkit reset {lab.name} begins anew",
        )
    if red:
        raise UsageError(
            f"the network is not right yet: {', '.join(red)}",
            hint=f"labkit check {lab.name}; break it when all is green, or take a new network for it: labkit break --anew",
        )
    note_unreached(lab.world)
    broken, checks = _break_one(lab, wanted)
    lab.note(Break(name=broken.name, checks=tuple(checks), chosen=fault is not None))
    return broken.report or broken.shows


def break_anew(lab: Lab) -> str:
    """A new network, built as the reference builds it up to where something breaks, and then one fault by chance; the complaint."""
    script = lab.read_script("reference")
    step = script.find_break()
    if step is None:
        raise UsageError(f"lab {lab.name} has no faults", hint="another lab has")
    ids = [each.id for each in script.steps]
    lab.reset()
    lab.run_job(Job(script.name, script.cut(to=ids[ids.index(step.id) - 1]).render(), via=PRACTICE))
    return break_(lab)


def break_for_script(lab: Lab, wanted: Fault) -> Fault:
    """What `break_something` in a solution does: this fault, or the next that breaks something."""
    others = [fault for fault in lab.order_faults() if fault.name != wanted.name]
    return _break_one(lab, [wanted, *others])[0]


def solve(lab: Lab, with_: str = "reference", *, to: str | None = None) -> Ran:
    """Bring the lab to the state after a solution, or after its step `to`; what it breaks is seen to be broken."""
    return lab.solve(with_, to=to, break_=break_for_script)


def _read_core(lab: Lab) -> list[Check]:
    return [check for check in load_checks(lab.folder / "checks.py") if check.level == "core"]


def _break_one(lab: Lab, faults: Sequence[Fault]) -> tuple[Fault, list[str]]:
    """The first of these faults that turns a core check red, and the checks that did. The others leave nothing."""
    for fault in faults:
        try:
            harm, red = put_in_and_look(lab, fault)
        except ScriptError:
            continue
        if red:
            return fault, red
        take_back(lab.world, harm)
    raise LabkitError(
        f"lab {lab.name}: {'this fault breaks nothing' if len(faults) == 1 else 'no fault breaks anything'} in this network",
        hint="the network is as it was before; the lab's own way of building it (labkit solve) is one that breaks",
    )


def put_in_and_look(lab: Lab, fault: Fault) -> tuple[Harm, list[str]]:
    """The fault in the network, and ids of the core checks that it turned red. ScriptError: it failed, and left nothing."""
    harm = put_in(lab.world, fault)
    try:
        red = _find_red(lab)
        forget_neighbours(lab.world.machines())  # the checks have asked meanwhile
    except BaseException:
        take_back(lab.world, harm)
        raise
    return harm, red


def _find_red(lab: Lab) -> list[str]:
    """A quick look at those that depend on no other, for who asked waits; at all of them when they noticed nothing."""
    checks, state = _read_core(lab), lab.read_state()
    first = look(lab, [check for check in checks if not check.after], state, HASTE)
    return _list_red(first) or _list_red(_look_until_told(lab, checks, state))


def _list_red(outcomes: Mapping[str, Outcome]) -> list[str]:
    return [name for name, outcome in outcomes.items() if outcome.status is Status.FAILED]


def _look_until_told(lab: Lab, checks: Sequence[Check], state: State) -> dict[str, Outcome]:
    """With more time where the usual is too short. Raises CannotTell when then, too, nothing is red and something can't be told."""
    for haste in (PATIENT, BUSY):
        outcomes = look(lab, checks, state, haste)
        untold = [name for name, outcome in outcomes.items() if outcome.status is Status.CANNOT_TELL]
        if not untold or _list_red(outcomes):
            return outcomes
    raise CannotTell(
        f"lab {lab.name}: {', '.join(untold)} could not be told", hint="try again when the computer is less busy"
    )
