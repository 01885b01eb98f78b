"""An IPAMBlock as a value: which of its addresses are held, by whom, and which comes next (libcalico-go lib/ipam/ipam_block.go, release-v3.20).

A block's `spec` is what the API has: `allocations` has for every address the number of an entry of `attributes`, or none;
`unallocated` are the free ordinals in the order in which they are given out. One that comes back goes to its end, so that an
address is not soon used again. Ordinal 0, the network's own address, is given out like any other: nobody is on this network.
"""

from __future__ import annotations

import copy
import ipaddress
from collections.abc import Mapping
from typing import Any, Final

Spec = dict[str, Any]
_HOST: Final = "host:"


def plan_block(cidr: str, node: str, *, strict: bool = False) -> Spec:
    """A block that nobody has an address of yet, affine to a node."""
    size = ipaddress.IPv4Network(cidr).num_addresses
    return {
        "cidr": cidr, "affinity": _HOST + node, "strictAffinity": strict, "allocations": [None] * size,
        "unallocated": list(range(size)), "attributes": [], "deleted": False,
    }  # fmt: skip


def find_owner(spec: Mapping[str, Any]) -> str:
    """The node that a block is affine to; empty when it lost it."""
    return str(spec.get("affinity") or "").removeprefix(_HOST)


def assign_next(spec: Mapping[str, Any], handle: str, attributes: Mapping[str, str]) -> tuple[Spec, str] | None:
    """The block with one address more in use, and the address; None when it is full."""
    if not spec["unallocated"]:
        return None
    return _assign(spec, spec["unallocated"][0], handle, attributes)


def assign_address(
    spec: Mapping[str, Any], address: str, handle: str, attributes: Mapping[str, str]
) -> tuple[Spec, str] | None:
    """The same for one address that is wanted; None when somebody has it."""
    ordinal = find_ordinal(spec, address)
    return _assign(spec, ordinal, handle, attributes) if ordinal in spec["unallocated"] else None


def _assign(spec: Mapping[str, Any], ordinal: int, handle: str, attributes: Mapping[str, str]) -> tuple[Spec, str]:
    new = copy.deepcopy(dict(spec))
    new["unallocated"].remove(ordinal)
    entry = {"handle_id": handle, "secondary": dict(attributes)}
    if entry not in new["attributes"]:
        new["attributes"].append(entry)
    new["allocations"][ordinal] = new["attributes"].index(entry)
    return new, str(ipaddress.IPv4Network(spec["cidr"])[ordinal])


def release_handle(spec: Mapping[str, Any], handle: str) -> tuple[Spec, list[str]]:
    """The block without what this handle held, and those addresses."""
    held = list_held(spec)
    released = [address for address, entry in held.items() if entry["handle_id"] == handle]
    new = copy.deepcopy(dict(spec))
    for address in released:
        ordinal = find_ordinal(spec, address)
        new["allocations"][ordinal] = None
        new["unallocated"].append(ordinal)
    return _drop_unused(new), released


def _drop_unused(spec: Spec) -> Spec:
    """Attributes that no address has any more go, and the numbers of the others follow."""
    used = sorted({number for number in spec["allocations"] if number is not None})
    spec["attributes"] = [spec["attributes"][number] for number in used]
    spec["allocations"] = [None if number is None else used.index(number) for number in spec["allocations"]]
    return spec


def list_held(spec: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Address -> its entry of `attributes`, in the order of addresses."""
    network = ipaddress.IPv4Network(spec["cidr"])
    return {
        str(network[ordinal]): spec["attributes"][number]
        for ordinal, number in enumerate(spec["allocations"])
        if number is not None
    }


def find_ordinal(spec: Mapping[str, Any], address: str) -> int:
    """Which one of the block an address is."""
    return int(ipaddress.IPv4Address(address)) - int(ipaddress.IPv4Network(spec["cidr"])[0])
