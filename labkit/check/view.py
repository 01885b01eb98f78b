"""What a check sees of a lab, and the words to ask for more. All that is asked is written down, and nothing outlasts the deadline."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.check.objects import Object, Objects, is_ready, name_machine
from labkit.check.record import Record
from labkit.check.verdict import Evidence, Failed, expect
from labkit.errors import CannotTell
from labkit.lab.journal import State
from labkit.lab.lab import Lab
from labkit.net import forget_neighbours
from labkit.probe import Answer
from labkit.probe.reach import Pair, Reach, reach

REACH_TIME = 1.2  # seconds that reach takes when all is well
TOLD_AT_MOST = 4  # of the pairs that fail


@dataclass(frozen=True)
class Place:
    """A machine and one of its addresses, by which others call it."""

    name: str
    address: str


def both_ways(*places: Place) -> list[tuple[Place, Place]]:
    """Every ordered pair of different ones."""
    return list(itertools.permutations(places, 2))


class View(Objects):
    """A lab for one attempt of one check."""

    def __init__(self, lab: Lab, state: State, deadline: float, stop: threading.Event | None = None) -> None:
        super().__init__(lab, deadline, stop)
        self._state = state

    @property
    def values(self) -> Mapping[str, Any]:
        """The values of this student."""
        return self._lab.values

    @property
    def state(self) -> State:
        """Answers, fault and tries so far."""
        return self._state

    def answer(self, name: str) -> str | None:
        """What the learner answered last; None when nothing."""
        return self._state.answers.get(name)

    def tries(self, name: str) -> tuple[str, ...]:
        """Every different answer to this question in its order, those in earlier worlds too."""
        return self._state.tries.get(name, ())

    def place(self, key: str) -> Place:
        """The machine that a table of lab.toml's values describes: a pod, a host, a node."""
        table = self.values[key]
        return Place(str(table["name"]), str(table["address"]))

    def node_of(self, pod: Place) -> Place:
        """The node that a pod of lab.toml is on."""
        tables = [each for each in self.values.values() if isinstance(each, Mapping)]
        node = next(each["node"] for each in tables if each.get("name") == pod.name)
        return next(Place(node, str(each["address"])) for each in tables if each.get("name") == node)

    def places(self, *keys: str) -> list[Place]:
        """The same for several."""
        return [self.place(key) for key in keys]

    def pod_place(self, pod: Object) -> Place:
        """A pod of the API as the machine that it is, at the address that its status says; the check is red when it has none.

        On its node's network it is the node.
        """
        meta, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
        address = str(status.get("podIP") or "")
        expect(
            address and is_ready(pod),
            expected=f"pod {meta['name']} is ready and has an address",
            observed=f"phase {status.get('phase', 'Pending')}, {address or 'no address'}",
        )
        if spec.get("hostNetwork"):
            return Place(str(spec["nodeName"]), address)
        return Place(name_machine(pod), address)

    # --- what must be true

    def expect_reach(self, pairs: Iterable[tuple[Place, Place]]) -> list[Reach]:
        """The first of each pair reaches the second: with small and full-size pings and datagrams and by TCP, for a second.

        Nobody but the second itself counts as the one that answers. See labkit.probe.reach.
        """
        wanted = list(pairs)
        told = self._reach(wanted)
        failed = [(pair, each) for pair, each in zip(wanted, told, strict=True) if not each.reached]
        if failed:
            raise Failed(
                expected="every kind of packet gets there and is answered: "
                + _list_some([f"{src.name} to {dst.name}" for (src, dst), _ in failed]),
                observed=_list_some([f"{src.name} to {dst.name}: {each.detail}" for (src, dst), each in failed]),
                evidence=self._note_reach(failed[0][1]),
            )
        return told

    def expect_seen(
        self, pairs: Iterable[tuple[Place, Place]], *, source: Callable[[Place, Place], str] | str | None = None
    ) -> None:
        """The same, and the second sees all of it come from the first's own address, or from `source`: "" where any will do."""
        wanted = list(pairs)
        for (src, dst), told in zip(wanted, self.expect_reach(wanted), strict=True):
            own = source(src, dst) if callable(source) else source or src.address
            other = told.find_other_source(own) if own else None
            if other:
                raise Failed(
                    expected=f"{dst.name} sees {src.name} as {own}",
                    observed=f"it sees {other[1]} ({other[0]})",
                    evidence=self._note_reach(told),
                )

    def expect_silence(self, negative: Answer, *, control: Answer, what: str) -> None:
        """`negative` got no answer. That says something only while `control`, on the same path, did."""
        if not control.reached:
            raise CannotTell(
                f"{control.command} got no answer ({control.detail}), so the silence of {negative.command} proves nothing",
                hint="make that work first, then check again",
            )
        expect(not negative.reached, expected=what, observed=negative.detail, by=_find_evidence(self, negative))

    def _reach(self, pairs: Sequence[tuple[Place, Place]]) -> list[Reach]:
        self.limit(REACH_TIME, least=1.0)
        return reach(
            [Pair(self._require(src.name), self._require(dst.name), dst.address) for src, dst in pairs], self._stop
        )

    def _note_reach(self, told: Reach) -> Evidence:
        return self.note(Evidence(told.pair.src.name, told.argv, told.detail, 0 if told.reached else 1))

    def expect_answers(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Pings only, where the sentence is about no more: every machine gets an answer from the address beside it."""
        asked = list(pairs)
        answers = self.ping_many(asked)
        lost = [(machine, answer) for (machine, _), answer in zip(asked, answers, strict=True) if not answer.reached]
        if lost:
            raise Failed(
                expected="an answer to every ping",
                observed=_list_some([f"{machine}: {answer.command}: {answer.detail}" for machine, answer in lost]),
                evidence=_find_evidence(self, lost[0][1]),
            )

    def expect_found(self, pairs: Iterable[tuple[Place, Place]]) -> None:
        """One after the other, by a ping: the first finds the second although nobody knows anybody's MAC address.

        Asked at the same time both would seem to be found where only one of them answers ARP: who asks is known by that. For checks that act.
        """
        everybody = [machine.handle for machine in self.machines()]
        for src, dst in pairs:
            forget_neighbours(everybody)
            answer = self.ping(src.name, dst.address)
            expect(
                answer.reached,
                expected=f"{src.name} finds {dst.name} also when all ARP tables are empty",
                observed=f"{answer.command}: {answer.detail}",
            )


def _find_evidence(record: Record, answer: Answer) -> Evidence | None:
    """What was written down of this answer."""
    return next((each for each in record.evidence if (each.argv, each.stdout) == (answer.argv, answer.detail)), None)


def _list_some(texts: Sequence[str]) -> str:
    more = len(texts) - TOLD_AT_MOST
    return "; ".join(texts[:TOLD_AT_MOST]) + (f"; and {more} more" if more > 0 else "")
