"""`labkit check`, `hint`, `solve`, `break`, `answer`, `journal`: what somebody does who learns."""

from __future__ import annotations

import argparse
import dataclasses

from labkit import check
from labkit.cli.printing import print_json, print_text
from labkit.lab.entries import VERSION, Break, Entry
from labkit.lab.journal import find_last_work, is_worked_in, split_worlds
from labkit.lab.lab import Lab
from labkit.lab.session import attach_lab


def attach(options: argparse.Namespace) -> Lab:
    """The running lab that the command names."""
    return attach_lab(options.lab)


def run_check(options: argparse.Namespace) -> int:
    """All checks, or one."""
    lab = attach(options)
    report = check.run(lab, options.only or options.id, follow=options.json)
    if options.json:
        print_json(report.to_data())
    else:
        from labkit.course.done import plan_done
        from labkit.show.done import render_done
        from labkit.show.verdicts import render_verdicts

        print_text(render_verdicts(report))
        if done := plan_done(lab, report):
            print_text(f"\n{render_done(done)}")
    return report.exit_status


def run_hint(options: argparse.Namespace) -> int:
    """The next rung of the ladder."""
    from labkit.show.replies import render_hint

    print_text(render_hint(check.hint(attach(options), options.id)))
    return 0


def run_solve(options: argparse.Namespace) -> int:
    """The state after a solution: its commands, and what became of what was there before; with --dry-run the commands only."""
    from labkit.show.beginnings import TERMINAL, render_script, render_solved

    lab = attach(options)
    script = lab.read_script(options.solution).cut(to=options.step)
    if options.dry_run:
        print_text(render_script(script))
        return 0
    entries = lab.read_entries()
    work = find_last_work(entries) if is_worked_in(entries) else []
    check.solve(lab, options.solution, to=options.step)
    print_text(render_solved(lab.name, script, work, TERMINAL))
    return 0


def run_break(options: argparse.Namespace) -> int:
    """Break one thing; how it shows."""
    lab = attach(options)
    print_text(check.break_anew(lab) if options.anew else check.break_(lab, options.fault))
    return 0


def run_answer(options: argparse.Namespace) -> int:
    """Note an answer; without a value what is asked, and once it was answered, what is right."""
    from labkit.show.replies import NOT_YET, render_questions, render_reply

    lab = attach(options)
    value = " ".join(options.value)
    if options.list or value in NOT_YET:
        print_text(render_questions(lab.definition.questions, lab.list_answers(), options.id))
        shown = lab.show_truth(options.id) if options.id in lab.read_state().answers else None
        if shown and not options.list:
            print_text(f"\n{render_reply(shown)}")
        return 0
    reply = lab.answer(options.id, value, via="cli")
    way = "" if reply.id.startswith("fault.") else f" Try it, then see both: labkit answer {reply.id}"
    print_text(render_reply(reply) + ("" if reply.right is not None else way))
    return 0


def run_journal(options: argparse.Namespace) -> int:
    """What was done in this world, oldest first; `--json`: all that is kept, of earlier ones too."""
    entries = attach(options).read_entries()
    if options.json:
        print_json([_plan_entry(entry) for entry in entries])
    else:
        from labkit.show.journal import render_journal

        print_text(render_journal(split_worlds(entries)[-1]))
    return 0


def _plan_entry(entry: Entry) -> dict[str, object]:
    if isinstance(entry, Break):
        entry = dataclasses.replace(entry, name="", checks=())  # which, is the learner's to find
    return {"version": VERSION} | entry.to_data() | {"time": entry.time, "seconds": entry.seconds}
