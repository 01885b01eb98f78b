"""`labkit doctor`, `list`: what this machine can do, and which labs run on it."""

from __future__ import annotations

import argparse
from typing import Any, Final

from labkit.cli.printing import print_json
from labkit.doctor import examine, missing_for, render_report
from labkit.lab.course import find_lab, list_labs
from labkit.lab.definition import read_definition

_INDENT: Final = " " * 30


def run_doctor(options: argparse.Namespace) -> int:
    """Try what labs need. The exit status is 0 whatever is missing: the answer is the report."""
    report = examine()
    if options.json:
        print_json(report.to_data())
        return 0
    print(render_report(report))
    print("\nLabs")
    _print_labs(_describe_labs())
    return 0


def run_list(options: argparse.Namespace) -> int:
    """The labs in the course's order, and whether each runs here."""
    labs = _describe_labs()
    if options.json:
        print_json(labs)
    else:
        _print_labs(labs)
    return 0


def _describe_labs() -> list[dict[str, Any]]:
    rows = []
    for name in list_labs():
        definition = read_definition(find_lab(name))
        missing = missing_for(definition.needs)
        row = {"lab": name, "title": definition.title, "minutes": definition.minutes}
        rows.append(row | {"runs_here": not missing, "missing": missing})
    return rows


def _print_labs(labs: list[dict[str, Any]]) -> None:
    for lab in labs:
        state = "✓ runs " if lab["runs_here"] else "✗ lacks"
        print(f"  {state} {lab['lab']:20} {lab['minutes']:3} min  {lab['title']}")
        for each in lab["missing"]:
            print(f"{_INDENT}-> {each['what']}: {each['remedy']}")
        for each in read_definition(find_lab(lab["lab"])).imitated:
            print(f"{_INDENT}imitated: {each}")
