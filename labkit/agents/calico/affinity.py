"""Blocks that a node gives up (libcalico-go lib/ipam/ipam.go, ReleaseAffinity; ipam_block_reader_writer.go; release-v3.20)."""

from __future__ import annotations

from contextlib import suppress

from labkit.agents.calico import block as blocks
from labkit.agents.calico.objects import AFFINITY, BLOCK, name_affinity, name_block
from labkit.agents.calico.store import Object, Store, change
from labkit.kube import MissingError


def release_affinity(store: Store, node: str, cidr: str) -> None:
    """The block is nobody's own any more, and goes when nobody has an address of it. Doing it twice is doing it once. Raises KubeError.

    In steps that can be gone on with after a break: the affinity, on its way out; the block; the affinity, gone.
    """
    name = name_affinity(node, cidr)
    with suppress(MissingError):
        change(store, AFFINITY, name, lambda spec: {**spec, "state": "pendingDeletion"})
    with suppress(MissingError):
        change(store, BLOCK, name_block(cidr), lambda spec: _plan_released(spec, node))
    bury_block(store, cidr)
    with suppress(MissingError):
        store.delete(AFFINITY, name)


def _plan_released(spec: Object, node: str) -> Object | None:
    """Marked when it is empty: from then on nobody is given an address of it, and it can be taken away. None: it is another node's."""
    if blocks.find_owner(spec) != node:
        return None
    left = {key: value for key, value in spec.items() if key != "affinity"}
    return left if blocks.list_held(spec) else {**left, "deleted": True}


def bury_block(store: Store, cidr: str) -> None:
    """One that is marked goes, whoever marked it."""
    with suppress(MissingError):
        if store.get(BLOCK, name_block(cidr))["spec"].get("deleted"):
            store.delete(BLOCK, name_block(cidr))
