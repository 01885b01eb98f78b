"""`%%on MACHINE`: a cell of shell commands run on a machine, as `%%bash` runs one here."""

from __future__ import annotations

import argparse
from typing import Any, Final

from labkit.lab.machine import LabMachine, plan_entry
from labkit.notebook.ending import CellFailed, Stopped
from labkit.notebook.output import open_capped
from labkit.notebook.words import LineParser

_USAGE: Final = "%%on MACHINE [--out NAME] [--err NAME] [--bg] [--no-raise-error]"
_VIA: Final = "notebook"


def parse_on(line: str) -> argparse.Namespace:
    """The words behind %%on."""
    parser = LineParser(_USAGE)
    parser.add_argument("machine")
    parser.add_argument("--out")
    parser.add_argument("--err")
    parser.add_argument("--bg", action="store_true")
    parser.add_argument("--no-raise-error", action="store_true")
    return parser.parse_line(line)


def run_cell(machine: LabMachine, script: str, options: argparse.Namespace, names: dict[str, Any]) -> None:
    """Run it; `names` gets what --out and --err ask for. Raises CellFailed for another status than 0, Stopped on Stop."""
    try:
        if options.bg:
            status = _run_behind(machine, script)
        elif options.out or options.err:
            status = _run_collecting(machine, script, options, names)
        else:
            status = _run_streaming(machine, script)
    except KeyboardInterrupt:
        raise Stopped(f"on {machine.name}: stopped") from None
    if status and not options.no_raise_error:
        raise CellFailed(machine.name, status)


def _plan_script(script: str) -> str:
    """bash counts its lines as the notebook does, where %%on is the first."""
    return f"\n{script}"


def _run_streaming(machine: LabMachine, script: str) -> int:
    output = open_capped(machine.name)
    try:
        return machine.run_streaming(
            _plan_script(script), output.take, journal=plan_entry(machine.name, script, via=_VIA)
        )
    finally:
        output.close()


def _run_collecting(machine: LabMachine, script: str, options: argparse.Namespace, names: dict[str, Any]) -> int:
    result = machine.run(_plan_script(script), journal=plan_entry(machine.name, script, via=_VIA))
    for name, text in ((options.out, result.stdout), (options.err, result.stderr)):
        if name:
            names[name] = text
        elif text:
            print(text, end="")
    return result.status


def _run_behind(machine: LabMachine, script: str) -> int:
    """It goes on when the cell has ended, until the lab does; what it says goes into a file on the machine."""
    began = 'log=$(mktemp /tmp/on-XXXX.log); setsid bash -c "$1" >"$log" 2>&1 </dev/null & echo "process $!, output in $log"'
    result = machine.run(
        ("bash", "-c", began, "on", script), journal=plan_entry(machine.name, f"({script}\n) &", via=_VIA)
    )
    print(result.stdout or result.stderr, end="")
    return result.status
