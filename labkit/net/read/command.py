"""One run of an iproute2 command, its JSON given back; what did not work can not be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from labkit.errors import CannotTell
from labkit.net.machine import Readable

# Ubuntu's iproute2 (6.1.0-1ubuntu6) prints this in the middle of JSON: its own attribute has a number that newer kernels use otherwise.
FAN_MAP = "fan-map "


def read_text(machine: Readable, argv: list[str]) -> str:
    """Run one command as the judge and give its output; CannotTell when it ends with an error."""
    result = machine.probe(argv)
    if result.status != 0:
        said = result.stderr.strip() or result.stdout.strip() or "nothing said"
        raise CannotTell(f"`{' '.join(argv)}` on {machine.name} ended with {result.status}: {said}")
    return result.stdout


def read_json(machine: Readable, argv: list[str]) -> list[dict[str, Any]]:
    """Run one `ip -j …` or `bridge -j …`; a list of objects, empty when there is nothing."""
    found = parse_lists(read_text(machine, argv), f"`{' '.join(argv)}` on {machine.name}")
    return found[0] if found else []


def read_lists(machine: Readable, program: Sequence[str], questions: Sequence[str]) -> list[list[dict[str, Any]]]:
    """Run `program -batch -`, ip or bridge with their options, and give one list for each question."""
    argv = [*program, "-batch", "-"]
    command = f"`{' '.join(argv)}` on {machine.name}"
    result = machine.probe(argv, stdin="\n".join(questions))
    found = parse_lists(result.stdout, command) if result.status == 0 else []
    if len(found) != len(questions):
        said = result.stderr.strip() or "nothing said"
        raise CannotTell(f"{command} ended with {result.status} after {len(found)} answers: {said}")
    return found


def parse_lists(text: str, command: str) -> list[list[dict[str, Any]]]:
    """The JSON lists that a command printed one after the other (`ip -batch` prints one for each of its lines)."""
    rest = text.replace(FAN_MAP, "").strip()
    found: list[list[dict[str, Any]]] = []
    while rest:
        try:
            entries, end = _DECODER.raw_decode(rest)
        except ValueError as error:
            raise CannotTell(f"{command} gave no JSON: {error}") from error
        # iproute2 prints an empty object for what it left out by a filter.
        found.append([entry for entry in entries if entry])
        rest = rest[end:].lstrip()
    return found


def _keep_first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name that stands twice in one object the first: iproute2 prints a route's `dst`, then its encap's."""
    return dict(reversed(pairs))


# not strict: a link's name or alias may hold control characters, which iproute2 prints as they are
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_keep_first, strict=False)
