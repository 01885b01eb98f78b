"""What Calico's programs print for whoever reads their container's log."""

from __future__ import annotations

import sys

from labkit.errors import LabkitError


def say(program: str, text: str) -> None:
    """One line."""
    print(f"{program}: {text}", file=sys.stderr, flush=True)


def explain(error: LabkitError) -> str:
    """What went wrong and what to do, as one line."""
    return error.message + (f" ({error.hint})" if error.hint else "")
