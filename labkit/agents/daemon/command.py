"""`daemon`: labkit's, for real programs in the background of this machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from labkit.agents import COMMANDS
from labkit.agents.daemon.ready import is_ready
from labkit.agents.daemon.record import Record, find_process, list_records, read_record
from labkit.agents.daemon.runner import start_daemon, stop_daemon
from labkit.daemons import PROGRAMS
from labkit.daemons.daemon import Wish, parse_values, plan_daemon
from labkit.errors import LabkitError, UsageError


def main() -> int:
    """One command; 1 when it failed, with a line that says why."""
    words, arguments = _split(sys.argv[1:])
    options = _plan_parser().parse_args(words)
    try:
        return {"start": _start, "restart": _restart, "stop": _stop, "status": _status}[options.do](options, arguments)
    except LabkitError as error:
        print(f"daemon: {error.message}" + (f" ({error.hint})" if error.hint else ""), file=sys.stderr)
        return 1


def list_preloads(argv: Sequence[str]) -> list[str]:
    """The modules of a command of ours that will be started: the warm process loads them for all nodes (start/server.py)."""
    wanted = [COMMANDS[word] for word in argv[2:3] if argv[1] in ("start", "restart") and word in COMMANDS]
    return [target.partition(":")[0] for target in wanted]


def _split(words: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Our own words, and behind -- the program's."""
    at = words.index("--") if "--" in words else len(words)
    return list(words[:at]), tuple(words[at + 1 :])


def _plan_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="daemon",
        description="labkit's: real programs in the background of this machine",
        epilog=f"Programs: {', '.join(sorted(PROGRAMS))}. What follows -- goes to the program. Logs: /var/log/NAME.log",
    )
    commands = parser.add_subparsers(required=True, dest="do", metavar="COMMAND")
    for do, about in (
        ("start", "start a program and wait until it serves; by its name alone: again as it was"),
        ("restart", "the same, and one that runs ends first"),
    ):
        starting = commands.add_parser(do, help=about, description=about)
        starting.add_argument("program", help="a program, or the name of a daemon that was started before")
        starting.add_argument(
            "values",
            nargs="*",
            metavar="KEY=VALUE",
            help="name=NAME, if not the program's; the program's own, as port=8080",
        )
    commands.add_parser("stop", help="have it end, and wait for that").add_argument("name")
    commands.add_parser("status", help="what was started; 1 where it does not run").add_argument("name", nargs="?")
    return parser


def _start(options: argparse.Namespace, arguments: tuple[str, ...]) -> int:
    wish = _find_wish(options, arguments)
    start_daemon(wish, plan_daemon(wish))
    return 0


def _restart(options: argparse.Namespace, arguments: tuple[str, ...]) -> int:
    wish = _find_wish(options, arguments)
    daemon = plan_daemon(wish)
    stop_daemon(daemon)
    start_daemon(wish, daemon)
    return 0


def _find_wish(options: argparse.Namespace, arguments: tuple[str, ...]) -> Wish:
    """What is said; a name alone means what was said the last time."""
    record = read_record(options.program)
    if record and not (options.values or arguments):
        return record.wish
    values = parse_values(options.values)
    name = str(values.pop("name", options.program))
    if not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"a daemon can't be called {name!r}", hint="letters, digits, - and _")
    return Wish(options.program, name, values, arguments)


def _stop(options: argparse.Namespace, _: tuple[str, ...]) -> int:
    record = read_record(options.name)
    if record is None and options.name not in PROGRAMS:
        raise UsageError(f"nothing called {options.name} was started here", hint="daemon status shows what was")
    if not stop_daemon(plan_daemon(record.wish if record else Wish(options.name, options.name))):
        raise LabkitError(f"{options.name} does not run")
    return 0


def _status(options: argparse.Namespace, _: tuple[str, ...]) -> int:
    records = [each for each in list_records() if options.name in (None, each.wish.name)]
    if options.name and not records:
        raise UsageError(f"nothing called {options.name} was started here", hint="daemon status shows what was")
    rows = [_describe(record) for record in records]
    for name, state, process, log in [("NAME", "STATE", "PROCESS", "LOG"), *rows] if rows else []:
        print(f"{name:<12} {state:<10} {process:>7}  {log}")
    return 0 if all(row[1] == "ready" for row in rows) else 1


def _describe(record: Record) -> tuple[str, str, str, str]:
    daemon = plan_daemon(record.wish)
    process = find_process(daemon)
    if process is None:
        return daemon.name, "ended", "-", daemon.log
    return daemon.name, "ready" if is_ready(daemon.ready, process) else "not ready", str(process), daemon.log
