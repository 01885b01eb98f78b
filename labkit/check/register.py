"""The decorator `check`, and reading a lab's checks.py: function name = id, docstring = the sentence the learner reads."""

from __future__ import annotations

import runpy
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.check.view import View
from labkit.errors import UsageError

Function = Callable[[View], float | None]  # the share of the points that is earned, where it is not all of them
LEVELS = ("core", "more")


@dataclass(frozen=True)
class Check:
    """One check. `after`: ids of checks that must have passed before this one can say anything.

    `gathers`: it says that all of those are right, so it is red, not skipped, when one of them is.
    `acts`: it changes the network for a while, plugs a pod in or calls a learner's program; `may_leave`: patterns of what that may leave.
    `once`: a red answer stands, nothing turns while checks run: it is about the journal.
    """

    id: str
    title: str
    function: Function
    points: float = 1.0
    after: tuple[str, ...] = ()
    level: str = "core"
    hints: tuple[str, ...] = ()
    gathers: bool = False
    acts: bool = False
    may_leave: tuple[str, ...] = ()
    once: bool = False


def check(  # noqa: PLR0913 - what there is to say of a check, by keyword only
    *,
    points: float = 1.0,
    after: Sequence[str] = (),
    level: str = "core",
    hints: Sequence[str] = (),
    acts: bool = False,
    may_leave: Sequence[str] = (),
    once: bool = False,
) -> Callable[[Function], Check]:
    """Make a function of checks.py a check; see Check. `hints`: a question, where to look, the command."""

    def register(function: Function) -> Check:
        title = " ".join((function.__doc__ or "").split())
        name = function.__name__
        if not title:
            raise UsageError(f"check {name} has no docstring", hint="the sentence the learner reads")
        if points <= 0 or level not in LEVELS:
            raise UsageError(f"check {name}: points {points}, level {level}", hint="points more than 0; core or more")
        return Check(
            name, title, function, points, tuple(after), level, tuple(hints),
            acts=acts, may_leave=tuple(may_leave), once=once,
        )  # fmt: skip

    return register


def load_checks(path: Path) -> list[Check]:
    """The checks of a file, in its order; every call runs the file afresh. UsageError says what is wrong with it."""
    where = f"labs/{path.parent.name}/{path.name}"
    try:
        names = runpy.run_path(str(path), run_name=f"labkit_checks_{path.parent.name}")
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from error
    except Exception as error:  # whatever a lab's file raises while it is read, the message is the same
        cause = traceback.format_exception_only(error)[-1].strip()
        raise UsageError(f"{where} can't be read: {cause}", hint="python3 -m py_compile finds slips") from error
    checks = [value for value in names.values() if isinstance(value, Check)]
    known: set[str] = set()
    for each in checks:
        if each.id in known or (missing := set(each.after) - known):
            said = (
                "there twice"
                if each.id in known
                else f"after {', '.join(sorted(missing))}, which do not stand before it"
            )
            raise UsageError(
                f"{where}: {each.id}: {said}", hint="each id once; a check stands below those it depends on"
            )
        known.add(each.id)
    return checks
