"""`labkit start`, `down`, `ps`, `reset`: worlds come and go."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from labkit.cli.printing import print_json, print_progress, print_text
from labkit.cli.running import find_world
from labkit.lab.listing import describe_world, find_running, list_running
from labkit.show.text import render_table


def run_start(options: argparse.Namespace) -> int:
    """Build or attach; what there is now."""
    from labkit.lab.session import begin_lab
    from labkit.show.beginnings import TERMINAL, render_begun

    begun = begin_lab(
        options.lab or find_running(None), student=options.student, fabric=options.fabric, resume=options.resume,
        tell=print_progress,
    )  # fmt: skip
    lab = begun.lab
    described = describe_world(lab.world)
    if options.json:
        print_json(described)
    else:
        print_text(render_begun(begun, render_machines(described), TERMINAL))
        for note in lab.read_notes():
            print_text(f"note: {note}")
        print_text(
            "labkit lesson | less to read, labkit shell MACHINE to work, labkit check, labkit hint; labkit down ends it"
        )
    return 0


def run_down(options: argparse.Namespace) -> int:
    """End it and wait until nothing of it is left."""
    world = find_world(options.lab)
    world.end()
    print_text(f"{world.name} has ended; its journal is kept: labkit start {world.name} --resume does it again")
    return 0


def run_ps(options: argparse.Namespace) -> int:
    """The running labs."""
    running = list_running()
    if options.json:
        print_json(running)
    elif running:
        heading = ("LAB", "STUDENT", "FABRIC", "PID", "SINCE", "MACHINES")
        print_text(render_table([heading, *(_plan_row(world) for world in running)]))
    else:
        print_text("no lab is running")
    return 0


def run_reset(options: argparse.Namespace) -> int:
    """Back to the start state; what is gone, and how it comes again."""
    from labkit.lab.session import attach_lab
    from labkit.show.beginnings import TERMINAL, render_reset

    lab = attach_lab(options.lab)
    print_text(render_reset(lab.name, lab.reset(), TERMINAL))
    return 0


def _plan_row(world: Mapping[str, Any]) -> tuple[str, ...]:
    plain = (str(world[key] or "-") for key in ("lab", "student", "fabric", "pid"))
    return (*plain, render_since(world["since"], datetime.now(UTC)), render_machines(world))


def render_since(since: str, now: datetime) -> str:
    """`08:12 (12 min)`, in local time."""
    began = datetime.fromisoformat(since)
    minutes = int((now - began).total_seconds() // 60)
    took = f"{minutes} min" if minutes < 100 else f"{minutes // 60} h"  # noqa: PLR2004 - two digits
    return f"{began.astimezone():%H:%M} ({took})"


def render_machines(world: Mapping[str, Any]) -> str:
    """`worker1 (web, api), client`: pods behind their node."""
    machines = world["machines"]
    parts = []
    for machine in machines:
        if machine["node"] is None:
            pods = [each["name"] for each in machines if each["node"] == machine["name"]]
            parts.append(f"{machine['name']} ({', '.join(pods)})" if pods else machine["name"])
    return ", ".join(parts)
