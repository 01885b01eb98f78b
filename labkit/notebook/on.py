"""`%%on MACHINE…`: a cell of shell commands run on a machine, as `%%bash` runs one here, or on several, one after the other."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final

from labkit.errors import UsageError
from labkit.lab.machine import LabMachine, plan_run
from labkit.notebook.ending import CellFailed, Stopped
from labkit.notebook.output import open_capped
from labkit.notebook.pasted import clean_cell, find_hint
from labkit.notebook.words import LineParser

_USAGE: Final = "%%on MACHINE… [--out NAME] [--err NAME] [--bg] [--no-raise-error]"
_VIA: Final = "notebook"


def parse_on(line: str) -> argparse.Namespace:
    """The words behind %%on."""
    parser = LineParser(_USAGE)
    parser.add_argument("machines", nargs="+")
    parser.add_argument("--out")
    parser.add_argument("--err")
    parser.add_argument("--bg", action="store_true")
    parser.add_argument("--no-raise-error", action="store_true")
    options = parser.parse_line(line)
    if len(options.machines) > 1 and (options.out or options.err):
        raise UsageError(
            "the output of several machines into one variable", hint="a cell for each, or no --out and --err"
        )
    return options


def run_cells(
    machines: Sequence[LabMachine], script: str, options: argparse.Namespace, names: dict[str, Any], *, expected: bool
) -> None:
    """The same commands on each, under its name; the first that fails ends it, or where a failure is `expected` is told and no error."""
    for machine in machines:
        if len(machines) > 1:
            print(f"--- {machine.name}", flush=True)
        try:
            run_cell(machine, script, options, names)
        except CellFailed as failed:
            if not expected:
                raise
            print(f"({failed})")
            return


def run_cell(machine: LabMachine, script: str, options: argparse.Namespace, names: dict[str, Any]) -> None:
    """Run it; `names` gets what --out and --err ask for. Raises CellFailed for another status than 0, Stopped on Stop."""
    script, hint = clean_cell(script), ""
    try:
        if options.bg:
            status = _run_behind(machine, script)
        elif options.out or options.err:
            status = _run_collecting(machine, script, options, names)
        else:
            status, hint = _run_streaming(machine, script)
    except KeyboardInterrupt:
        raise Stopped(f"on {machine.name}: stopped") from None
    if status and not options.no_raise_error:
        raise CellFailed(machine.name, status, hint)


def _plan_script(script: str) -> str:
    """bash counts its lines as the notebook does, where %%on is the first."""
    return f"\n{script}"


def _run_streaming(machine: LabMachine, script: str) -> tuple[int, str]:
    """Its status, and what explains a failure."""
    output = open_capped(machine.name)
    try:
        status = machine.run_streaming(
            _plan_script(script), output.take, journal=plan_run(machine.name, script, via=_VIA).to_data()
        )
        return status, find_hint(output.read_end()) if status else ""
    finally:
        output.close()


def _run_collecting(machine: LabMachine, script: str, options: argparse.Namespace, names: dict[str, Any]) -> int:
    result = machine.run(_plan_script(script), journal=plan_run(machine.name, script, via=_VIA).to_data())
    for name, text in ((options.out, result.stdout), (options.err, result.stderr)):
        if name:
            names[name] = text
        elif text:
            print(text, end="")
    return result.status


def _run_behind(machine: LabMachine, script: str) -> int:
    """It goes on when the cell has ended, until the lab does; what it says goes into a file on the machine.

    setsid makes bash the leader of a group, so that its number names all that the cell has begun.
    """
    began = (
        'log=$(mktemp /tmp/on-XXXX.log); setsid bash -c "$1" >"$log" 2>&1 </dev/null & '
        'echo "process group $!, output in $log; to end it: kill -- -$!"'
    )
    result = machine.run(
        ("bash", "-c", began, "on", script), journal=plan_run(machine.name, f"({script}\n) &", via=_VIA).to_data()
    )
    print(result.stdout or result.stderr, end="")
    return result.status
