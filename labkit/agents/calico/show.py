"""`calicoctl ipam show`: how full pools and blocks are, who has an address, what is borrowed (calicoctl v3.20, commands/ipam/show.go)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labkit.agents.calico.block import find_ordinal, find_owner, list_held
from labkit.agents.calico.tables import render_box

Spec = Mapping[str, Any]
_HEADS = ("Grouping", "CIDR", "IPs total", "IPs in use", "IPs free")
_BORROWED = ("IP", "Borrowing-node", "Block", "Block owner", "Type", "Allocated-to")


def render_usage(pools: Sequence[str], blocks: Sequence[Spec], *, with_blocks: bool) -> str:
    """A row for each pool (its prefix), and one for each of its blocks, by prefix as text."""
    rows = []
    for pool in pools:
        network = ipaddress.IPv4Network(pool)
        inside = [spec for spec in blocks if ipaddress.IPv4Network(spec["cidr"]).subnet_of(network)]
        rows.append(_plan_row("IP Pool", pool, network.num_addresses, sum(len(list_held(spec)) for spec in inside)))
        if with_blocks:
            rows += [
                _plan_row("Block", spec["cidr"], len(spec["allocations"]), len(list_held(spec)))
                for spec in sorted(inside, key=lambda spec: str(spec["cidr"]))
            ]
    return render_box(_HEADS, rows)


def _plan_row(grouping: str, cidr: str, total: int, used: int) -> tuple[str, ...]:
    free = total - used
    return grouping, cidr, f"{total:.5g}", _render_share(used, total), _render_share(free, total)


def _render_share(part: int, total: int) -> str:
    return f"{part:.5g} ({100 * part / total:.0f}%)"


def render_address(address: str, blocks: Sequence[Spec]) -> str:
    """Whether somebody has it, and what stands beside it."""
    wanted = ipaddress.IPv4Address(address)
    for spec in blocks:
        if wanted in ipaddress.IPv4Network(spec["cidr"]):
            number = spec["allocations"][find_ordinal(spec, address)]
            if number is not None:
                secondary = spec["attributes"][number]["secondary"]
                lines = [f"  {key}: {value}" for key, value in sorted(secondary.items())]
                return "\n".join([f"IP {address} is in use", "Attributes:", *lines]) + "\n"
    return f"{address} is not assigned\n"


def render_borrowed(blocks: Sequence[Spec]) -> str:
    """Addresses that nodes have out of blocks of others."""
    return render_box(_BORROWED, list(_list_borrowed(blocks)))


def _list_borrowed(blocks: Sequence[Spec]) -> Iterator[tuple[str, ...]]:
    for spec in sorted(blocks, key=lambda spec: str(spec["cidr"])):
        owner = find_owner(spec)
        for address, entry in list_held(spec).items():
            has = entry["secondary"]
            if has.get("node") and has["node"] != owner:
                told = f"{has.get('namespace', '')}/{has.get('pod', '')}"
                yield address, has["node"], spec["cidr"], owner, "pod", told


def render_configuration(spec: Spec) -> str:
    """The settings of IPAM, with what holds where nothing is said."""
    known = (("StrictAffinity", False), ("AutoAllocateBlocks", True), ("MaxBlocksPerHost", 0))
    rows = [(name, str(spec.get(name[0].lower() + name[1:], usual)).lower()) for name, usual in known]
    return render_box(("Property", "Value"), rows)
