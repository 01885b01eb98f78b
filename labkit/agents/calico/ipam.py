"""calico-ipam: addresses for pods out of blocks that belong to nodes (libcalico-go lib/ipam/ipam.go, release-v3.20)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.calico import block as blocks
from labkit.agents.calico.affinity import bury_block
from labkit.agents.calico.choice import list_blocks
from labkit.agents.calico.handles import drop_empty, hold, let_go, list_handle_blocks
from labkit.agents.calico.objects import AFFINITY, BLOCK, CONFIG, POOL, name_affinity, name_block
from labkit.agents.calico.store import Store, change, find
from labkit.errors import LabkitError
from labkit.kube import ConflictError, MissingError

MOST_BLOCKS: Final = 20  # a node may have, where nothing else is said
_BLOCK_SIZE: Final = 26


class NoAddressError(LabkitError):
    """No pool has an address for this node."""


@dataclass(frozen=True)
class Pool:
    """An IPPool: its prefix, the length of its blocks' prefixes."""

    name: str
    cidr: str
    block_size: int
    disabled: bool


@dataclass(frozen=True)
class Request:
    """An address is wanted: for whom (`handle`), what shall stand beside it, out of which pools (prefixes; none: all that are enabled)."""

    handle: str
    attributes: Mapping[str, str]
    pools: tuple[str, ...] = ()


def list_pools(store: Store, wanted: Sequence[str] = ()) -> list[Pool]:
    """Those that give addresses, in the order of their names; of those that a conf names, only these. Raises NoAddressError."""
    every = [_parse_pool(each) for each in sorted(store.list(POOL), key=lambda each: str(each["metadata"]["name"]))]
    unknown = set(wanted) - {pool.cidr for pool in every} - {pool.name for pool in every}
    if unknown:
        raise NoAddressError(f"IP pool {', '.join(sorted(unknown))} does not exist", hint="kubectl get ippools")
    return [pool for pool in every if not pool.disabled and (not wanted or {pool.cidr, pool.name} & set(wanted))]


def _parse_pool(value: Mapping[str, Any]) -> Pool:
    spec = value["spec"]
    return Pool(value["metadata"]["name"], spec["cidr"], spec.get("blockSize", _BLOCK_SIZE), bool(spec.get("disabled")))


def assign_address(store: Store, node: str, request: Request) -> str:
    """One address: of a block of the node's own, of a new block, or borrowed from another node's. Raises NoAddressError, KubeError."""
    pools = list_pools(store, request.pools)
    config = (find(store, CONFIG, "default") or {"spec": {}})["spec"]
    strict = bool(config.get("strictAffinity"))
    for cidr in _list_candidates(store, node, pools, config):
        address = _try_block(store, cidr, node, request)
        if address:
            return address
    if not strict:
        for cidr in _list_others(store, node, pools):
            address = _try_block(store, cidr, "", request)
            if address:
                return address
    raise NoAddressError(
        f"no address is free for {node} in {', '.join(pool.cidr for pool in pools) or 'any pool'}",
        hint="calicoctl ipam show --show-blocks",
    )


def _list_candidates(store: Store, node: str, pools: Sequence[Pool], config: Mapping[str, Any]) -> Iterator[str]:
    """The node's own blocks, then such as it can claim, one after the other."""
    specs = [each["spec"] for each in list_affinities(store, node)]
    own = [spec["cidr"] for spec in specs]
    for spec in specs:
        cidr = spec["cidr"]
        known = spec["state"] == "confirmed" or claim_block(store, node, cidr, config)
        if known and any(_is_in(cidr, pool) for pool in pools):
            yield cidr
    most = int(config.get("maxBlocksPerHost") or MOST_BLOCKS)
    for pool in pools if config.get("autoAllocateBlocks", True) else ():
        taken = {each["spec"]["cidr"] for each in store.list(BLOCK)}
        for cidr in list_blocks(pool.cidr, pool.block_size, node):
            if len(own) >= most:
                return
            if cidr not in taken and claim_block(store, node, cidr, config):
                own.append(cidr)
                yield cidr


