"""What a check gets to see of a lab. Every probe is written down as evidence, and none lasts longer than the deadline."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from labkit.check.verdict import Evidence, Failed, expect
from labkit.check.witness import OutOfTime, Record, Witness
from labkit.lab.journal import State
from labkit.lab.lab import Lab
from labkit.probe import Answer, ask_arp, connect_tcp, ping, ping_many, trace_path
from labkit.world import MachineSpec

if TYPE_CHECKING:
    from labkit.probe.names import DnsAnswer

# A silence counts when it lasted this share of the time-out: a probe that the deadline cut says nothing.
SILENCE = 0.5
Told = TypeVar("Told", bound=Answer)
Asked = TypeVar("Asked")
Heard = TypeVar("Heard")
ARP_TIME = 1.0  # seconds that ask_arp listens; a proxy takes up to 0.8 s (arp(7), proxy_delay)


class View(Record):
    """A lab for one attempt of one check."""

    def __init__(self, lab: Lab, state: State, deadline: float) -> None:
        super().__init__(deadline)
        self._lab = lab
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

    def machine(self, name: str) -> Witness:
        """A machine by name; the check is red when there is none, for the learner makes machines too."""
        for each in (machines := self._lab.world.machines()):
            if each.name == name:
                return Witness(each, self)
        there = ", ".join(each.name for each in machines)
        raise Failed(expected=f"a machine {name}", observed=f"there is none; there are {there}")

    def machines(self, kind: str | None = None) -> list[Witness]:
        """All machines of a kind, or all there are."""
        return [Witness(each, self) for each in self._lab.world.machines() if kind in (None, each.kind)]

    @contextlib.contextmanager
    def add_pod(self, node: str, name: str) -> Iterator[Witness]:
        """A pod of the check's own on a node, without any link; it is gone afterwards."""
        with self._lab.world.start_machine(MachineSpec(name, "pod", node)) as pod:
            yield Witness(pod, self)

    # --- probes, noted as what a person would type; a machine is named or given

    def ping(
        self, src: str | Witness, address: str, *, at: str | Witness | None = None, timeout: float = 1.0, **how: Any
    ) -> Answer:
        """See labkit.probe.ping; `at`: the machine that has to get it, and whose view of the source is wanted."""
        source, target = self._find(src), self._find(at).behind if at else None
        limit = self.limit(timeout)
        return self._noted(source, ping(source.behind, address, at=target, timeout=limit, **how), limit / timeout)

    def ping_many(self, pairs: Sequence[tuple[str, str]], *, timeout: float = 1.0) -> list[Answer]:
        """Ping from each machine to the address beside it, all at the same time."""
        sources = [self._find(name) for name, _ in pairs]
        shots = [(source.behind, address) for source, (_, address) in zip(sources, pairs, strict=True)]
        limit = self.limit(timeout)
        answers = ping_many(shots, timeout=limit)
        return [self._noted(source, answer, limit / timeout) for source, answer in zip(sources, answers, strict=True)]

    def expect_answers(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Every machine gets an answer from the address beside it, all asked at once; red names those that did not."""
        asked = list(pairs)
        lost = [
            f"{machine} to {address}: {answer.detail}"
            for (machine, address), answer in zip(asked, self.ping_many(asked), strict=True)
            if not answer.reached
        ]
        expect(not lost, expected="an answer to every ping", observed="; ".join(lost))

    def connect_tcp(
        self,
        src: str | Witness,
        address: str,
        port: int,
        *,
        at: str | Witness | None = None,
        timeout: float = 1.5,
        **how: Any,
    ) -> Answer:
        """See labkit.probe.connect_tcp; `at`: where a listener is opened for it."""
        source, target = self._find(src), self._find(at).behind if at else None
        limit = self.limit(timeout)
        answer = connect_tcp(source.behind, address, port, at=target, timeout=limit, **how)
        return self._noted(source, answer, limit / timeout)

    def ask_dns(self, src: str | Witness, name: str, *, server: str, timeout: float = 1.0, **how: Any) -> DnsAnswer:
        """See labkit.probe.names: what a server says about a name, asked from a machine."""
        from labkit.probe.names import ask_dns

        source, limit = self._find(src), self.limit(timeout)
        answer = ask_dns(source.behind, name, server=server, timeout=limit, **how)
        return self._noted(source, answer, limit / timeout)

    def ask_arp(self, src: str | Witness, address: str, link: str, *, anonymous: bool = False) -> list[str]:
        """MACs that answer for an address on a link. Takes a second: a second answer is the interesting one."""
        source = self._find(src)
        timeout = self.limit(ARP_TIME, least=0.85)
        macs = ask_arp(source.behind, address, link, timeout=timeout, anonymous=anonymous)
        argv = ("arping", *(["-D"] if anonymous else []), "-c", "1", "-I", link, address)
        self.note(Evidence(source.name, argv, "\n".join(macs), 0 if macs else 1))
        return macs

    def ask_arp_many(self, questions: Sequence[tuple[str, str, str]], *, anonymous: bool = False) -> list[list[str]]:
        """The same for several (machine, address, link) at the same time."""
        return _at_once(lambda question: self.ask_arp(*question, anonymous=anonymous), questions)

    def trace_path(self, src: str | Witness, address: str) -> list[str | None]:
        """The routers on the way, by the addresses they answer with; None for one that is silent."""
        source = self._find(src)
        path = trace_path(source.behind, address, timeout=self.limit(1.0, least=SILENCE))
        shown = "\n".join(hop or "*" for hop in path)
        self.note(Evidence(source.name, ("traceroute", "-n", address), shown, 0 if path else 1))
        return path

    def trace_paths(self, pairs: Sequence[tuple[str, str]]) -> list[list[str | None]]:
        """The same for several at the same time: a router that was asked often stays silent for a second (icmp_ratelimit)."""
        return _at_once(lambda pair: self.trace_path(*pair), pairs)

    def _find(self, machine: str | Witness) -> Witness:
        return self.machine(machine) if isinstance(machine, str) else machine

    def _noted(self, source: Witness, answer: Told, share: float) -> Told:
        status = 0 if answer.reached else 1
        self.note(Evidence(source.name, tuple(shlex.split(answer.command)), answer.detail, status))
        if not answer.reached and share < SILENCE:
            raise OutOfTime(f"the time for checks was over: {answer.command} had no time to be answered")
        return answer


def _at_once(probe: Callable[[Asked], Heard], asked: Sequence[Asked]) -> list[Heard]:
    with ThreadPoolExecutor(len(asked) or 1) as pool:
        return list(pool.map(probe, asked))
