"""`labkit doctor`, `list`: what this machine can do, and which labs run on it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from labkit.check import read_progress
from labkit.cli.printing import print_json, print_text
from labkit.doctor import examine, missing_for, render_report
from labkit.lab.definition import Definition, read_definition
from labkit.lab.folders import find_lab, list_labs
from labkit.lab.journal import plan_path, read_journal

_INDENT: Final = " " * 30


@dataclass(frozen=True)
class Looked:
    """A lab, and what it needs and this machine lacks: [{"what", "remedy"}]."""

    lab: Definition
    missing: list[dict[str, str]]

    def to_data(self) -> dict[str, Any]:
        lab = self.lab
        return {
            "lab": lab.name, "title": lab.title, "minutes": lab.minutes, "runs_here": not self.missing,
            "missing": self.missing, "version": 1,
        }  # fmt: skip


def run_doctor(options: argparse.Namespace) -> int:
    """Try what labs need. The exit status is 0 whatever is missing: the answer is the report."""
    report = examine()
    if options.json:
        print_json(report.to_data())
        return 0
    labs = _look_at_labs()
    print_text(f"{_say_all(labs)}\n\n{render_report(report)}\n\nLabs")
    _print_labs(labs)
    return 0


def run_list(options: argparse.Namespace) -> int:
    """The labs in the course's order, and whether each runs here."""
    labs = _look_at_labs()
    if options.json:
        print_json([each.to_data() for each in labs])
    else:
        _print_labs(labs)
    return 0


def _look_at_labs() -> list[Looked]:
    labs = [read_definition(find_lab(name)) for name in list_labs()]
    return [Looked(lab, missing_for(lab.needs)) for lab in labs]


def _say_progress(lab: Definition) -> str:
    progress = read_progress(lab, read_journal(plan_path(lab.name, None)))
    return "  (done)" if progress.done else "  (begun)" if progress.begun else ""


def _say_all(labs: Sequence[Looked]) -> str:
    """What somebody wants to know first."""
    short = [each.lab.name for each in labs if each.missing]
    return f"{len(labs) - len(short)} of {len(labs)} labs can run here{'; not ' if short else '.'}{', '.join(short)}"


def _print_labs(labs: Sequence[Looked]) -> None:
    for each in labs:
        lab = each.lab
        sign = "✗ lacks something" if each.missing else "✓ can run here   "
        print_text(f"  {sign} {lab.name:20} {lab.minutes:3} min  {lab.title}{_say_progress(lab)}")
        for lack in each.missing:
            print_text(f"{_INDENT}-> {lack['what']}: {lack['remedy']}")
        for said in lab.imitated:
            print_text(f"{_INDENT}imitated: {said}")
