"""Making a lab's world as bad as it can be, for the proof: then no check may say passed."""

from __future__ import annotations

from labkit.errors import LabkitError
from labkit.lab.lab import Lab
from labkit.lab.machine import LabMachine
from labkit.net import read_links

HIDE_PING = "for program in /bin/ping /usr/bin/ping; do [ ! -e $program ] || mount --bind /dev/null $program; done"


def run_chaos(lab: Lab) -> None:
    """Every machine without ping, its links down, its processes stopped; and the world refuses to start another."""
    for machine in lab.machines():
        _cut_off(machine)
    lab.world.ask("refuse")


def _cut_off(machine: LabMachine) -> None:
    links = [link.name for link in read_links(machine)]
    downs = [f"ip link set dev {name} down" for name in links]
    stops = [f"kill -STOP {number} || [ ! -e /proc/{number} ]" for number, _ in machine.list_processes()]
    result = machine.run("\n".join(["set -e", HIDE_PING, *downs, *stops]))
    if result.status:
        raise LabkitError(f"chaos on {machine.name}: {result.stderr.strip()}", hint="the proof itself is at fault")
