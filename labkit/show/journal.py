"""The journal, as text."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime

from labkit.lab.journal import Entry
from labkit.show.text import render_table

HIDDEN = "one thing"  # which, is the learner's to find


def render_journal(entries: Sequence[Entry]) -> str:
    """When, where, what, and its exit status where that is not 0; one line an entry."""
    rows = [(_render_time(entry), entry.machine or entry.kind, _render_deed(entry)) for entry in entries]
    return render_table(rows) if rows else "nothing has been done yet"


def _render_time(entry: Entry) -> str:
    return f"{datetime.fromtimestamp(entry.time).astimezone():%H:%M:%S}"


def _render_deed(entry: Entry) -> str:
    if entry.kind == "break":
        return HIDDEN
    deed = entry.name or " ".join(filter(None, (entry.id, entry.value)))
    if entry.kind in ("run", "cni"):
        deed = " ⏎ ".join(entry.script.strip().splitlines()) or shlex.join(entry.argv)
    return f"{deed}  (status {entry.status})" if entry.status else deed
