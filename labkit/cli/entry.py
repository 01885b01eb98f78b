"""From the words of a command line to an exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from labkit.cli.arguments import Command, build_command_parser, build_parser
from labkit.cli.border import ensure_streams, forget_output, print_error
from labkit.cli.table import COMMANDS
from labkit.cli.words import find_command, parse_words

BROKEN_PIPE: Final = 141  # 128 + SIGPIPE
EXEC_FAILED: Final = 125  # labkit's own failure, where every other number may be the command's
_HELP: Final = ("-h", "--help", "help")


def run_command_line(words: Sequence[str]) -> int:
    """Run one command and print what went wrong, if anything did, in one line."""
    ensure_streams()
    runs_another = list(words[:1]) == ["exec"]
    try:
        return _run(list(words))
    except SystemExit as ended:  # argparse has said what is wrong, or helped
        status = 0 if not ended.code else EXEC_FAILED if runs_another else 2
        return _flush() or status
    except BrokenPipeError:
        forget_output()
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the border: nobody above would say it better
        said = print_error(error)
        _flush(quiet=True)
        return EXEC_FAILED if runs_another else said.exit_status


def _run(words: list[str]) -> int:
    if not words or words[0] in _HELP or words[0] == "--version":
        return _introduce(words)
    command = find_command(words[0], COMMANDS)
    module, _, function = command.home.partition(":")
    options = parse_words(command, words[1:])
    status: int = getattr(import_module(f"labkit.cli.{module}"), function)(options)
    sys.stdout.flush()
    return status


def _introduce(words: list[str]) -> int:
    """What labkit is: help, help of one command, the version. 2 where no command was named at all."""
    if words[:1] == ["--version"]:
        from importlib.metadata import version

        print(f"labkit {version('labkit')}")
        return 0
    wanted: Command | None = find_command(words[1], COMMANDS) if len(words) > 1 else None
    parser = build_command_parser(wanted) if wanted else build_parser(COMMANDS)
    parser.print_help(sys.stdout if words else sys.stderr)
    return 0 if words else 2


def _flush(*, quiet: bool = False) -> int:
    """Before the interpreter does it, whose own words of a failure are a traceback. 0, or the status of one that was said."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        forget_output()
        return 0 if quiet else print_error(error).exit_status
    return 0
