"""A lab's bash scripts: solutions cut into labelled steps, and faults with their heads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.errors import UsageError
from labkit.lab.templates import render_text
from labkit.lab.variant import Variant

STEP = re.compile(r"^#: +(?P<id>[a-z0-9][a-z0-9-]*)(?: +(?P<level>core|more))?(?: +(?P<title>\S.*))?$", re.MULTILINE)
HEAD = re.compile(r"^# (?P<key>must fail|cause|where|shows): *(?P<value>.*)$", re.MULTILINE)
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
        first = self._find(after) + 1 if after else 0
        last = self._find(to) + 1 if to else len(self.steps)
        return Script(self.name, self.preamble, self.steps[first:last], self.must_fail)

    def find_break(self) -> Step | None:
        """The step that puts the fault in."""
        return next((step for step in self.steps if step.breaks), None)

    def render(self) -> str:
        """Plain bash; every step says that it begins."""
        parts = [self.preamble] + [f"begin_step {step.id}\n{step.text}" for step in self.steps]
        return "\n".join(parts)

    def _find(self, step: str) -> int:
        ids = [each.id for each in self.steps]
        if step not in ids:
            raise UsageError(f"solution {self.name} has no step {step!r}", hint=f"its steps: {', '.join(ids)}")
        return ids.index(step)


@dataclass(frozen=True)
class Fault:
    """One thing that breaks. `where`: places that are right answers, as MACHINE or MACHINE:LINK."""

    name: str
    cause: str
    where: tuple[str, ...]
    shows: str
    text: str


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
    places = tuple(place.strip() for place in head["where"].split("|"))
    return Fault(name, head["cause"], places, head["shows"], text)


def read_script(folder: Path, name: str, values: Mapping[str, Any], fault: Fault | None) -> Script:
    """solutions/NAME.sh of a lab, with a student's values in it and what is said of the fault."""
    about = {"name": fault.name, "cause": fault.cause, "where": fault.where[0]} if fault else {}
    return parse_script(
        name,
        _read(folder, "solutions", name, {**values, "fault": about}),
        where=f"labs/{folder.name}/solutions/{name}.sh",
    )


def read_faults(folder: Path, values: Mapping[str, Any]) -> dict[str, Fault]:
    """All faults of a lab by name."""
    return {
        name: parse_fault(name, _read(folder, "faults", name, values), where=f"labs/{folder.name}/faults/{name}.sh")
        for name in list_scripts(folder, "faults")
    }


def choose_fault(faults: Mapping[str, Fault], variant: Variant) -> Fault | None:
    """The fault of a student's lab; None where nothing breaks."""
    return faults[variant.choose("fault", list(faults))] if faults else None


def list_scripts(folder: Path, kind: str) -> list[str]:
    """Names of a lab's solutions or faults."""
    return sorted(path.stem for path in (folder / kind).glob("*.sh"))


def _read(folder: Path, kind: str, name: str, values: Mapping[str, Any]) -> str:
    where = f"labs/{folder.name}/{kind}/{name}.sh"
    try:
        text = (folder / kind / f"{name}.sh").read_text(encoding="utf-8")
    except OSError as error:
        there = ", ".join(list_scripts(folder, kind))
        raise UsageError(f"{where} can't be read: {error.strerror}", hint=f"there are: {there or 'none'}") from error
    return render_text(text, {**values, "lab": folder.name}, where=where)


def parse_head(text: str) -> dict[str, str]:
    """The `# key: value` lines of the comment that a script begins with."""
    head: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if match := HEAD.fullmatch(line):
            head[match["key"]] = match["value"].strip()
    return head
