"""The engine: one deadline, every check answered, nothing unclear called passed."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from labkit.check.attempt import Outcome
from labkit.check.engine import QUICK, Around, Haste, run_checks
from labkit.check.record import OutOfTime, Record
from labkit.check.register import Check, Function
from labkit.check.verdict import Evidence, Status, expect
from labkit.check.view import View
from labkit.errors import CannotTell, UsageError, WorldError
from labkit.timing import scale

pytestmark = pytest.mark.alone  # deadlines of half a second

WITHIN = 0.5


class FakeView(View):
    """A view of nothing."""

    def __init__(self, deadline: float, stop: threading.Event) -> None:
        Record.__init__(self, deadline, stop)


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
    assert time.monotonic() - began < scale(1)


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


def test_red_is_believed_when_the_network_has_come_to_rest() -> None:
    began = time.monotonic()
    times: list[float] = []

    def count(_: View) -> None:
        times.append(time.monotonic() - began)
        expect(times == [], expected="a", observed="b")

    assert statuses(run_checks([plan(count)], FakeView, within=20, haste=Haste(settles=0.5))) == ["failed"]
    assert time.monotonic() - began < scale(10)
    assert len(times) >= 3
    assert times[-2] <= 0.5 < times[-1] or len(times) == 3, "one more look after it had time to settle, and no more"


def test_a_check_that_hangs_can_not_be_told_and_does_not_hold_up_the_rest() -> None:
    forever = threading.Event()
    began = time.monotonic()
    hanging = plan(lambda _: forever.wait(30), name="hangs")
    outcomes = run(hanging, plan(green), plan(green, "hangs", name="behind"))
    assert time.monotonic() - began < scale(WITHIN + 0.5)
    assert statuses(outcomes) == ["cannot_tell", "passed", "cannot_tell"]
    forever.set()


def test_a_busy_loop_too() -> None:
    stop = []

    def loop(_: View) -> None:
        while not stop:
            pass

    began = time.monotonic()
    assert statuses(run(plan(loop), plan(green))) == ["cannot_tell", "passed"]
    assert time.monotonic() - began < scale(WITHIN + 0.5)
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


def act(function: Callable[[View], object], *after: str, name: str, may_leave: Sequence[str] = ()) -> Check:
    return dataclasses.replace(plan(function, *after, name=name), acts=True, may_leave=tuple(may_leave))


def test_acts_come_after_all_that_look_and_one_at_a_time() -> None:
    order: list[str] = []
    busy = threading.Lock()

    def slow(_: View) -> None:
        time.sleep(0.1)
        order.append("looked")

    def change(_: View) -> None:
        assert busy.acquire(blocking=False)
        order.append("acted")
        time.sleep(0.02)
        busy.release()

    checks = [act(change, name="first"), plan(slow), act(change, name="second")]
    assert statuses(run(*checks, within=2)) == ["passed"] * 3
    assert order == ["looked", "acted", "acted", "looked"], "and once more in the end"


def test_an_act_alone_waits_for_nobody() -> None:
    began = time.monotonic()
    assert statuses(run(act(green, name="one"), within=5)) == ["passed"]
    assert time.monotonic() - began < scale(0.5)


def test_an_act_behind_a_red_check_is_not_tried() -> None:
    tried: list[int] = []
    outcomes = run(plan(red), act(lambda _: tried.append(1), "red", name="behind"))
    assert (statuses(outcomes), tried) == (["failed", "skipped"], [])


def test_a_red_act_is_tried_once_more_when_all_were_tried() -> None:
    order: list[str] = []

    def late(_: View) -> None:
        order.append("late")
        expect(len(order) > 2, expected="later", observed="now")

    outcomes = run(act(late, name="late"), act(lambda _: order.append("other"), name="other"), within=2)
    assert (statuses(outcomes), order) == (["passed", "passed"], ["late", "other", "late"])


def test_a_network_that_changes_to_please_each_check_is_red() -> None:
    state = ["a"]

    def wants(name: str) -> Callable[[View], None]:
        def look(_: View) -> None:
            seen, state[0] = state[0], name  # who was red is pleased next time
            expect(seen == name, expected=name, observed=seen)

        return look

    outcomes = run(plan(wants("a"), name="a"), plan(lambda _: time.sleep(0.05) or wants("b")(_), name="b"), plan(green))
    assert outcomes["green"].status is Status.PASSED
    red_ones = [each for each in (outcomes["a"], outcomes["b"]) if each.status is Status.FAILED]
    assert red_ones
    assert all(each.observed.endswith("; a moment ago it was green") for each in red_ones)


def test_a_network_that_comes_to_rest_late_is_right() -> None:
    begun = time.monotonic()

    def rests(_: View) -> None:
        expect(time.monotonic() - begun > WITHIN / 2, expected="later", observed="now")

    assert statuses(run(plan(rests, name="a"), plan(rests, "a", name="b"))) == ["passed", "passed"]


def test_in_the_end_those_that_are_quick_are_looked_at_again() -> None:
    looked: list[str] = []
    checks = [
        plan(lambda _: looked.append("quick"), name="quick"),
        plan(lambda _: time.sleep(QUICK) or looked.append("slow"), name="slow"),
        act(lambda _: looked.append("acted"), name="act"),
    ]
    assert statuses(run(*checks, within=3)) == ["passed"] * 3
    assert looked == ["quick", "slow", "acted", "quick"]


def test_what_is_red_in_the_end_is_red() -> None:
    acted: list[int] = []

    def before(_: View) -> None:
        expect(not acted, expected="a", observed="b")

    outcomes = run(plan(before), act(lambda _: acted.append(1), name="act"), within=2)
    assert statuses(outcomes) == ["failed", "passed"]


def test_a_run_that_red_ended_does_not_look_again() -> None:
    looked: list[int] = []
    checks = [plan(lambda _: looked.append(1), name="quick"), plan(lambda _: time.sleep(0.1) or red(_), name="slow")]
    outcomes = run_checks(checks, FakeView, within=2, haste=Haste(attempts=1, first=True))
    assert (statuses(outcomes), looked) == (["passed", "failed"], [1])


def test_one_probe_that_gets_lost_in_the_look_together_is_forgiven() -> None:
    tries: list[int] = []

    def unlucky(_: View) -> None:
        tries.append(1)
        expect(len(tries) not in (1, 3), expected="an answer", observed="none")

    assert statuses(run(plan(unlucky))) == ["passed"]
    assert len(tries) == 4


def test_what_can_not_be_told_in_the_look_together_is_not_green() -> None:
    tries: list[int] = []

    def late(_: View) -> None:
        tries.append(1)
        expect(len(tries) > 1, expected="an answer", observed="none")
        if len(tries) > 2:
            raise CannotTell("no time")

    assert statuses(run(plan(late))) == ["cannot_tell"]


@contextlib.contextmanager
def leaving(may_leave: Sequence[str]) -> Iterator[list[str]]:
    left: list[str] = []
    yield left
    left += [] if may_leave else ["route 10.0.0.0/8 on worker1 stayed"]


def test_what_an_act_leaves_behind_is_its_verdict() -> None:
    outcomes = run_checks([act(green, name="a")], FakeView, within=1, around=Around(watch=leaving))
    assert statuses(outcomes) == ["failed"]
    assert outcomes["a"].observed == "after it: route 10.0.0.0/8 on worker1 stayed"
    forgiven = act(green, name="a", may_leave=("route * stayed",))
    assert statuses(run_checks([forgiven], FakeView, within=1, around=Around(watch=leaving))) == ["passed"]


def test_who_is_interrupted_waits_for_an_act_to_clean_up() -> None:
    cleaned = threading.Event()

    def acting(_: View) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
        finally:
            cleaned.set()

    with pytest.raises(KeyboardInterrupt):
        run(act(acting, name="a"), within=3)
    assert cleaned.is_set()


def test_the_evidence_that_decided_comes_last() -> None:
    def two(view: View) -> None:
        first = view.note(Evidence("web", ("one",), "", 1))
        view.note(Evidence("web", ("two",), "", 0))
        expect(False, expected="a", observed="b", by=first)

    assert [each.argv for each in run(plan(two))["two"].evidence] == [("two",), ("one",)]
