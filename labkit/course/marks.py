"""The parts of a hand-written file that a tool writes: between two comments that name the tool."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from labkit.errors import UsageError


def replace_between(text: str, begin: str, end: str, new: str, *, where: str) -> str:
    """The text with `new` (whole lines) between its lines `begin` and `end`. Raises UsageError naming `where` without them."""
    before, begun, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise UsageError(f"{where} has no place for what is generated", hint=f"two lines: {begin} and {end}")
    return f"{before}{begin}\n{new}{end}{after}"


def render_rows(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; whole lines."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |\n" for row in lines)
