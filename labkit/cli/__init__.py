"""The terminal's door: `labkit COMMAND …` (README.md, In a terminal)."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    try:
        from labkit.cli.entry import run_command_line

        return run_command_line(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as a shell says it
