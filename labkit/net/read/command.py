"""One run of an iproute2 command, its JSON given back; what did not work can not be told."""

from __future__ import annotations

import json
from typing import Any

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
    text = read_text(machine, argv).replace(FAN_MAP, "")
    try:
        found = json.loads(text) if text.strip() else []
    except ValueError as error:
        raise CannotTell(f"`{' '.join(argv)}` on {machine.name} gave no JSON: {error}") from error
    # iproute2 prints an empty object for what it left out by a filter.
    return [entry for entry in found if entry]
