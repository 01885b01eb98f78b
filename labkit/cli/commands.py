"""`labkit exec`: one command on a machine, with this process's own stdin, stdout and stderr."""

from __future__ import annotations

import argparse
import signal

from labkit.cli.running import find_world
from labkit.errors import UsageError
from labkit.world import Process

# bash says of a program that can't be run what a shell says, with a shell's statuses 126 and 127
_START = ("bash", "-c", 'exec "$@"', "labkit")


def run_exec(options: argparse.Namespace) -> int:
    """Run it, pass its exit status on. The first Ctrl-C goes to the command, the second ends it."""
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise UsageError("exec: no command", hint="labkit exec MACHINE -- ip route")
    with find_world(options.lab) as world:
        machine = world.machine(options.machine)
        entry = {"machine": machine.name, "argv": words}
        process = machine.start_process([*_START, *words], standard=(0, 1, 2), journal=entry)
        try:
            return _wait(process)
        finally:
            process.close()


def _wait(process: Process) -> int:
    try:
        ended = process.wait()
    except KeyboardInterrupt:
        process.signal(signal.SIGINT)
        ended = process.wait()
    return ended[0] if ended else 1
