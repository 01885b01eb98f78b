"""Being a command of ours, in a process that was forked for it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from labkit.agents import COMMANDS
from labkit.world import kernel


def become(argv: Sequence[str]) -> NoReturn:
    """Be this program, in a process that was forked for it: a command of ours is called, another one executed."""
    status = 127
    try:
        if argv[0] in COMMANDS:
            status = call_command(COMMANDS[argv[0]], argv)
        else:
            os.execvp(argv[0], list(argv))  # noqa: S606 - that is its purpose
    except OSError as error:
        print(f"{argv[0]}: {error}", file=sys.stderr)
    finally:  # never into the caller's code
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


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
