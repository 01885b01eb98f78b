"""The same thing to type, in a terminal's words and in a notebook's. Everybody reads those of the door they stand in."""

from __future__ import annotations

import re
from typing import Final

_DEEDS: Final = "start|reset|break|down"
_ASKED: Final = "check|hint|answer|topology|matrix|journey|reach"
_LAB: Final = r"(?:LAB\b|\d\d-[\w-]+)"
_MAGICS: Final = (
    (re.compile(r"%%on (?=[\w.…{])"), "labkit shell "),
    (re.compile(r"%%on\b"), "labkit shell"),
    (re.compile(rf"(?<![\w%])%lab (?={_DEEDS})"), "labkit "),
    (re.compile(rf"(?<![\w%])%(?={_ASKED})"), "labkit "),
)
_COMMANDS: Final = (
    (re.compile(r"labkit exec (?:--lab \S+ )?(\S+) -- "), r"%%on \1: "),
    (re.compile(r"labkit shell (?:--lab \S+ )?(?=\S)"), "%%on "),
    (re.compile(rf"labkit (?={_DEEDS})"), "%lab "),
    (re.compile(rf"labkit ({_ASKED})(?: {_LAB})?"), r"%\1"),
)


def to_terminal(text: str) -> str:
    """`%check` is `labkit check`, `%%on web` is `labkit shell web`."""
    for pattern, said in _MAGICS:
        text = pattern.sub(said, text)
    return text


def to_notebook(text: str) -> str:
    """`labkit start LAB` is `%lab start LAB`; a notebook knows its lab, so `labkit check LAB` is `%check`."""
    for pattern, said in _COMMANDS:
        text = pattern.sub(said, text)
    return text
