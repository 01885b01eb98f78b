"""The builder `mininet`: the real Mininet makes hosts, links and bridges, in machines that exist already.

Mininet has no word for some of what a topology says (a second address, an MTU, a switch's MAC): that is added by rtnetlink,
so that both builders leave the kernel in the same state.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from labkit.errors import UsageError, WorldError
from labkit.fabric.forwarding import wait_forwarding
from labkit.fabric.machines import add_machines
from labkit.fabric.netlink import add_address, add_routes, has_broadcast
from labkit.fabric.shaping import ensure_shaping
from labkit.fabric.topology import Port, Topology, plan_mac
from labkit.fabric.underlay import render_notes
from labkit.net import Batch, commit_all
from labkit.world import Machine, Process, World
from labkit.world.places import FABRIC, OWN_TOP, PACKAGE, SITE

_START: Final = (
    "import sys; sys.path[:0] = sys.argv[1:3]; from labkit.agents.mininet.process import main; main(*sys.argv[3:])"
)
SOCKET: Final = "/run/mininet.sock"  # each machine has its own /run: only the fabric's processes reach it
_UNSEEN: Final = tuple(f"/{name}/" for name in (*OWN_TOP, "var"))  # folders that machines have for themselves


def build_mininet(world: World, topology: Topology) -> tuple[str, ...]:
    """As build_netlink, by Mininet, which then stays alive on the machine `fabric` for its CLI.

    Raises WorldError with Mininet's own words when it fails.
    """
    machines = add_machines(world, topology)
    _run_build(machines[FABRIC], json.dumps(plan_mininet(topology)))
    commit_all(plan_rest(topology, machines))
    ensure_shaping(topology, machines)
    wait_forwarding(topology, machines[FABRIC])
    return render_notes(topology)


def start_cli(world: World) -> Process:
    """Open Mininet's own CLI on a new terminal, as start_process does for a shell; one at a time, further ones wait.

    Raises UsageError when this world's fabric was not built by Mininet.
    """
    fabric = world.machine(FABRIC)
    built = False
    with contextlib.suppress(UsageError):  # nobody enters the switches of another builder
        built = fabric.run(["test", "-S", SOCKET]).status == 0
    if not built:
        raise UsageError(
            f"lab {world.name} was not built by Mininet",
            hint=f"labkit down {world.name}, then labkit start {world.name} --fabric mininet",
        )
    return fabric.start_process(_command("cli"))


def plan_mininet(topology: Topology) -> dict[str, Any]:
    """What Mininet is told, as JSON: {"hosts": [name], "switches": [name], "links": [[end, end]]}."""
    return {
        "hosts": [machine.name for machine in topology.machines],
        "switches": [switch.name for switch in topology.switches],
        "links": [[_plan_end(port) for port in link.ports] for link in topology.links],
    }


def plan_rest(topology: Topology, machines: Mapping[str, Machine]) -> list[Batch]:
    """What Mininet has no word for, one batch for each machine."""
    batches = {name: Batch(machines[name]) for name in (*(each.name for each in topology.machines), FABRIC)}
    batches[FABRIC].set_link("lo", up=True)
    for switch in topology.switches:
        batches[FABRIC].set_link(switch.name, mac=plan_mac(FABRIC, switch.name))
    for link in topology.links:
        for port in link.ports:
            batch = batches.get(port.machine, batches[FABRIC])
            batch.set_link(port.name, mtu=link.mtu)
            for address in port.addresses[len(_plan_first(port)) :]:
                add_address(batch, address, port.name)
    add_routes(batches, topology)
    return list(batches.values())


def _run_build(fabric: Machine, plan: str) -> None:
    said: list[bytes] = []
    with os.fdopen(os.memfd_create("plan"), "w+") as file:
        file.write(plan)
        file.seek(0)
        status = fabric.run_streaming(_command("build"), said.append, passed={"PLAN": file.fileno()}, namespaces=True)
    if status:
        words = b"".join(said).decode(errors="replace").strip() or "it ended without a word"
        raise WorldError(
            f"Mininet could not build the fabric: {words.splitlines()[-1]}", hint="labkit doctor says what is missing"
        )


def _plan_end(port: Port) -> dict[str, Any]:
    mac = plan_mac(port.machine, port.name)
    address = "".join(_plan_first(port)) or None
    return {"node": port.machine, "name": port.name, "mac": mac, "ip": address, "up": port.up}


def _plan_first(port: Port) -> tuple[str, ...]:
    """The address that Mininet gives. It raises the link with it, and ifconfig invents a broadcast address for a /31 or /32."""
    fit = port.up and has_broadcast("".join(port.addresses[:1]))
    return port.addresses[:1] if fit else ()


def _command(part: str) -> list[str]:
    # this interpreter where worlds see it, else the system's: Mininet and its process suit any
    python = str(Path(sys.executable).resolve())
    return ["python3" if python.startswith(_UNSEEN) else python, "-IS", "-c", _START, PACKAGE, SITE, part, SOCKET]
