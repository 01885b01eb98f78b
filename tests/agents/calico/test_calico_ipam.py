"""calico-ipam: blocks, affinity, borrowing, handles; and nobody gets what another one holds, whatever goes wrong."""

from __future__ import annotations

import random
from typing import Any

import pytest

from labkit.agents.calico.block import assign_address as assign_in_block
from labkit.agents.calico.block import assign_next, find_owner, list_held, plan_block, release_handle
from labkit.agents.calico.ipam import NoAddressError, Request, assign_address, list_used, release_addresses
from labkit.agents.calico.objects import AFFINITY, BLOCK, CONFIG, HANDLE, POOL
from labkit.kube import KubeError
from tests.agents.calico.memory import MemoryStore

NODES = ("playcekube-worker01", "playcekube-worker02", "playcekube-master01")


def start_store(cidr: str = "10.233.64.0/18", size: int = 24, **config: Any) -> MemoryStore:
    store = MemoryStore()
    spec = {"cidr": cidr, "blockSize": size, "ipipMode": "Always"}
    store.create(POOL, {"metadata": {"name": "default-pool"}, "spec": spec})
    if config:
        store.create(CONFIG, {"metadata": {"name": "default"}, "spec": config})
    return store


def ask(store: MemoryStore, node: str, handle: str) -> str:
    return assign_address(store, node, Request(f"cni0.{handle}", {"node": node, "pod": handle}))


def test_the_sources_nodes_claim_the_sources_blocks() -> None:
    store = start_store()
    assert [ask(store, node, node) for node in NODES] == ["10.233.99.0", "10.233.106.0", "10.233.77.0"]
    assert {spec["cidr"]: find_owner(spec) for spec in list_used(store)} == {
        "10.233.99.0/24": NODES[0], "10.233.106.0/24": NODES[1], "10.233.77.0/24": NODES[2],
    }  # fmt: skip
    assert {each["spec"]["state"] for each in store.list(AFFINITY)} == {"confirmed"}


def test_an_address_comes_back_last() -> None:
    store = start_store("10.0.0.0/29", 30)
    first = ask(store, "node", "a")
    assert release_addresses(store, "cni0.a") == [first]
    assert store.list(HANDLE) == []
    again = [ask(store, "node", each) for each in "bcde"]
    assert again.index(first) == 3


def test_doing_it_twice_is_doing_it_once() -> None:
    store = start_store()
    ask(store, NODES[0], "a")
    assert release_addresses(store, "cni0.a")
    assert release_addresses(store, "cni0.a") == []
    assert release_addresses(store, "never-there") == []


def test_a_full_node_claims_another_block_then_borrows_then_is_told_no() -> None:
    store = start_store("10.0.0.0/29", 30)
    ask(store, "other", "o")
    mine = [ask(store, "node", str(number)) for number in range(7)]
    assert len({*mine}) == 7
    assert {find_owner(spec) for spec in list_used(store)} == {"node", "other"}
    borrowed = [spec for spec in list_used(store) if find_owner(spec) == "other"]
    assert {entry["secondary"]["node"] for entry in list_held(borrowed[0]).values()} == {"node", "other"}
    with pytest.raises(NoAddressError, match="no address is free for node"):
        ask(store, "node", "one more")
    assert "cni0.one more" not in {each["spec"]["handleID"] for each in store.list(HANDLE)}


def test_strict_affinity_borrows_nothing() -> None:
    store = start_store("10.0.0.0/29", 30, strictAffinity=True)
    ask(store, "other", "o")
    for number in range(4):
        ask(store, "node", str(number))
    with pytest.raises(NoAddressError):
        ask(store, "node", "five")


def test_no_more_blocks_than_a_host_may_have() -> None:
    store = start_store("10.0.0.0/28", 30, strictAffinity=True, maxBlocksPerHost=2)
    for number in range(8):
        ask(store, "node", str(number))
    with pytest.raises(NoAddressError):
        ask(store, "node", "nine")


def test_a_disabled_pool_and_one_that_is_not_there() -> None:
    store = start_store()
    pool = store.get(POOL, "default-pool")
    store.replace(POOL, {**pool, "spec": {**pool["spec"], "disabled": True}})
    with pytest.raises(NoAddressError, match="any pool"):
        ask(store, NODES[0], "a")
    with pytest.raises(NoAddressError, match=r"IP pool 10\.9\.0\.0/16 does not exist"):
        assign_address(store, NODES[0], Request("h", {}, ("10.9.0.0/16",)))


