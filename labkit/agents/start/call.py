"""Being a command of ours, in a process that was forked for it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from labkit.world import kernel


def call_command(target: str, argv: Sequence[str]) -> int:
    """Take its name and words, call its function (module:function); what its answer, or its exit, means as a status."""
    kernel.set_name(os.path.basename(argv[0]))  # noqa: PTH119
    kernel.set_command_line(" ".join(argv))
    sys.argv = list(argv)
    module, _, function = target.partition(":")
    try:
        said: Any = getattr(importlib.import_module(module), function)()
    except SystemExit as error:
        said = error.code
    if said is None:
        return 0
    if isinstance(said, int):
        return said & 0xFF
    print(said, file=sys.stderr)
    return 1
