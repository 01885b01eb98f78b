"""What this machine can give a VM."""

from __future__ import annotations

import os
from typing import Final

from labkit.doctor import list_missing
from labkit.errors import UsageError

_LEAST, _MOST = 2048, 4096  # MB; what is not used costs nothing
_BUSY: Final = 2.0


def plan_memory(asked: int | None, here: int) -> int:
    """MB: a quarter of what is `here`, between 2 and 4 GB, unless another number is asked for. Raises UsageError."""
    if asked is None:
        return min(max(here // 4, _LEAST), _MOST)
    if not 512 <= asked <= here:  # noqa: PLR2004 - Debian's kernel does not start with less
        raise UsageError(
            f"--memory {asked}: in MB, at least 512; this machine has {here}", hint="2048 is enough for most labs"
        )
    return asked


def expect_programs() -> None:
    """Raises UsageError where packages for the VM are missing."""
    if missing := list_missing("vm"):
        names = " ".join(missing)
        raise UsageError(
            f"the VM needs packages that are missing here (Debian's names): {names}",
            hint="./lab vm -- true installs them",
        )


def read_memory() -> int:
    """Of this machine, MB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def plan_processors(here: int, crowding: float) -> int:
    """All of them; on a busy machine one, for two would wait in turn for what the other holds while it is not running."""
    return here if crowding < _BUSY else 1
