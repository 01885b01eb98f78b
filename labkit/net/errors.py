"""The kernel refused a message: which one, and why, in words."""

from __future__ import annotations

import os
from dataclasses import dataclass

from labkit.errors import LabkitError


@dataclass(frozen=True, slots=True)
class Refusal:
    """One message of a batch that the kernel refused; `reason` is its extended-ack text, often empty."""

    index: int
    words: str
    errno: int
    reason: str = ""

    def __str__(self) -> str:
        error = os.strerror(self.errno)
        text = f"{self.words}: {error[:1].lower()}{error[1:]}"
        return f"{text} ({self.reason})" if self.reason else text


class NetError(LabkitError):
    """`RTM_NEWADDR 10.244.1.1/24 on cni0: file exists`; the first refusal speaks, all are in `refusals`."""

    def __init__(self, machine: str, refusals: tuple[Refusal, ...], *, command: str = "") -> None:
        first = refusals[0]
        more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
        hint = f"on {machine}, the same by hand: {command}" if command else f"on {machine}"
        super().__init__(f"{first}{more}", hint=hint)
        self.machine = machine
        self.refusals = refusals
        self.index = first.index
        self.errno = first.errno
