"""`%lab`: a lab begins, is set back, solved, broken, ended; each says what it did and how to get back."""

from __future__ import annotations

from typing import Any, Final

from labkit import check
from labkit.lab.journal import find_last_work, is_worked_in
from labkit.lab.lab import Lab
from labkit.lab.session import attach_lab, begin_lab
from labkit.notebook.current import CurrentLab
from labkit.notebook.words import LineParser
from labkit.show.beginnings import NOTEBOOK, render_begun, render_reset, render_script, render_solved

_USAGE: Final = "%lab start NAME [--student ID] [--fabric F] [--resume] | reset | break [--fault F | --anew] | solve [--to STEP] [--dry-run] | down"


def manage(current: CurrentLab, line: str) -> None:
    """The words behind %lab."""
    options = _parse(line)
    if options.deed == "start":
        _start(current, options)
        return
    lab = current.get() if options.name in (None, current.name) else attach_lab(options.name)
    deeds = {"reset": _reset, "break": _break, "solve": _solve, "down": _end}
    print(deeds[options.deed](lab, options))
    if options.deed == "down" and lab is current.known():
        current.set(None)


def _start(current: CurrentLab, options: Any) -> None:
    current.ask(options.student)
    begun = begin_lab(
        options.name, student=options.student, fabric=options.fabric, resume=options.resume,
        tell=lambda line: print(line, flush=True),
    )  # fmt: skip
    if current.name not in (None, begun.lab.name):
        print(f"note: this notebook was about {current.name}; from now on its cells work on {begun.lab.name}")
    current.set(begun.lab)
    print(render_begun(begun, ", ".join(machine.name for machine in begun.lab.machines()), NOTEBOOK))
    for note in begun.lab.read_notes():
        print(f"note: {note}")


def _reset(lab: Lab, _options: Any) -> str:
    return render_reset(lab.name, lab.reset(), NOTEBOOK)


def _break(lab: Lab, options: Any) -> str:
    return check.break_anew(lab) if options.anew else check.break_(lab, options.fault)


def _solve(lab: Lab, options: Any) -> str:
    script = lab.read_script("reference").cut(to=options.to)
    if options.dry_run:
        return render_script(script)
    entries = lab.read_entries()
    work = find_last_work(entries) if is_worked_in(entries) else []
    check.solve(lab, to=options.to)
    return render_solved(lab.name, script, work, NOTEBOOK)


def _end(lab: Lab, _options: Any) -> str:
    lab.down()
    return f"{lab.name} has ended. What you did is kept: {NOTEBOOK.say(f'start {lab.name} --resume')} does it again."


def _parse(line: str) -> Any:
    parser = LineParser(_USAGE)
    parser.add_argument("deed", choices=("start", "reset", "break", "solve", "down"))
    parser.add_argument("name", nargs="?")
    parser.add_argument("--student")
    parser.add_argument("--fabric")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--fault")
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("--to")
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_line(line)
    if options.deed == "start" and options.name is None:
        parser.error("start: which lab?")
    return options