def _list_others(store: Store, node: str, pools: Sequence[Pool]) -> Iterator[str]:
    """Blocks of other nodes, in this node's own order of the pool."""
    there = {each["spec"]["cidr"] for each in store.list(BLOCK)}
    for pool in pools:
        yield from (cidr for cidr in list_blocks(pool.cidr, pool.block_size, node) if cidr in there)


def _is_in(cidr: str, pool: Pool) -> bool:
    return ipaddress.IPv4Network(cidr).subnet_of(ipaddress.IPv4Network(pool.cidr))


def list_affinities(store: Store, node: str) -> list[Mapping[str, Any]]:
    """The blocks that a node has, or is about to have."""
    every = [each for each in store.list(AFFINITY) if each["spec"]["node"] == node]
    return sorted(every, key=lambda each: str(each["metadata"]["name"]))


def claim_block(store: Store, node: str, cidr: str, config: Mapping[str, Any]) -> bool:
    """Whether the block is the node's now. In three steps, so that one who is killed between them leaves nothing that can't be gone on with:
    the affinity, pending; the block; the affinity, confirmed.
    """
    name = name_affinity(node, cidr)
    affinity = {
        "metadata": {"name": name},
        "spec": {"node": node, "cidr": cidr, "state": "pending", "deleted": "false"},
    }
    if find(store, AFFINITY, name) is None:
        _create(store, AFFINITY, affinity)
    bury_block(store, cidr)  # of a node that was broken off while it gave it up
    if find(store, BLOCK, name_block(cidr)) is None:
        spec = blocks.plan_block(cidr, node, strict=bool(config.get("strictAffinity")))
        _create(store, BLOCK, {"metadata": {"name": name_block(cidr)}, "spec": spec})
    there = find(store, BLOCK, name_block(cidr))
    if there is None or blocks.find_owner(there["spec"]) != node:
        _delete(store, AFFINITY, name)
        return False
    try:
        change(
            store, AFFINITY, name, lambda spec: None if spec["state"] == "confirmed" else {**spec, "state": "confirmed"}
        )
    except MissingError:
        return False
    return True


def _create(store: Store, kind: Any, value: Mapping[str, Any]) -> None:
    """It may be there by now: somebody else was quicker."""
    try:
        store.create(kind, value)
    except ConflictError:
        return


def _delete(store: Store, kind: Any, name: str) -> None:
    try:
        store.delete(kind, name)
    except MissingError:
        return


def _try_block(store: Store, cidr: str, owner: str, request: Request) -> str | None:
    """An address of this block; `owner`: only while it is that node's. The handle first: what it says too much is put right by release."""
    got: list[str] = []

    def assign(spec: dict[str, Any]) -> dict[str, Any] | None:
        got.clear()
        if spec.get("deleted") or (owner and blocks.find_owner(spec) != owner):
            return None
        assigned = blocks.assign_next(spec, request.handle, request.attributes)
        if assigned is None:
            return None
        got.append(assigned[1])
        return assigned[0]

    hold(store, request.handle, cidr)
    try:
        change(store, BLOCK, name_block(cidr), assign)
    except MissingError:
        got.clear()
    if not got:
        let_go(store, request.handle, cidr)
        return None
    return got[0]


def release_addresses(store: Store, handle: str) -> list[str]:
    """Give back all that a handle holds; what was held. Doing it twice is doing it once."""
    released: list[str] = []
    for cidr in list_handle_blocks(store, handle):
        released += _release_in_block(store, cidr, handle)
        let_go(store, handle, cidr, everything=True)
    drop_empty(store, handle)  # of an ADD that was broken off
    return released


def _release_in_block(store: Store, cidr: str, handle: str) -> list[str]:
    released: list[str] = []

    def release(spec: dict[str, Any]) -> dict[str, Any] | None:
        new, addresses = blocks.release_handle(spec, handle)
        released[:] = addresses
        return new if addresses else None

    try:
        change(store, BLOCK, name_block(cidr), release)
    except MissingError:
        return []
    return released


def list_used(store: Store) -> Iterable[Mapping[str, Any]]:
    """All blocks' specs, by prefix."""
    return sorted((each["spec"] for each in store.list(BLOCK)), key=lambda spec: str(spec["cidr"]))
