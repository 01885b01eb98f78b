"""Who reaches whom now: every machine pings every other one, all at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from labkit.probe.addresses import find_main_address
from labkit.probe.answer import Answer
from labkit.probe.ping import ping_many
from labkit.world import Machine, World

Word = Literal["reached", "not reached", "no address"]
_SIGNS: Mapping[Word, str] = {"reached": "✓", "not reached": "✗", "no address": "–"}  # noqa: RUF001 - a sign, not a hyphen


@dataclass(frozen=True)
class Cell:
    """One pair. `answer` is None where the destination has no address to ask for."""

    src: str
    dst: str
    answer: Answer | None

    @property
    def word(self) -> Word:
        """In a word."""
        if self.answer is None:
            return "no address"
        return "reached" if self.answer.reached else "not reached"

    @property
    def sign(self) -> str:
        """In a sign, beside the word: colour alone tells some readers nothing."""
        return _SIGNS[self.word]

    def to_json(self) -> dict[str, Any]:
        """As `labkit matrix --json` shows it."""
        detail = self.answer.detail if self.answer else f"{self.dst} has no address"
        command = self.answer.command if self.answer else None
        return {
            "src": self.src,
            "dst": self.dst,
            "word": self.word,
            "sign": self.sign,
            "detail": detail,
            "command": command,
        }


@dataclass(frozen=True)
class Matrix:
    """`addresses`: machine -> the address it was asked by, in the order of rows and columns; `cells` by (src, dst), not src itself."""

    addresses: Mapping[str, str | None]
    cells: Mapping[tuple[str, str], Cell]

    @property
    def machines(self) -> tuple[str, ...]:
        """Rows and columns."""
        return tuple(self.addresses)

    def to_json(self) -> dict[str, Any]:
        """Machines with their addresses, and a row for each pair."""
        machines = [{"name": name, "address": address} for name, address in self.addresses.items()]
        return {"machines": machines, "cells": [cell.to_json() for cell in self.cells.values()]}


def read_matrix(machines: World | Sequence[Machine], *, timeout: float = 1.0) -> Matrix:
    """Ping from every machine to every other one's main address. Takes `timeout` seconds when somebody is silent."""
    asked = machines.machines() if isinstance(machines, World) else list(machines)
    addresses = {machine.name: find_main_address(machine) for machine in asked}
    pairs = [(src, dst) for src in asked for dst in asked if src is not dst]
    wanted = [(src, address) for src, dst in pairs if (address := addresses[dst.name])]
    answers = iter(ping_many(wanted, timeout=timeout))
    cells = (Cell(src.name, dst.name, next(answers) if addresses[dst.name] else None) for src, dst in pairs)
    return Matrix(addresses, {(cell.src, cell.dst): cell for cell in cells})
