"""A lab's bash scripts: solutions cut into labelled steps, and faults with their heads."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.errors import UsageError
from labkit.lab.like import merge_like
from labkit.lab.templates import render_text
from labkit.lab.variant import Variant

STEP = re.compile(r"^#: +(?P<id>[a-z0-9][a-z0-9-]*)(?: +(?P<level>core|more))?(?: +(?P<title>\S.*))?$", re.MULTILINE)
HEAD = re.compile(r"^# (?P<key>must fail|like|without|cause|where|shows|report): *(?P<value>.*)$", re.MULTILINE)
BREAK = re.compile(r"^\s*break_something\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """A labelled part of a solution: `#: give-the-bridge-an-address core` and what follows."""

    id: str
    level: str
    title: str
    text: str

    @property
    def breaks(self) -> bool:
        """Whether this step puts the fault in."""
        return bool(BREAK.search(self.text))


@dataclass(frozen=True)
class Script:
    """`preamble` is what stands before the first step: functions, variables. `must_fail` are ids of checks."""

    name: str
    preamble: str
    steps: tuple[Step, ...] = ()
    must_fail: tuple[str, ...] = ()

    def cut(self, *, after: str | None = None, to: str | None = None) -> Script:
        """The steps behind `after`, up to and with `to`."""
        first = self._place(after) + 1 if after else 0
        last = self._place(to) + 1 if to else len(self.steps)
        return self._with(self.steps[first:last])

    def find(self, step: str) -> Step:
        """A step by its id. UsageError when there is none."""
        return self.steps[self._place(step)]

    def find_break(self) -> Step | None:
        """The step that puts the fault in."""
        return next((step for step in self.steps if step.breaks), None)

    def split(self) -> tuple[Script, Script]:
        """What comes before something is broken, and what comes after."""
        for i, step in enumerate(self.steps):
            if match := BREAK.search(step.text):
                halves = step.text[: match.start()], step.text[match.end() :]
                before, after = (dataclasses.replace(step, text=text) for text in halves)
                return self._with((*self.steps[:i], before)), self._with((after, *self.steps[i + 1 :]))
        return self, self._with(())

    def pick(self, steps: Collection[str]) -> Script:
        """Only these steps, by their ids."""
        return self._with(tuple(step for step in self.steps if step.id in steps))

    def _with(self, steps: tuple[Step, ...]) -> Script:
        return dataclasses.replace(self, steps=steps)

    def render(self) -> str:
        """Plain bash; every step says that it begins."""
        parts = [self.preamble] + [f"begin_step {step.id}\n{step.text}" for step in self.steps]
        return "\n".join(parts)

    def _place(self, step: str) -> int:
        ids = [each.id for each in self.steps]
        if step not in ids:
            raise UsageError(f"solution {self.name} has no step {step!r}", hint=f"its steps: {', '.join(ids)}")
        return ids.index(step)


@dataclass(frozen=True)
class Fault:
    """One thing that breaks. `cause`, `where`: words and places (MACHINE or MACHINE:LINK) that are right answers; the reference names the first.

    `report` is a user's complaint, what a learner is told; `shows` is what there is to be seen, for the teacher.
    """

    name: str
    cause: tuple[str, ...]
    where: tuple[str, ...]
    shows: str
    text: str
    report: str = ""


def parse_script(name: str, text: str, *, where: str) -> Script:
    """Cut a solution at its `#: step` lines."""
    pieces = list(STEP.finditer(text))
    ends = [match.start() for match in pieces[1:]] + [len(text)] * bool(pieces)
    steps = tuple(
        Step(match["id"], match["level"] or "core", match["title"] or "", text[match.end() : end].strip("\n") + "\n")
        for match, end in zip(pieces, ends, strict=True)
    )
    ids = [step.id for step in steps]
    if len(set(ids)) < len(ids):
        raise UsageError(f"{where}: a step label is there twice in {', '.join(ids)}", hint="every label exists once")
    failing = parse_head(text).get("must fail", "")
    return Script(name, text[: pieces[0].start()] if pieces else text, steps, tuple(failing.replace(",", " ").split()))


def parse_fault(name: str, text: str, *, where: str) -> Fault:
    """Read a fault's head: cause, where, how it shows."""
    head = parse_head(text)
    for key in ("cause", "where", "shows"):
        if not head.get(key):
            raise UsageError(f"{where}: no `# {key}:`", hint="its first lines are # cause: … # where: … # shows: …")
    return Fault(
        name, parse_choices(head["cause"]), parse_choices(head["where"]), head["shows"], text, head.get("report", "")
    )


def read_script(folder: Path, name: str, values: Mapping[str, Any], fault: Fault | None) -> Script:
    """solutions/NAME.sh of a lab, with a student's values in it and what is said of the fault."""
    about = {"name": fault.name, "cause": fault.cause[0], "where": fault.where[0]} if fault else {}
    where = _name(folder, "solutions", name)
    text = render_text(_read_solution(folder, name), {**values, "fault": about}, where=where)
    return parse_script(name, text, where=where)


def _read_solution(folder: Path, name: str, *before: str) -> str:
    """The text of a solution, with its values still to come; what it is like is put in. `before`: those that are like it."""
    own, where = _read(folder, "solutions", name), _name(folder, "solutions", name)
    head = parse_head(own)
    if "like" not in head:
        return own
    if head["like"] in (name, *before):
        raise UsageError(f"{where}: it is like itself", hint="# like: reference")
    base = _read_solution(folder, head["like"], name, *before)
    return merge_like(own, base, without=head.get("without", ""), where=where)


def read_faults(folder: Path, values: Mapping[str, Any]) -> dict[str, Fault]:
    """All faults of a lab by name."""
    return {name: _read_fault(folder, name, values) for name in list_scripts(folder, "faults")}


def _read_fault(folder: Path, name: str, values: Mapping[str, Any]) -> Fault:
    where = _name(folder, "faults", name)
    text = render_text(_read(folder, "faults", name), values, where=where)
    return parse_fault(name, text, where=where)


def choose_fault(faults: Mapping[str, Fault], variant: Variant) -> Fault | None:
    """The fault of a student's lab; None where nothing breaks."""
    return faults[variant.choose("fault", list(faults))] if faults else None


def list_scripts(folder: Path, kind: str) -> list[str]:
    """Names of a lab's solutions or faults."""
    return sorted(path.stem for path in (folder / kind).glob("*.sh"))


def _name(folder: Path, kind: str, name: str) -> str:
    return f"labs/{folder.name}/{kind}/{name}.sh"


def _read(folder: Path, kind: str, name: str) -> str:
    try:
        return (folder / kind / f"{name}.sh").read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{_name(folder, kind, name)} can't be read: {error.strerror}",
            hint=f"there are: {', '.join(list_scripts(folder, kind)) or 'none'}",
        ) from error


def parse_choices(value: str) -> tuple[str, ...]:
    """What a head's line says, several things divided by `|`."""
    return tuple(filter(None, (each.strip() for each in value.split("|"))))


def parse_head(text: str) -> dict[str, str]:
    """The `# key: value` lines of the comment that a script begins with."""
    head: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if match := HEAD.fullmatch(line):
            head[match["key"]] = match["value"].strip()
    return head
