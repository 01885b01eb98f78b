"""The README's table of labs: what each is about, how long it takes, and what its proof came to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labkit.course.marks import render_rows, replace_between
from labkit.errors import UsageError
from labkit.lab.definition import read_definition
from labkit.lab.folders import find_lab, list_labs
from labkit.proof.record import read_record

BEGIN = "<!-- labs: written by labkit build -->"
END = "<!-- labs: end -->"


def plan_readme(readme: Path) -> str:
    """The README with the table made anew from the labs and their kept proofs."""
    return replace_table(readme.read_text(encoding="utf-8"), _render_labs())


def _render_labs() -> str:
    rows = []
    for name in list_labs():
        definition = read_definition(find_lab(name))
        slow = f" ({definition.slow_minutes})" if definition.slow_minutes else ""
        minutes = f"{definition.minutes}{slow}"
        rows.append((f"[{name}](labs/{name}/lesson.md)", definition.title, minutes, _render_proof(name)))
    return render_rows(("lab", "about", "minutes (in a second language)", "proof"), rows)


def _render_proof(name: str) -> str:
    try:
        return render_kept(read_record(find_lab(name)))
    except UsageError:
        return "**not proven as it is now**"


def render_kept(record: Mapping[str, Any]) -> str:
    """One cell: `3 right, 12 wrong, 6 faults, 21 mutants (+2 explained)`; every one of them got the verdict it deserves."""
    counts = [f"{len(record[kind])} {kind}" for kind in ("right", "wrong", "faults")]
    mutants = record["mutants"]
    explained = f" (+{len(mutants['equivalent'])} explained)" if mutants["equivalent"] else ""
    return ", ".join([*counts, f"{mutants['killed']} mutants{explained}"])


def replace_table(text: str, table: str) -> str:
    """A README with the table between its two marks."""
    return replace_between(text, BEGIN, END, table, where="the README")
