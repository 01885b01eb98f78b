"""The part of lab.toml that describes a Kubernetes cluster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labkit.cluster.values import Cluster, find_address, plan_members
from labkit.errors import UsageError
from labkit.fabric.topology import Topology
from labkit.lab.fabric_fields import read_file
from labkit.lab.fields import Table


def parse_cluster(table: Table | None, topology: Topology, files: Path, values: Mapping[str, Any]) -> Cluster | None:
    """[cluster]: None in a lab without one. Raises UsageError where its machines don't fit it."""
    if table is None:
        return None
    with table:
        control = table.take("control", str, "control")
        nodes = [machine.name for machine in topology.machines if machine.kind == "node" and machine.name != control]
        kubelets = tuple(table.take("kubelets", list, nodes))
        if unknown := set(kubelets) - {*nodes, control}:
            raise UsageError(f"kubelets: there is no node {unknown.pop()!r}", hint=f"known: {', '.join(nodes)}")
        cluster = Cluster(
            control,
            kubelets,
            pods=table.take("pods", str, Cluster.pods),
            services=table.take("services", str, Cluster.services),
            proxy=table.take("proxy", str, Cluster.proxy),
            dns=table.take("dns", int, Cluster.dns),
            upstream=table.take("upstream", str, Cluster.upstream),
            addon=table.take("addon", str, Cluster.addon),
            backend=table.take("backend", str, Cluster.backend),
            apply=tuple((name, read_file(files / name, values)) for name in table.take_texts("apply")),
        )
        find_address(topology, control)
        plan_members(cluster, topology)
        return cluster
