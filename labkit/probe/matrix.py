"""Who reaches whom now: every machine pings every other one, all at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from labkit.errors import CannotTell, UsageError
from labkit.probe.addresses import find_main_address
from labkit.probe.answer import Answer
from labkit.probe.ping import ping_many
from labkit.world import Machine, World

Word = Literal["reached", "not reached", "no address"]
Pair = tuple[str, str]  # who asks, who answers
BEFORE: Final = "it was so before the break"
APART: Final = "it need not be"
_TRIES: Final = 6
_GONE: Final = "gone"
_SIGNS: Mapping[Word, str] = {"reached": "✓", "not reached": "✗", "no address": "–"}  # noqa: RUF001 - a sign, not a hyphen


@dataclass(frozen=True)
class Cell:
    """One pair. `answer` is None where the destination has no address to ask for."""

    src: str
    dst: str
    answer: Answer | None

    @property
    def word(self) -> Word:
        """The cell's word in the text form."""
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
    """`addresses`: machine -> the address it was asked by, in the order of rows and columns; `cells` by (src, dst), not src itself.

    `apart`: pairs that are not meant to talk; `before`: pairs that did not reach before something was broken, None when nothing was.
    """

    addresses: Mapping[str, str | None]
    cells: Mapping[Pair, Cell]
    apart: frozenset[Pair] = frozenset()
    before: frozenset[Pair] | None = None

    @property
    def machines(self) -> tuple[str, ...]:
        """Rows and columns."""
        return tuple(self.addresses)

    def find_excuse(self, pair: Pair) -> str:
        """Why it is no fault that this pair does not reach; empty when it is one, or when it does reach.

        What reached before the break is missed now, whether it was meant to or not.
        """
        if self.cells[pair].word == "reached":
            return ""
        if self.before is not None:
            return BEFORE if pair in self.before else ""
        return APART if pair in self.apart else ""

    def list_unreached(self) -> frozenset[Pair]:
        """The pairs that don't reach."""
        return frozenset(pair for pair, cell in self.cells.items() if cell.word != "reached")

    def to_json(self) -> dict[str, Any]:
        """Machines with their addresses, and a row for each pair; `excuse` says why one need not reach."""
        machines = [{"name": name, "address": address} for name, address in self.addresses.items()]
        cells = [{**cell.to_json(), "excuse": self.find_excuse(pair)} for pair, cell in self.cells.items()]
        return {"machines": machines, "cells": cells, "version": 1}


def read_matrix(world: World, *, timeout: float = 1.0) -> Matrix:
    """Ping from every machine to every other one's main address. Takes `timeout` seconds when somebody is silent.

    A pod that goes away meanwhile is left out. Raises CannotTell when a machine that is there can't be asked.
    """
    for _ in range(_TRIES):
        try:
            return _ask(world.machines(), timeout)
        except CannotTell as error:
            if not _has_gone(error):
                raise
    return _ask(world.machines(), timeout)


def _has_gone(error: CannotTell) -> bool:
    """Whether it is about a machine that PID 1 does not know any more."""
    return isinstance(error.__cause__, UsageError)


def _ask(machines: Sequence[Machine], timeout: float) -> Matrix:
    found = {machine: _find_address(machine) for machine in machines}
    addresses = {machine.name: address for machine, address in found.items() if address != _GONE}
    asked = [machine for machine in machines if machine.name in addresses]
    pairs = [(src, dst) for src in asked for dst in asked if src is not dst]
    wanted = [(src, address) for src, dst in pairs if (address := addresses[dst.name])]
    answers = iter(ping_many(wanted, timeout=timeout))
    cells = (Cell(src.name, dst.name, next(answers) if addresses[dst.name] else None) for src, dst in pairs)
    return Matrix(addresses, {(cell.src, cell.dst): cell for cell in cells})


def _find_address(machine: Machine) -> str | None:
    try:
        return find_main_address(machine)
    except CannotTell as error:
        if _has_gone(error):
            return _GONE
        raise
