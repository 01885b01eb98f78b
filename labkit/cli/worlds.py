"""`labkit start`, `down`, `ps`, `reset`: worlds come and go."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import labkit
from labkit.cli.printing import print_json
from labkit.cli.running import find_running, find_world
from labkit.lab.listing import describe_world, list_running
from labkit.show.text import render_table


def run_start(options: argparse.Namespace) -> int:
    """Build or attach; what there is now."""
    lab = labkit.start(options.lab, student=options.student, fabric=options.fabric, resume=options.resume)
    described = describe_world(lab.world)
    if options.json:
        print_json(described)
    else:
        print(f"{described['lab']} runs: {render_machines(described)}")
        for note in lab.read_notes():
            print(f"note: {note}")
        print("labkit shell MACHINE to work on one, labkit check LAB for the verdict, labkit down LAB to end it")
    return 0


def run_down(options: argparse.Namespace) -> int:
    """End it and wait until nothing of it is left."""
    find_world(options.lab).end()
    return 0


def run_ps(options: argparse.Namespace) -> int:
    """The running labs."""
    running = list_running()
    if options.json:
        print_json(running)
    elif running:
        heading = ("LAB", "STUDENT", "FABRIC", "PID", "SINCE", "MACHINES")
        print(render_table([heading, *(_plan_row(world) for world in running)]))
    else:
        print("no lab is running")
    return 0


def run_reset(options: argparse.Namespace) -> int:
    """Back to the start state."""
    labkit.attach(find_running(options.lab)).reset()
    return 0


def _plan_row(world: Mapping[str, Any]) -> tuple[str, ...]:
    plain = (str(world[key] or "-") for key in ("lab", "student", "fabric", "pid", "since"))
    return (*plain, render_machines(world))


def render_machines(world: Mapping[str, Any]) -> str:
    """`worker1 (web, api), client`: pods behind their node."""
    machines = world["machines"]
    parts = []
    for machine in machines:
        if machine["node"] is None:
            pods = [each["name"] for each in machines if each["node"] == machine["name"]]
            parts.append(f"{machine['name']} ({', '.join(pods)})" if pods else machine["name"])
    return ", ".join(parts)
