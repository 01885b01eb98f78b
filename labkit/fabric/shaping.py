"""Slow and bad links: a queueing discipline at both ends of a cable that has a rate, a delay or loss (tc-tbf(8), tc-netem(8))."""

from __future__ import annotations

from collections.abc import Mapping

from labkit.errors import WorldError
from labkit.fabric.topology import Link, Topology
from labkit.world import Machine
from labkit.world.places import FABRIC


def plan_discipline(link: Link) -> str:
    """The words after `tc qdisc add dev PORT root`; empty for a link as fast as the kernel goes."""
    if link.delay is not None or link.loss is not None:
        parts = (("delay", link.delay, "ms"), ("loss", link.loss, "%"), ("rate", link.rate, "mbit"))
        return " ".join(["netem", *(f"{name} {value:g}{unit}" for name, value, unit in parts if value is not None)])
    if link.rate is not None:
        # tc-tbf(8): the bucket must hold what may leave in one tick (4 ms at 250 Hz), and at least a whole packet
        burst = max(int(link.rate * 1e6 / 8 / 250), 2 * link.mtu)
        return f"tbf rate {link.rate:g}mbit burst {burst} latency 50ms"
    return ""


def ensure_shaping(topology: Topology, machines: Mapping[str, Machine]) -> None:
    """Put the disciplines in place. Raises WorldError when the kernel lacks one."""
    switches = {switch.name for switch in topology.switches}
    for link in topology.links:
        discipline = plan_discipline(link)
        for port in link.ports if discipline else ():
            machine = machines[FABRIC if port.machine in switches else port.machine]
            done = machine.probe(["tc", "qdisc", "replace", "dev", port.name, "root", *discipline.split()])
            if done.status:
                kind = discipline.split()[0]
                raise WorldError(
                    f"link {link}: tc qdisc … {discipline}: {done.stderr.strip()}",
                    hint=f"this kernel may lack sch_{kind}: sudo modprobe sch_{kind}",
                )
