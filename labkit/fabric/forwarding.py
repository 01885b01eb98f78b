"""When a fabric is ready: a bridge takes a port into use only once the kernel has noticed its carrier."""

from __future__ import annotations

import threading
import time
from typing import Final

from labkit.errors import WorldError
from labkit.fabric.topology import Topology
from labkit.net.read.links import read_bridge_ports
from labkit.timing import scale
from labkit.world import Machine

_DEADLINE: Final = 10.0
_PAUSE: Final = 0.01


def wait_forwarding(topology: Topology, fabric: Machine) -> None:
    """Wait until every switch port whose cable is up at both ends forwards. Raises WorldError after 10 s."""
    wanted = plan_forwarding(topology)
    deadline = scale(_DEADLINE)
    until = time.monotonic() + deadline
    while waiting := wanted - (list_forwarding(fabric) if wanted else set()):
        if time.monotonic() > until:
            raise WorldError(
                f"switch ports that don't forward after {deadline:g} s: {', '.join(sorted(waiting))}",
                hint="a busy computer: set LABKIT_TIMEOUT_SCALE=4 and start again",
            )
        threading.Event().wait(_PAUSE)


def plan_forwarding(topology: Topology) -> set[str]:
    """The switch ports that will come up."""
    switches = {switch.name for switch in topology.switches}
    live = [link for link in topology.links if link.a.up and link.b.up]
    return {port.name for link in live for port in link.ports if port.machine in switches}


def list_forwarding(fabric: Machine) -> set[str]:
    """The ports that forward now."""
    return {port.link for port in read_bridge_ports(fabric) if port.state == "forwarding"}
