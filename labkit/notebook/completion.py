"""Tab in a cell: names of machines, checks, questions and labs, from memory or the lab's files, never by waiting."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from labkit.check import list_checks
from labkit.errors import LabkitError
from labkit.lab.folders import list_labs
from labkit.notebook.current import CurrentLab

_MAGIC: Final = re.compile(r"(?:^|\n)\s*%{1,2}(on|lab|check|hint|answer|journey|reach)((?:[ \t]+\S*)+)$")
_DEEDS: Final = ("start", "reset", "break", "solve", "down")


def register_completion(shell: Any, current: CurrentLab) -> None:
    """Append the matcher to IPython's own (IPython.core.completer, version 2 of its matchers)."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher()
    def match_names(context: Any) -> dict[str, Any]:
        found = plan_completions(context.text_until_cursor, current)
        return {
            "completions": [SimpleCompletion(name, type="lab") for name in found],
            "matched_fragment": _find_fragment(context.text_until_cursor),
            "suppress": bool(found),
        }

    shell.Completer.custom_matchers.append(match_names)


def plan_completions(text: str, current: CurrentLab) -> list[str]:
    """Names that may stand where `text` ends; [] where it is not a line of ours."""
    match = _MAGIC.search(text)
    if match is None:
        return []
    words, fragment = match[2].split(), _find_fragment(text)
    at = len(words) - 1 if fragment else len(words)
    try:
        names = _find_source(match[1], words[:at])(current)
    except LabkitError:
        return []
    return [name for name in names if name.startswith(fragment)]


def _find_fragment(text: str) -> str:
    return re.split(r"\s", text)[-1]


def _find_source(magic: str, before: Sequence[str]) -> Callable[[CurrentLab], Sequence[str]]:
    """Where the names for the word of a magic come from that follows these."""
    at = len(before)
    if magic == "lab":
        return (lambda _: _DEEDS) if at == 0 else (lambda _: list_labs())
    if magic == "on":
        return _list_machines
    sources = {
        ("journey", 0): _list_machines,
        ("reach", 0): _list_machines,
        ("reach", 1): _list_machines,
        ("journey", 1): _list_machines,
        ("check", 0): _list_checks,
        ("hint", 0): _list_checks,
        ("answer", 0): lambda current: list(current.get().list_answers()),
        ("answer", 1): lambda current: current.get().list_answers().get(before[0], []),
    }
    return sources.get((magic, at), lambda _: ())


def _list_machines(current: CurrentLab) -> list[str]:
    return [machine.name for machine in current.get().machines()]


def _list_checks(current: CurrentLab) -> list[str]:
    return [check.id for check in list_checks(current.get().definition)]
