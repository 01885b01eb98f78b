"""`labkit check`, `hint`, `solve`, `break`, `answer`, `journal`: what somebody does who learns."""

from __future__ import annotations

import argparse
import dataclasses

from labkit.check import LiveLab
from labkit.check import attach as attach_lab
from labkit.cli.printing import print_json
from labkit.cli.running import find_running
from labkit.lab.journal import Entry


def attach(options: argparse.Namespace) -> LiveLab:
    """The running lab that the command names."""
    return attach_lab(find_running(options.lab))


def run_check(options: argparse.Namespace) -> int:
    """All checks, or one."""
    report = attach(options).check(only=options.only)
    if options.json:
        print_json(report.to_data())
    else:
        from labkit.show.verdicts import render_verdicts

        print(render_verdicts(report))
    return report.exit_status


def run_hint(options: argparse.Namespace) -> int:
    """The next rung of the ladder."""
    from labkit.show.replies import render_hint

    print(render_hint(attach(options).hint(options.id)))
    return 0


def run_solve(options: argparse.Namespace) -> int:
    """The state after a solution."""
    attach(options).solve(options.solution, to=options.step)
    return 0


def run_break(options: argparse.Namespace) -> int:
    """Break one thing; how it shows."""
    print(attach(options).break_(options.fault))
    return 0


def run_answer(options: argparse.Namespace) -> int:
    """Note an answer and say what comes of it; without a value, what is asked."""
    from labkit.show.replies import render_questions, render_reply

    lab = attach(options)
    if options.list or options.value is None:
        print(render_questions(lab.definition.questions, lab.list_answers(), options.id))
        return 0
    print(render_reply(lab.answer(options.id, options.value, via="cli")))
    return 0


def run_journal(options: argparse.Namespace) -> int:
    """Every entry, oldest first."""
    entries = attach(options).read_entries()
    if options.json:
        print_json([_plan_entry(entry) for entry in entries])
    else:
        from labkit.show.journal import render_journal

        print(render_journal(entries))
    return 0


def _plan_entry(entry: Entry) -> dict[str, object]:
    if entry.kind == "break":
        entry = dataclasses.replace(entry, name="", script="")  # which, is the learner's to find
    return entry.to_data() | {"time": entry.time, "seconds": entry.seconds}