def test_a_block_that_somebody_took_first_leaves_no_affinity() -> None:
    store = start_store()
    spec = plan_block("10.233.99.0/24", "thief")
    store.create(BLOCK, {"metadata": {"name": "10-233-99-0-24"}, "spec": spec})
    affinity = {"node": NODES[0], "cidr": "10.233.99.0/24", "state": "pending", "deleted": "false"}
    store.create(AFFINITY, {"metadata": {"name": f"{NODES[0]}-10-233-99-0-24"}, "spec": affinity})
    assert ask(store, NODES[0], "a") == "10.233.100.0"
    assert [each["spec"]["cidr"] for each in store.list(AFFINITY)] == ["10.233.100.0/24"]


def test_a_block_as_a_value() -> None:
    block = plan_block("10.0.0.0/30", "node")
    first = assign_next(block, "h", {"pod": "a"})
    assert first is not None
    assert first[1] == "10.0.0.0"
    assert block["allocations"] == [None] * 4
    wanted = assign_in_block(first[0], "10.0.0.2", "i", {})
    assert wanted is not None
    assert assign_in_block(wanted[0], "10.0.0.2", "j", {}) is None
    left, released = release_handle(wanted[0], "h")
    assert released == ["10.0.0.0"]
    assert left["unallocated"] == [1, 3, 0]
    assert (left["allocations"], left["attributes"]) == ([None, None, 0, None], [{"handle_id": "i", "secondary": {}}])


class Killed(BaseException):
    """The process is gone: nothing is taken back."""


class Chaos:
    """Three nodes that add and delete pods. Ahead of any request one of the others may go first, the API may fail, the process may be killed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.store = start_store("10.0.0.0/28", 30)
        self.store.before = self.meddle
        self.held: dict[str, str] = {}
        self.unsure: set[str] = set()
        self.number = 0
        self.depth = 0
        self.busy: set[str] = set()

    def meddle(self) -> None:
        chance = self.draw.random()
        if self.depth == 1 and chance < 0.02:
            self.act()
        elif self.depth and chance > 0.99:
            raise KubeError("the API server has too much to do", code=429)
        elif self.depth and chance > 0.985:
            raise Killed

    def act(self) -> None:
        self.depth += 1
        try:
            self.add() if self.draw.random() < 0.5 else self.delete()
        finally:
            self.depth -= 1

    def add(self) -> None:
        self.number += 1
        handle = f"cni0.{self.number}"
        try:
            address = assign_address(self.store, self.draw.choice(NODES), Request(handle, {"pod": handle}))
        except NoAddressError:
            return
        except (KubeError, Killed):
            self.unsure.add(handle)
            return
        assert address not in self.held.values(), f"{address} was given twice"
        self.held[handle] = address

    def delete(self) -> None:
        known = sorted({*self.held, *self.unsure} - self.busy)
        if not known:
            return
        handle = self.draw.choice(known)
        self.busy.add(handle)
        self.unsure.add(handle)
        self.held.pop(handle, None)  # from the first moment of DEL on it may be another's
        try:
            release_addresses(self.store, handle)
            self.unsure.discard(handle)
        except (KubeError, Killed):
            pass
        finally:
            self.busy.discard(handle)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_given_twice_and_nothing_is_lost(seed: int) -> None:
    """Ten thousand operations in all, with failures and kills. After DEL of what is left, not one address is in use."""
    chaos = Chaos(seed)
    for _ in range(2500):
        chaos.act()
    chaos.store.before = lambda: None
    used = {
        address: entry["handle_id"] for spec in list_used(chaos.store) for address, entry in list_held(spec).items()
    }
    assert {handle: address for address, handle in used.items() if handle in chaos.held} == chaos.held
    assert set(used.values()) - set(chaos.held) <= chaos.unsure
    for handle in {*chaos.held, *chaos.unsure}:
        release_addresses(chaos.store, handle)
    assert [address for spec in list_used(chaos.store) for address in list_held(spec)] == []
    assert chaos.store.list(HANDLE) == []
