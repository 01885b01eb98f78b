"""The engine: one deadline, every check answered, nothing unclear called passed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from labkit.check.engine import Outcome, run_checks
from labkit.check.register import Check, Function
from labkit.check.verdict import Evidence, Status, expect
from labkit.check.view import View
from labkit.check.witness import OutOfTime, Record
from labkit.errors import CannotTell, UsageError, WorldError

WITHIN = 0.5


class FakeView(View):
    """A view of nothing."""

    def __init__(self, deadline: float) -> None:
        Record.__init__(self, deadline)


def plan(function: Callable[[View], object], *after: str, name: str = "", gathers: bool = False) -> Check:
    typed: Function = function  # type: ignore[assignment]
    return Check(name or function.__name__, "title", typed, after=after, gathers=gathers)


def run(*checks: Check, within: float = WITHIN) -> dict[str, Outcome]:
    return run_checks(checks, FakeView, within=within)


def green(_: View) -> None:
    pass


def red(_: View) -> None:
    expect(False, expected="a", observed="b")


def fails_with(error: BaseException) -> Callable[[View], None]:
    def fail(_: View) -> None:
        raise error

    return fail


def statuses(outcomes: dict[str, Outcome]) -> Sequence[str]:
    return [str(outcome.status) for outcome in outcomes.values()]


def test_green_is_told_at_once() -> None:
    began = time.monotonic()
    assert statuses(run(plan(green), within=5)) == ["passed"]
    assert time.monotonic() - began < 1


def test_red_is_looked_at_again_until_the_deadline() -> None:
    times: list[float] = []

    def late(_: View) -> None:
        times.append(time.monotonic())
        expect(len(times) > 2, expected="three", observed="fewer")

    began = time.monotonic()
    outcomes = run(plan(late), plan(red))
    took = time.monotonic() - began
    assert statuses(outcomes) == ["passed", "failed"]
    assert (outcomes["red"].expected, outcomes["red"].observed) == ("a", "b")
    assert WITHIN - 0.2 < took < WITHIN + 0.5


def test_a_check_that_hangs_can_not_be_told_and_does_not_hold_up_the_rest() -> None:
    forever = threading.Event()
    began = time.monotonic()
    hanging = plan(lambda _: forever.wait(30), name="hangs")
    outcomes = run(hanging, plan(green), plan(green, "hangs", name="behind"))
    assert time.monotonic() - began < WITHIN + 0.5
    assert statuses(outcomes) == ["cannot_tell", "passed", "cannot_tell"]
    forever.set()


def test_a_busy_loop_too() -> None:
    stop = []

    def loop(_: View) -> None:
        while not stop:
            pass

    began = time.monotonic()
    assert statuses(run(plan(loop), plan(green))) == ["cannot_tell", "passed"]
    assert time.monotonic() - began < WITHIN + 0.5
    stop.append(1)


def test_whatever_goes_wrong_is_never_passed_nor_failed() -> None:
    errors: list[BaseException] = [
        CannotTell("no ping"),
        WorldError("gone"),
        UsageError("what"),
        KeyError("x"),
        AssertionError("no"),
        SystemExit(0),
        KeyboardInterrupt(),
        RecursionError(),
    ]
    outcomes = run(*(plan(fails_with(error), name=type(error).__name__) for error in errors))
    assert set(statuses(outcomes)) == {"cannot_tell"}
    assert outcomes["CannotTell"].observed == "no ping"
    assert "KeyError" in outcomes["KeyError"].observed
    assert "test_engine.py line" in outcomes["KeyError"].observed


def test_what_depends_on_red_is_skipped_and_on_unclear_unclear() -> None:
    unclear = plan(fails_with(CannotTell("x")), name="unclear")
    outcomes = run(
        plan(red),
        unclear,
        plan(green, "red", name="a"),
        plan(green, "a", name="b"),
        plan(green, "red", "unclear", name="c"),
    )
    assert statuses(outcomes) == ["failed", "cannot_tell", "skipped", "skipped", "cannot_tell"]
    assert "red" in outcomes["a"].expected


def test_a_check_that_gathers_is_red_with_the_others() -> None:
    outcomes = run(plan(red), plan(green, "red", name="all", gathers=True))
    assert statuses(outcomes) == ["failed", "failed"]
    assert outcomes["all"].observed == "red: red"
    unclear = plan(fails_with(CannotTell("x")), name="unclear")
    assert run(unclear, plan(green, "unclear", name="all", gathers=True))["all"].status is Status.CANNOT_TELL


def test_an_attempt_that_the_deadline_cut_does_not_undo_what_was_told_before() -> None:
    attempts: list[int] = []

    def cut(view: View) -> None:
        attempts.append(1)
        if len(attempts) > 1:
            raise OutOfTime("late")
        red(view)

    assert statuses(run(plan(cut))) == ["failed"]
    assert len(attempts) > 1
    assert statuses(run(plan(fails_with(OutOfTime("late")), name="x"))) == ["cannot_tell"]


def test_an_attempt_that_hangs_leaves_what_was_told_before() -> None:
    attempts: list[int] = []
    forever = threading.Event()

    def hangs_later(view: View) -> None:
        attempts.append(1)
        if len(attempts) > 1:
            forever.wait(30)
        red(view)

    assert statuses(run(plan(hangs_later))) == ["failed"]
    forever.set()


def test_evidence_and_share_are_kept() -> None:
    def half(view: View) -> float:
        view.note(Evidence("web", ("ip", "a"), "out", 0))
        return 0.5

    outcome = run(plan(half))["half"]
    assert (outcome.share, outcome.evidence[0].machine) == (0.5, "web")


def test_what_turns_green_late_leaves_time_for_what_depends_on_it() -> None:
    begun = time.monotonic()

    def late(_: View) -> None:
        expect(time.monotonic() - begun > WITHIN * 0.7, expected="later", observed="now")

    assert statuses(run(plan(late), plan(late, "late", name="behind"))) == ["passed", "passed"]
