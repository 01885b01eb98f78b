"""`labkit exec`: one command on a machine, joined to this process's stdin, stdout and stderr, with its exit status."""

from __future__ import annotations

import argparse
import os
import stat
from contextlib import ExitStack
from io import FileIO
from typing import Final

from labkit.cli.joint import Joint, Keys
from labkit.cli.running import find_world
from labkit.cli.streams import Input, Output, Stream
from labkit.cli.terminal import SCREEN, Terminal, hold_suspension, silence
from labkit.errors import UsageError
from labkit.lab.entries import Run
from labkit.world import Machine
from labkit.world.process import open_pipe

# bash says of a program that can't be run what a shell says, with a shell's statuses 126 and 127
_START: Final = ("bash", "-c", 'exec -- "$@"', "labkit")
# the same on a terminal, where stdout and stderr may be something else all the same
_START_ON_TERMINAL: Final = (
    "bash",
    "-c",
    '''[[ -z $LABKIT_1 ]] || exec >&"$LABKIT_1"-
[[ -z $LABKIT_2 ]] || exec 2>&"$LABKIT_2"-
[[ ! -t 1 ]] || unset COLUMNS PAGER
unset LABKIT_1 LABKIT_2
exec -- "$@"''',
    "labkit",
)
_STDIN, _STDERR = 0, 2


def run_exec(options: argparse.Namespace) -> int:
    """Run it, pass its exit status on. On a terminal it gets one of its own, as in `labkit shell`; else it gets pipes."""
    words: list[str] = options.words
    if not words:
        raise UsageError("exec: no command", hint="labkit exec MACHINE -- ip route")
    with find_world(options.lab, options.machine) as world, ExitStack() as stack:
        machine = world.machine(options.machine)
        hold_suspension()
        entry = Run(machine=machine.name, argv=tuple(words), via="exec").to_data()
        run = _run_on_terminal if os.isatty(_STDIN) else _run_with_pipes
        return run(stack, machine, words, entry)


def _run_with_pipes(stack: ExitStack, machine: Machine, words: list[str], entry: dict[str, object]) -> int:
    outputs, writers = _open_outputs(stack, [SCREEN, _STDERR])
    source, filled = _open_input(stack)
    standard = (source.fileno(), writers[SCREEN].fileno(), writers[_STDERR].fileno())
    process = machine.start_process([*_START, *words], standard=standard, journal=entry)
    stack.callback(process.close)
    for handed in (source, *writers.values()):
        handed.close()
    inputs = [] if filled is None else [Input(_STDIN, filled, lambda text, more: process.note(stdin=text, unkept=more))]
    return Joint(process, Terminal(whole=False)).join([*inputs, *outputs])


def _run_on_terminal(stack: ExitStack, machine: Machine, words: list[str], entry: dict[str, object]) -> int:
    whole = os.isatty(SCREEN)
    outputs, writers = _open_outputs(stack, [each for each in (SCREEN, _STDERR) if not os.isatty(each)])
    passed = {f"LABKIT_{number}": writer.fileno() for number, writer in writers.items()}
    environment = {"TERM": os.environ.get("TERM", "xterm-256color")}
    process = machine.start_process(
        [*_START_ON_TERMINAL, *words], passed=passed, environment=environment, journal=entry
    )
    stack.callback(process.close)
    for writer in writers.values():
        writer.close()
    master = process.master or -1
    if not whole:
        silence(master)
    screen = next((each for each in (SCREEN, _STDERR) if os.isatty(each)), None)
    joint = Joint(process, Terminal(whole=whole), suspends=True)
    return joint.join([Keys(joint, master), Output(master, screen, joint.terminal.adapt), *outputs])


def _open_outputs(stack: ExitStack, ours: list[int]) -> tuple[list[Stream], dict[int, FileIO]]:
    """A pipe for each of our descriptors, one for both when they are the same file: order is kept."""
    outputs: list[Stream] = []
    writers: dict[int, FileIO] = {}
    for number in ours:
        same = [each for each in writers if os.path.sameopenfile(each, number)]
        if same:
            writers[number] = writers[same[0]]
            continue
        reader, writers[number] = open_pipe(stack)
        outputs.append(Output(reader, number))
    return outputs, writers


def _open_input(stack: ExitStack) -> tuple[FileIO, FileIO | None]:
    """What the command gets for stdin, and where it is filled; None where it stays empty."""
    return (stack.enter_context(FileIO(os.devnull)), None) if _is_null(_STDIN) else open_pipe(stack)


def _is_null(descriptor: int) -> bool:
    found = os.fstat(descriptor)
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == os.stat(os.devnull).st_rdev  # noqa: PTH116 - a number
