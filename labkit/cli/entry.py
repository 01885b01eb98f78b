"""From the words of a command line to an exit status."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from labkit.cli.arguments import Command, build_parser
from labkit.cli.table import COMMANDS
from labkit.errors import LabkitError

BROKEN_PIPE: Final = 141  # 128 + SIGPIPE
EXEC_FAILED: Final = 125  # labkit's own failure, where every other number may be the command's


def run_command_line(words: Sequence[str]) -> int:
    """Run one command and print what went wrong, if anything did."""
    try:
        options = build_parser(COMMANDS).parse_args(words)
    except SystemExit as ended:
        failed = bool(ended.code)
        return EXEC_FAILED if failed and list(words[:1]) == ["exec"] else 2 * failed
    try:
        return _run(options)
    except LabkitError as error:
        print_error(error)
        return EXEC_FAILED if options.command.name == "exec" else error.exit_status
    except BrokenPipeError:
        # the reader has gone; the interpreter's own flush at the end must not say so again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _run(options: argparse.Namespace) -> int:
    command: Command = options.command
    module, _, function = command.home.partition(":")
    status: int = getattr(import_module(f"labkit.cli.{module}"), function)(options)
    sys.stdout.flush()
    return status


def print_error(error: LabkitError) -> None:
    """What was tried and what came back; below it what to do."""
    print(f"labkit: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  {error.hint}", file=sys.stderr)
