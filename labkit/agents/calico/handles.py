"""IPAMHandles: in which blocks somebody holds how many addresses, so that they are found again without looking through all blocks."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from labkit.agents.calico.objects import HANDLE, name_handle_object
from labkit.agents.calico.store import Store, change, find
from labkit.errors import LabkitError
from labkit.kube import ConflictError, MissingError

_TRIES: Final = 10


def hold(store: Store, handle: str, cidr: str) -> None:
    """One address more in this block. Said before it is taken: a handle may say too much, never too little."""
    name = name_handle_object(handle)
    if not any(_add(store, handle, cidr) for _ in range(_TRIES)):
        raise LabkitError(f"IPAMHandle {name} comes and goes", hint="does somebody else add and delete the same pod?")


def _add(store: Store, handle: str, cidr: str) -> bool:
    """Whether it is said now; somebody else may have been quicker."""
    name = name_handle_object(handle)
    with suppress(MissingError):
        change(store, HANDLE, name, lambda spec: _count(spec, cidr, 1))
        return True
    _bury(store, name)
    with suppress(ConflictError):
        spec = {"handleID": handle, "block": {cidr: 1}, "deleted": False}
        store.create(HANDLE, {"metadata": {"name": name}, "spec": spec})
        return True
    return False


def let_go(store: Store, handle: str, cidr: str, *, everything: bool = False) -> None:
    """One address less in this block, or none any more; a handle without any goes."""
    name = name_handle_object(handle)
    with suppress(MissingError):
        change(store, HANDLE, name, lambda spec: _count(spec, cidr, -spec["block"].get(cidr, 0) if everything else -1))
    drop_empty(store, handle)


def drop_empty(store: Store, handle: str) -> None:
    """Take a handle away that holds nothing: marked first, so that who adds to it meanwhile is refused."""
    name = name_handle_object(handle)
    with suppress(MissingError):
        change(store, HANDLE, name, lambda spec: None if spec["block"] else {**spec, "deleted": True})
    _bury(store, name)


def _bury(store: Store, name: str) -> None:
    """What is marked goes, whoever marked it."""
    found = find(store, HANDLE, name)
    if found and found["spec"].get("deleted"):
        with suppress(MissingError):
            store.delete(HANDLE, name)


def _count(spec: dict[str, Any], cidr: str, more: int) -> dict[str, Any]:
    if spec.get("deleted") and more > 0:
        raise MissingError("it is about to be deleted")
    counted = {**spec["block"], cidr: spec["block"].get(cidr, 0) + more}
    return {**spec, "block": {key: number for key, number in counted.items() if number > 0}}


def list_handle_blocks(store: Store, handle: str) -> list[str]:
    """The prefixes of the blocks in which it may hold addresses."""
    found = find(store, HANDLE, name_handle_object(handle))
    return sorted(found["spec"]["block"]) if found else []
