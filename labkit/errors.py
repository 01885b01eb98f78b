"""What can go wrong, each with a hint that names the remedy; and text of others, as it may be shown and as it may be read."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any

from labkit.typed import to_notebook

# control characters but newline and tab, those that turn the direction of writing, bytes that were no UTF-8 (PEP 383)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_CARET = 0x40
_JSON_HINT = "`python3 -m json.tool` reads it, and says where it breaks off"


def make_plain(text: str) -> str:
    """Text that a learner's program may have made, for a terminal: what would change the terminal becomes visible, as `cat -v` does it."""
    return _UNPRINTABLE.sub(lambda match: _show(ord(match[0])), text)


def guess_meant(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """`did you mean X? ` where one of the names is near, nothing elsewhere: the beginning of a hint."""
    near = difflib.get_close_matches(name, list(names), 1, cutoff)
    return f"did you mean {near[0]}? " if near else ""


def _show(code: int) -> str:
    if code < ord(" ") or code == 0x7F:  # noqa: PLR2004 - DEL
        return f"^{chr(code ^ _CARET)}"
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004 - a byte 0x80 to 0xff
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - one byte


class LabkitError(Exception):
    """One line: what was tried and what came back; `hint` says what to do about it."""

    exit_status = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        message = make_plain(message)
        super().__init__(message)
        self.message = message
        self.hint = make_plain(hint)

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows (IPython asks for it): one line instead of a traceback."""
        said = f"{type(self).__name__}: {self.message}{f' ({self.hint})' if self.hint else ''}"
        return [to_notebook(said)]


class UsageError(LabkitError):
    """Something handed to labkit is wrong: an argument, lab.toml, a notebook, a submission."""

    exit_status = 2


class JsonError(UsageError, ValueError):
    """Text that should be JSON and is none."""


class WorldError(LabkitError):
    """The world refused, or is gone."""


class CannotTell(LabkitError):
    """A probe could not be carried out, so nothing may be concluded from it."""


def parse_json(text: str | bytes, what: str) -> Any:
    """JSON that others wrote (RFC 8259: no NaN); `what` is who said it. Raises JsonError, a ValueError, whatever is wrong with it."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise JsonError(f"{what} is not JSON: it is nested too deeply", hint=_JSON_HINT) from error
    except ValueError as error:
        raise JsonError(f"{what} is not JSON: {error}", hint=_JSON_HINT) from error


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
