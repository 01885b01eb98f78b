"""The address ring: the first division, giving, merging, and that no address is ever given twice."""

from __future__ import annotations

import ipaddress
import random

import pytest

from labkit.agents.weave.memory import parse_ring, render_ring
from labkit.agents.weave.ring import Ring, RingError, Token, divide
from labkit.agents.weave.space import EXPOSE, Space

ONE, TWO, THREE = PEERS = tuple(bytes.fromhex(f"0000000000{number:02x}") for number in (1, 2, 3))
POOL = ipaddress.IPv4Network("10.32.0.0/12")
START, END = int(POOL[0]), int(POOL[0]) + POOL.num_addresses


def text(number: int) -> str:
    return str(ipaddress.IPv4Address(number))


def test_three_peers_get_a_half_and_two_quarters() -> None:
    ring = divide(START, END, PEERS)
    assert [(text(token.start), token.peer) for token in ring.tokens] == [
        ("10.32.0.0", ONE), ("10.40.0.0", TWO), ("10.44.0.0", THREE),
    ]  # fmt: skip
    assert ring.count() == {ONE: 2**19, TWO: 2**18, THREE: 2**18}


def test_the_first_addresses_are_weaves() -> None:
    ring = divide(START, END, PEERS)
    first = [Space(peer, ring).allocate(EXPOSE) for peer in PEERS]
    assert [text(number or 0) for number in first] == ["10.32.0.1", "10.40.0.0", "10.44.0.0"]


def test_who_asks_again_gets_the_same() -> None:
    space = Space(ONE, divide(0, 16, PEERS))
    assert space.allocate("web") == space.allocate("web") == 1
    assert space.allocate("api") == 2
    space.release("web")
    space.release("web")
    assert space.allocate("db") == 1


def test_the_pools_ends_are_nobodys() -> None:
    space = Space(ONE, divide(0, 4, [ONE]))
    assert [space.allocate(name) for name in ("a", "b", "c")] == [1, 2, None]


def test_giving_is_for_the_owner() -> None:
    ring = divide(0, 16, PEERS)
    assert ring.give(ONE, TWO, (4, 6)).list_owned(TWO) == [(4, 6), (8, 12)]
    for donor, span in ((TWO, (4, 6)), (ONE, (6, 9)), (ONE, (4, 4)), (TWO, (12, 13))):
        with pytest.raises(RingError):
            ring.give(donor, THREE, span)


def test_merging_takes_the_newer_word_in_any_order() -> None:
    old = divide(0, 16, PEERS)
    new = old.give(ONE, TWO, (0, 2)).give(TWO, THREE, (0, 1))
    assert old.merge(new) == new.merge(old) == new


def test_rings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(RingError, match="two peers claim"):
        divide(0, 16, [ONE, TWO]).merge(divide(0, 16, [ONE, THREE]))
    with pytest.raises(RingError, match="another pool"):
        divide(0, 16, [ONE]).merge(divide(0, 32, [ONE]))


def test_a_ring_survives_json() -> None:
    ring = divide(START, END, PEERS).give(TWO, ONE, (int(POOL[0]) + 2**19 + 8, int(POOL[0]) + 2**19 + 16))
    assert parse_ring(render_ring(ring)) == ring
    assert Ring(0, 4, (Token(0, ONE),)).list_owned(ONE) == [(0, 4)]


def test_who_was_removed_is_not_listened_to() -> None:
    ring = divide(0, 16, PEERS)
    heir, dead = Space(ONE, ring), Space(THREE, ring)
    dead.donate(TWO)
    heir.take_over(THREE, [])
    assert not heir.merge(THREE, dead.ring)
    assert heir.ring.count() == {ONE: 12, TWO: 4}
    assert not heir.donate(THREE)


class Mesh:
    """Some peers, the messages under way between them, and who died: one random schedule after the other."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        names = [bytes([0, 0, 0, 0, 0, number]) for number in range(1, self.chance.randint(2, 5) + 1)]
        ring = divide(0, 2 ** self.chance.randint(4, 6), names)
        self.alive = {name: Space(name, ring) for name in names}
        self.under_way: list[tuple[bytes, bytes, Ring]] = []
        self.serial = 0

    def pick(self) -> Space:
        return self.chance.choice(list(self.alive.values()))

    def allocate(self) -> None:
        self.serial += 1
        self.pick().allocate(f"pod{self.serial}")

    def release(self) -> None:
        space = self.pick()
        if space.given:
            space.release(self.chance.choice(list(space.given)))

    def ask(self) -> None:
        """Somebody wants addresses; the answer may come late, or never."""
        donor, taker = self.pick(), self.pick()
        donor.donate(taker.me)
        self.under_way.append((donor.me, taker.me, donor.ring))

    def gossip(self) -> None:
        sender, hearer = self.pick(), self.pick()
        self.under_way.append((sender.me, hearer.me, sender.ring))

    def deliver(self) -> None:
        """Any message, not the oldest; from a peer that is dead by now, too."""
        if self.under_way:
            sender, hearer, ring = self.under_way.pop(self.chance.randrange(len(self.under_way)))
            if hearer in self.alive and sender != hearer:
                self.alive[hearer].merge(sender, ring)

    def lose(self) -> None:
        if self.under_way:
            self.under_way.pop(self.chance.randrange(len(self.under_way)))

    def die(self) -> None:
        """A node is gone for good, its containers with it; one of the others takes its addresses over."""
        if len(self.alive) > 1 and self.chance.random() < 0.2:
            dead = self.pick().me
            del self.alive[dead]
            heir = self.pick()
            heir.take_over(dead, [space.fence(dead) for space in self.alive.values() if space is not heir])

    def step(self) -> None:
        deeds = (self.allocate, self.release, self.ask, self.gossip, self.deliver, self.lose, self.die)
        self.chance.choices(deeds, (8, 3, 3, 4, 6, 1, 1))[0]()

    def list_given(self) -> list[int]:
        return [address for space in self.alive.values() for address in space.given.values()]


@pytest.mark.parametrize("hundred", range(10))
def test_no_address_is_ever_given_twice(hundred: int) -> None:
    """1,000 schedules of 150 steps: allocations, releases, donations, gossip late, lost and out of order, deaths."""
    most = moved = 0
    for seed in range(hundred * 100, hundred * 100 + 100):
        mesh = Mesh(seed)
        for step in range(150):
            mesh.step()
            given = mesh.list_given()
            most = max(most, len(given))
            assert len(set(given)) == len(given), f"seed {seed}, step {step}"
        moved += any(
            token.version > 1 or len(space.ring.tokens) > 5
            for space in mesh.alive.values()
            for token in space.ring.tokens
        )
    assert most > 15, "the schedules give too little to mean anything"
    assert moved > 50


def test_after_all_has_been_said_every_address_has_one_owner() -> None:
    for seed in range(100):
        mesh = Mesh(seed)
        for _ in range(100):
            mesh.step()
        for _ in range(2):
            for sender in mesh.alive.values():
                for hearer in mesh.alive.values():
                    if sender is not hearer:
                        hearer.merge(sender.me, sender.ring)
        rings = {space.ring for space in mesh.alive.values()}
        assert len(rings) == 1, f"seed {seed}"
        assert sum(rings.pop().count().values()) == next(iter(mesh.alive.values())).ring.end
