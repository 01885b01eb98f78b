"""Rounds of repair: until nothing differs; and what is written before anybody has looked."""

from __future__ import annotations

from typing import cast

from labkit.agents.calico.felix.difference import Difference, State
from labkit.agents.calico.felix.parts import Part, Repairs
from labkit.agents.calico.felix.site import Site


class Kernel:
    """Slots and values; `wanted` is what shall be, `refuses` what is never taken."""

    def __init__(self, wanted: dict[str, str], *, refuses: str = "") -> None:
        self.there: dict[str, str] = {}
        self.wanted, self.refuses, self.reads = wanted, refuses, 0
        self.written: list[str] = []

    def read(self, _: Site) -> State:
        self.reads += 1
        return dict(self.there)

    def render(self, _: Site, difference: Difference) -> list[str]:
        return [
            *(f"set {slot} {value}" for slot, value in difference.new.items()),
            *(f"del {slot}" for slot in difference.gone),
        ]

    def carry_out(self, lines: list[str]) -> list[str]:
        self.written += lines
        for line in lines:
            do, slot, *value = line.split()
            if do == "del":
                self.there.pop(slot, None)
            elif slot != self.refuses:
                self.there[slot] = value[0]
        return [line for line in lines if line.split()[1] == self.refuses]

    def start(self) -> Repairs:
        return Repairs((Part("part", lambda _: self.wanted, self.read, self.render, self.carry_out, quick=True),))


SITE = cast("Site", None)
SAID: list[str] = []


def test_it_ends_when_nothing_differs_and_says_what_it_did() -> None:
    kernel, said = Kernel({"a": "1"}), list[str]()
    assert kernel.start().repair(lambda: SITE, said.append)
    assert (kernel.there, kernel.reads, said) == ({"a": "1"}, 2, ["part: set a 1"])


def test_what_is_refused_is_said_and_makes_it_not_right() -> None:
    kernel, said = Kernel({"a": "1", "b": "1"}, refuses="b"), list[str]()
    assert not kernel.start().repair(lambda: SITE, said.append)
    assert kernel.there == {"a": "1"}
    assert "refused: set b 1" in said


def test_a_guess_writes_only_what_has_changed_and_reads_nothing() -> None:
    kernel = Kernel({"a": "1", "b": "1"})
    repairs = kernel.start()
    repairs.guess(SITE, SAID.append)
    assert kernel.written == []  # nothing was seen yet
    repairs.repair(lambda: SITE, SAID.append)
    kernel.written, kernel.reads = [], 0
    for wanted in ({"a": "2", "b": "1"}, {"a": "2"}):
        kernel.wanted = wanted
        repairs.guess(SITE, SAID.append)
    assert (kernel.written, kernel.reads, kernel.there) == (["set a 2", "del b"], 0, {"a": "2"})


def test_a_wrong_guess_is_put_right_by_the_repair_after_it() -> None:
    kernel = Kernel({"a": "1"})
    repairs = kernel.start()
    repairs.repair(lambda: SITE, SAID.append)
    kernel.there = {"c": "somebody else's"}
    kernel.wanted = {"a": "1", "b": "1"}
    repairs.guess(SITE, SAID.append)
    assert kernel.there == {"c": "somebody else's", "b": "1"}
    assert repairs.repair(lambda: SITE, SAID.append)
    assert kernel.there == {"a": "1", "b": "1"}


def test_a_refused_guess_is_believed_no_more() -> None:
    kernel = Kernel({"a": "1"})
    repairs = kernel.start()
    repairs.repair(lambda: SITE, SAID.append)
    kernel.wanted, kernel.refuses, kernel.written = {"a": "1", "b": "1"}, "b", []
    for _ in range(2):
        repairs.guess(SITE, SAID.append)
    assert kernel.written == ["set b 1"]


def test_what_changes_while_it_looks_does_not_wait() -> None:
    kernel = Kernel({"a": "1"})
    repairs = kernel.start()

    def find_site() -> Site:
        if kernel.reads == 1:
            kernel.wanted = {"a": "2"}
            repairs.guess(SITE, SAID.append)
        return SITE

    assert repairs.repair(find_site, SAID.append)
    assert kernel.written == ["set a 1", "set a 2"]
