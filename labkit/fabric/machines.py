"""What both builders begin with: a topology's machines in the world, beside the hidden one for its switches."""

from __future__ import annotations

from labkit.fabric.topology import Topology
from labkit.world import Machine, MachineSpec, World
from labkit.world.places import FABRIC


def add_machines(world: World, topology: Topology) -> dict[str, Machine]:
    """Make them, pods after their nodes; give handles by name, `fabric` and the world's earlier machines included."""
    ordered = sorted(topology.machines, key=lambda machine: machine.kind == "pod")
    specs = [MachineSpec(each.name, each.kind, each.node, each.files, each.sysctls) for each in ordered]
    earlier = world.machines()
    return {machine.name: machine for machine in [world.machine(FABRIC), *earlier, *world.add_machines(specs)]}
