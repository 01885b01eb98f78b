"""`labkit doctor`, `list`: what this machine can do, and which labs run on it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final

from labkit.check import read_progress
from labkit.cli.printing import print_json, print_text
from labkit.doctor import examine, missing_for, render_report
from labkit.lab.definition import Definition, read_definition
from labkit.lab.folders import find_lab, list_labs
from labkit.lab.journal import plan_path, read_journal

_INDENT: Final = " " * 30


def run_doctor(options: argparse.Namespace) -> int:
    """Try what labs need. The exit status is 0 whatever is missing: the answer is the report."""
    report = examine()
    if options.json:
        print_json(report.to_data())
        return 0
    print_text(f"{_say_all(_read_labs())}\n\n{render_report(report)}\n\nLabs")
    _print_labs()
    return 0


def run_list(options: argparse.Namespace) -> int:
    """The labs in the course's order, and whether each runs here."""
    if options.json:
        print_json([_to_data(lab) for lab in _read_labs()])
    else:
        _print_labs()
    return 0


def _say_progress(lab: Definition) -> str:
    progress = read_progress(lab, read_journal(plan_path(lab.name, None)))
    return "  (done)" if progress.done else "  (begun)" if progress.begun else ""


def _say_all(labs: Sequence[Definition]) -> str:
    """What somebody wants to know first."""
    short = [lab.name for lab in labs if missing_for(lab.needs)]
    return f"{len(labs) - len(short)} of {len(labs)} labs can run here{'; not ' if short else '.'}{', '.join(short)}"


def _read_labs() -> list[Definition]:
    return [read_definition(find_lab(name)) for name in list_labs()]


def _to_data(lab: Definition) -> dict[str, Any]:
    missing = missing_for(lab.needs)
    return {
        "lab": lab.name, "title": lab.title, "minutes": lab.minutes, "runs_here": not missing, "missing": missing
    }  # fmt: skip


def _print_labs() -> None:
    for lab in _read_labs():
        missing = missing_for(lab.needs)
        sign = "✗ lacks something" if missing else "✓ can run here   "
        print_text(f"  {sign} {lab.name:20} {lab.minutes:3} min  {lab.title}{_say_progress(lab)}")
        for each in missing:
            print_text(f"{_INDENT}-> {each['what']}: {each['remedy']}")
        for said in lab.imitated:
            print_text(f"{_INDENT}imitated: {said}")
