"""`labkit doctor`, `list`: what this machine can do, and which labs run on it."""

from __future__ import annotations

import argparse
from typing import Any, Final

from labkit.cli.printing import print_json
from labkit.doctor import examine, missing_for, render_report
from labkit.lab.course import find_lab, list_labs
from labkit.lab.definition import Definition, read_definition

_INDENT: Final = " " * 30


def run_doctor(options: argparse.Namespace) -> int:
    """Try what labs need. The exit status is 0 whatever is missing: the answer is the report."""
    report = examine()
    if options.json:
        print_json(report.to_data())
        return 0
    print(render_report(report))
    print("\nLabs")
    _print_labs()
    return 0


def run_list(options: argparse.Namespace) -> int:
    """The labs in the course's order, and whether each runs here."""
    if options.json:
        print_json([_to_data(lab) for lab in _read_labs()])
    else:
        _print_labs()
    return 0


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
        print(f"  {'✗ lacks' if missing else '✓ runs '} {lab.name:20} {lab.minutes:3} min  {lab.title}")
        for each in missing:
            print(f"{_INDENT}-> {each['what']}: {each['remedy']}")
        for said in lab.imitated:
            print(f"{_INDENT}imitated: {said}")
