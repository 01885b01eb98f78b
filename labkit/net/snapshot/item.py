"""One object of the kernel's that somebody may have made, and how it is put there and taken away."""

from __future__ import annotations

from dataclasses import dataclass

Lines = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """An object, or a setting of one.

    `slot` names the place and is the same before and after: `sysctl net.ipv4.ip_forward`, `master of veth1`.
    What is in it is `value`; `label` says both for a person. `add` are the commands that put this value there,
    `remove` those that leave the slot as the kernel makes it; empty when there are none.
    """

    slot: str
    value: str
    label: str
    add: Lines = ()
    remove: Lines = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What was added or changed on a machine: a stable label, and the commands that undo just that."""

    machine: str
    label: str
    undo: list[list[str]]


def line(text: str) -> Lines:
    """Give one command, its words divided by blanks, as the lines of an Item."""
    return (tuple(text.split()),)
