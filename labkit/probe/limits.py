"""What makes silence prove nothing: a slow computer, or one whose neighbour table, which all namespaces share, was full."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from labkit.errors import CannotTell, UsageError

_STATISTICS: Final = Path("/proc/net/stat/arp_cache")  # one row for each processor, hexadecimal
_COLUMN: Final = "table_fulls"


def scale_timeout(seconds: float) -> float:
    """The same wait on a computer that is LABKIT_TIMEOUT_SCALE times slower. Raises UsageError when that is no number."""
    text = os.environ.get("LABKIT_TIMEOUT_SCALE", "1")
    try:
        return seconds * float(text)
    except ValueError as error:
        raise UsageError(f"LABKIT_TIMEOUT_SCALE is {text!r}", hint="a number such as 3") from error


def read_overflows() -> int:
    """How often the computer's neighbour table was full so far; 0 where the kernel does not show it (in a container)."""
    try:
        head, *rows = _STATISTICS.read_text().splitlines()
    except OSError:
        return 0
    column = head.split().index(_COLUMN)
    return sum(int(row.split()[column], 16) for row in rows)


def require_room(overflows: int) -> None:
    """After silence: raise CannotTell when the table was full since `overflows` was read, for then packets were dropped for that."""
    if read_overflows() > overflows:
        raise CannotTell(
            "the neighbour table of this computer was full, so silence proves nothing",
            hint="end other labs, or raise net.ipv4.neigh.default.gc_thresh3 as root; labkit doctor tells its value",
        )
