"""`calicoctl ipam check`: whether IPAM says what nodes and pods really have (calicoctl v3.20, commands/ipam/check.go)."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from labkit.agents.calico.block import list_held
from labkit.agents.calico.facts import Facts

_MOST: Final = 20  # nodes that are shown
Spec = Mapping[str, Any]


def render_check(blocks: Sequence[Spec], facts: Facts, *, problems: bool) -> str:
    """The whole report. `problems`: each address with one is named."""
    held = {address: entry for spec in blocks for address, entry in list_held(spec).items()}
    used = dict(_list_tunnels(facts)) | {
        each.address: f"Workload({each.namespace}/{each.name})" for each in facts.workloads
    }
    pools = [pool.cidr for pool in facts.pools if not pool.disabled]
    parts = (
        _say_blocks(blocks, len(held)), _say_pools(pools), _say_used(facts, len(used)), _say_nodes(held),
        _say_problems(held, used, pools, problems=problems),
    )  # fmt: skip
    return "Checking IPAM for inconsistencies...\n\n" + "\n".join(f"{line}" for part in parts for line in part) + "\n"


def _list_tunnels(facts: Facts) -> Iterator[tuple[str, str]]:
    """Address -> whose it is."""
    for node in facts.nodes:
        for address in filter(None, (node.ipip, node.vxlan)):
            yield address, f"Node({node.name})"


def _say_blocks(blocks: Sequence[Spec], held: int) -> Iterator[str]:
    yield "Loading all IPAM blocks..."
    yield f"Found {len(blocks)} IPAM blocks."
    for spec in blocks:
        yield f" IPAM block {spec['cidr']} affinity={spec.get('affinity') or '<none>'}:"
    yield f"IPAM blocks record {held} allocations."
    yield ""


def _say_pools(pools: Sequence[str]) -> Iterator[str]:
    yield "Loading all IPAM pools..."
    yield from (f"  {cidr}" for cidr in pools)
    yield f"Found {len(pools)} active IP pools."
    yield ""


def _say_used(facts: Facts, used: int) -> Iterator[str]:
    yield "Loading all nodes."
    yield f"Found {len(list(_list_tunnels(facts)))} node tunnel IPs."
    yield ""
    yield "Loading all workload endpoints."
    yield f"Found {len(facts.workloads)} workload IPs."
    yield f"Workloads and nodes are using {used} IPs."
    yield ""


def _say_nodes(held: Mapping[str, Spec]) -> Iterator[str]:
    yield f"Looking for top (up to {_MOST}) nodes by allocations..."
    counted = Counter(str(entry["secondary"].get("node", "")) for entry in held.values()).most_common()
    yield from (f"  {node} has {number} allocations" for node, number in counted[:_MOST])
    if counted:
        yield f"Node with most allocations has {counted[0][1]}; median is {counted[len(counted) // 2][1]}"
    yield ""


def _say_problems(
    held: Mapping[str, Spec], used: Mapping[str, str], pools: Sequence[str], *, problems: bool
) -> Iterator[str]:
    leaked = [address for address in held if address not in used]
    missing = [address for address in used if address not in held]
    strange = [address for address in missing if not _is_in(address, pools)]
    unknown = [address for address in missing if address not in strange]
    yield "Scanning for IPs that are allocated but not actually in use..."
    if problems:
        yield from (f"  {address} leaked; attrs {_render_attributes(held[address])}" for address in leaked)
    yield f"Found {len(leaked)} IPs that are allocated in IPAM but not actually in use."
    yield "Scanning for IPs that are in use by a workload or node but not allocated in IPAM..."
    if problems:
        yield from (f"  {address} in use by {used[address]} is not in any active IP pool." for address in strange)
        yield from (
            f"  {address} in use by {used[address]} and in active IPAM pool but has no IPAM allocation."
            for address in unknown
        )
    yield f"Found {len(strange)} in-use IPs that are not in active IP pools."
    yield f"Found {len(unknown)} in-use IPs that are in active IP pools but have no corresponding IPAM allocation."
    yield ""
    yield f"Check complete; found {len(leaked) + len(missing)} problems."


def _is_in(address: str, pools: Sequence[str]) -> bool:
    return any(ipaddress.IPv4Address(address) in ipaddress.IPv4Network(cidr) for cidr in pools)


def _render_attributes(entry: Spec) -> str:
    """As calicoctl prints who has an address: its handle, then the rest by name."""
    told = {
        "Main": entry["handle_id"],
        "Extra": ",".join(f"{key}={value}" for key, value in sorted(entry["secondary"].items())),
    }
    return " ".join(f"{key}:{value}" for key, value in told.items())
