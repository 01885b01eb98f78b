"""What every request has: words for an error, the command a person would type, and its message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from labkit.net.machine import Writable
from labkit.net.write.names import LinkTable
from labkit.net.write.netlink import Message


@dataclass(frozen=True, slots=True)
class Context:
    """What encoding needs of the machine: its links by name, and descriptors of other machines."""

    links: LinkTable
    open_netns: Callable[[Writable], int]


class Request(Protocol):
    """One change of one machine's network."""

    def words(self) -> str:
        """Say what is asked as an error message begins: `RTM_NEWADDR 10.244.1.1/24 on cni0`."""
        ...

    def command(self) -> str:
        """Give the same change as a line for iproute2."""
        ...

    def encode(self, context: Context) -> Message:
        """Give the message; UnknownLinkError when it names a link that is not there."""
        ...


def join_words(*words: str) -> str:
    """Join what is there with blanks; empty words are left out."""
    return " ".join(word for word in words if word)


def option(name: str, value: object) -> str:
    """Give `name value`, or nothing when there is no value."""
    return "" if value is None else f"{name} {value}"


def switch(name: str, on: object) -> str:
    """Give `name on`, `name off`, or nothing."""
    return "" if on is None else f"{name} {'on' if on else 'off'}"
