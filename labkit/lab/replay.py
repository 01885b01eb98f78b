"""Doing again, in a fresh world, what the journal says was done."""

from __future__ import annotations

import json
from collections.abc import Sequence

from labkit.cni import CniError, Runtime, add_pod, del_pod
from labkit.errors import LabkitError
from labkit.lab.journal import Entry
from labkit.lab.lab import Lab
from labkit.lab.timing import scale

PATIENCE = 2.0  # seconds more than a command took the first time


def replay(lab: Lab, work: Sequence[Entry]) -> list[str]:
    """Do it in order. A line for each entry that came out otherwise than the first time, or could not be done."""
    notes = []
    for entry in work:
        try:
            status = _redo(lab, entry)
        except LabkitError as error:
            notes.append(f"{_name(entry)}: {error.message}")
            continue
        if status != (entry.status or 0):
            notes.append(f"{_name(entry)}: status {status}, the first time {entry.status}")
    return notes


def _redo(lab: Lab, entry: Entry) -> int:
    if entry.via == "script" and entry.kind in ("answer", "break"):
        return 0  # its script does it
    if entry.kind == "answer":
        lab.note(entry)
        return 0
    if entry.kind == "run":
        limit = scale(entry.seconds + PATIENCE)
        return lab.machine(entry.machine).run(entry.script or entry.argv, stdin=entry.stdin, timeout=limit).status
    if entry.kind == "cni":
        return _redo_pod(lab, entry)
    lab.replay_script(entry)
    return 0


def _redo_pod(lab: Lab, entry: Entry) -> int:
    """A pod plugged in or out by a runtime: not its calls are replayed, for they name links that are others now."""
    lab.note(entry)
    runtime = Runtime(lab.world.machine(entry.machine))
    try:
        if entry.id == "add":
            add_pod(lab.world, entry.name, entry.machine, runtime, capabilities=json.loads(entry.value))
        else:
            del_pod(lab.world, entry.name, entry.machine, runtime, keep=entry.id == "unplug")
    except CniError:
        return 1
    return 0


def _name(entry: Entry) -> str:
    return " ".join((entry.machine or entry.name or entry.id, entry.script.partition("\n")[0] or " ".join(entry.argv)))
