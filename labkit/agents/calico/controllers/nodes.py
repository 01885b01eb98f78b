"""The node controller: what IPAM still has of a node that Kubernetes has no more comes free (kube-controllers pkg/controllers/node/ipam.go, release-v3.20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.agents.calico.affinity import release_affinity
from labkit.agents.calico.block import find_owner, list_held
from labkit.agents.calico.facts import WorkloadFacts, parse_workloads
from labkit.agents.calico.ipam import release_addresses
from labkit.agents.calico.objects import AFFINITY, BLOCK, NODE, POD
from labkit.agents.calico.store import Store

Spec = Mapping[str, Any]
KINDS: Final = (BLOCK, AFFINITY, NODE, POD)


@dataclass
class Remains:
    """Of one node: the handles of its addresses, the pods among their holders (namespace, name, address), the blocks that were its own."""

    handles: set[str] = field(default_factory=set)
    pods: set[tuple[str, str, str]] = field(default_factory=set)
    blocks: set[str] = field(default_factory=set)


def find_remains(nodes: Iterable[str], blocks: Iterable[Spec], affinities: Iterable[Spec]) -> dict[str, Remains]:
    """Node -> what is left of it, for those that are not among `nodes`."""
    there, found = set(nodes), dict[str, Remains]()
    for spec in affinities:
        found.setdefault(spec["node"], Remains()).blocks.add(spec["cidr"])
    for spec in blocks:
        if owner := find_owner(spec):
            found.setdefault(owner, Remains()).blocks.add(spec["cidr"])
        for address, entry in list_held(spec).items():
            _note(found.setdefault(entry["secondary"].get("node", ""), Remains()), address, entry)
    return {node: remains for node, remains in found.items() if node and node not in there}


def _note(remains: Remains, address: str, entry: Spec) -> None:
    remains.handles.add(entry["handle_id"])
    secondary = entry["secondary"]
    if secondary.get("pod"):
        remains.pods.add((secondary.get("namespace", ""), secondary["pod"], address))


def list_used(node: str, remains: Remains, workloads: Sequence[WorkloadFacts]) -> list[str]:
    """Pods that are there and have one of these addresses on this node: as long as there is one, the node is not believed to be gone."""
    held = {(each.namespace, each.pod, each.address) for each in workloads if each.node == node}
    return sorted(f"{namespace}/{pod}" for namespace, pod, _ in remains.pods & held)


def list_gone_nodes(store: Store) -> dict[str, Remains]:
    """Those that Kubernetes has no more, with what is left of them. Raises KubeError."""
    # The nodes last: one that has just come may have a block already.
    blocks, affinities = [[each["spec"] for each in store.list(kind)] for kind in (BLOCK, AFFINITY)]
    return find_remains((each["metadata"]["name"] for each in store.list(NODE)), blocks, affinities)


def free_gone_nodes(store: Store) -> list[str]:
    """One look at all of it; lines of what was done. Raises KubeError."""
    gone = list_gone_nodes(store)
    workloads = parse_workloads(store.list(POD)) if any(each.pods for each in gone.values()) else ()
    said = []
    for node, remains in gone.items():
        if used := list_used(node, remains, workloads):
            said.append(f"Can't cleanup node {node} yet - IPs still in use on this node: {', '.join(used)}")
            continue
        released = [address for handle in remains.handles for address in release_addresses(store, handle)]
        for cidr in sorted(remains.blocks):
            release_affinity(store, node, cidr)
        told = ", ".join((*sorted(remains.blocks), *released))
        said.append(f"Cleaned up IPAM resources for deleted node {node}: {told}")
    return said
