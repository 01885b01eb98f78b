"""Text and JSON on stdout, progress on stderr; nothing that a learner's program said changes the terminal.

On a terminal long lines are broken between words, at the terminal's width, and verdicts have a colour besides their sign.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from typing import Any, Final, TextIO

from labkit.errors import make_plain
from labkit.show.text import measure
from labkit.typed import to_terminal

_TYPED: Final = re.compile(r"^\s*(see it\s|\$ |labkit )")  # commands stay in one piece: they are copied
_LEAST: Final = 24  # columns that a broken line needs
_BOLD, _RED, _GREEN, _YELLOW = "1", "31", "32", "33"
_PAINTS: Final = (
    (re.compile(r"✓(?: passed| yes)?"), _GREEN),
    (re.compile(r"✗(?: failed| lacks| no)?"), _RED),
    (re.compile(r"^\?(?: could not tell)", re.MULTILINE), _YELLOW),
    (re.compile(r"^ {4}(?:expected|observed|see it|hint)(?= )", re.MULTILINE), _BOLD),
    (re.compile(r"\+ added$", re.MULTILINE), _GREEN),
)


def print_text(text: str, *, flush: bool = False, whole: bool = False) -> None:
    """A line or more. `whole`: a table that would not survive broken lines."""
    print(adapt(text, sys.stdout, whole=whole), flush=flush)


def adapt(text: str, stream: TextIO, *, whole: bool = False) -> str:
    """As this stream shows it best: plain, in a terminal's words; as wide as it is and coloured where it is a terminal."""
    text = to_terminal(make_plain(text))
    if not stream.isatty():
        return text
    if not whole:
        width = shutil.get_terminal_size().columns
        text = "\n".join(wrap(line, width) for line in text.splitlines())
    return paint(text) if may_paint() else text


def may_paint() -> bool:
    """NO_COLOR (no-color.org) and a terminal that has none are heard."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def paint(text: str) -> str:
    """Signs of verdicts in their colours; the signs say the same without."""
    for pattern, colour in _PAINTS:
        text = pattern.sub(lambda match, colour=colour: f"\x1b[{colour}m{match[0]}\x1b[0m", text)  # type: ignore[misc]
    return text


def wrap(line: str, width: int) -> str:
    """One line as several, broken between words; what follows stands below the line's last column."""
    if measure(line) <= width or _TYPED.match(line):
        return line
    columns = [match.end() for match in re.finditer(r"(?<=\S)  +(?=\S)|^ +(?=\S)", line)]
    indent = max((each for each in columns if each <= width - _LEAST), default=0)
    head, rest = line[:indent], re.sub(" {3,}", "  ", line[indent:])  # columns further right are none any more
    return head + textwrap.fill(
        rest, max(width - indent, _LEAST), subsequent_indent="", break_long_words=False, break_on_hyphens=False
    ).replace("\n", "\n" + " " * indent)


def print_json(value: Any) -> None:
    """One JSON document."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    # JSON leaves these as they are: DEL and the terminals' eight-bit controls, and what is no character at all
    print(re.sub("[\x7f-\x9f\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text))


def print_progress(text: str) -> None:
    """A line on stderr, so that stdout stays what was asked for."""
    print(adapt(text, sys.stderr), file=sys.stderr, flush=True)
