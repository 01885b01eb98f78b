"""The journal, as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from labkit.lab.entries import Break, Entry, Plug, Run
from labkit.show.text import render_table


def render_journal(entries: Sequence[Entry]) -> str:
    """When, where, what, and its exit status where that is not 0; one line an entry."""
    rows = [(_render_time(entry), _find_place(entry), _render_deed(entry)) for entry in entries]
    return render_table(rows) if rows else "nothing has been done yet"


def _render_time(entry: Entry) -> str:
    return f"{datetime.fromtimestamp(entry.time).astimezone():%H:%M:%S}"


def _find_place(entry: Entry) -> str:
    return entry.machine if isinstance(entry, Run | Plug) else entry.kind


def _render_deed(entry: Entry) -> str:
    failed = entry.status and not isinstance(entry, Break)
    return f"{entry.deed}  (status {entry.status})" if failed else entry.deed
