"""What a check gets to see of a lab. Every probe is written down as evidence, and none lasts longer than the deadline."""

from __future__ import annotations

import contextlib
import shlex
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labkit.check.verdict import Evidence, Failed
from labkit.errors import CannotTell
from labkit.lab.journal import State
from labkit.lab.lab import Lab
from labkit.probe import Answer, ask_arp, connect_tcp, ping, ping_many, trace_path
from labkit.world import Machine, MachineSpec, Result

SHORTEST = 0.2  # seconds; with less than that left no probe is begun
SHOWN = 8000  # characters of a probe's output that are kept


class OutOfTime(CannotTell):
    """The deadline came before this probe could be made."""


class Witness:
    """A machine as a check sees it: the judge's probes only. Readers of labkit.net and probes of labkit.probe take it."""

    def __init__(self, machine: Machine, view: View) -> None:
        self.behind = machine  # for labkit.probe, whose answers the view notes
        self._view = view
        self.name = machine.name
        self.kind = machine.kind
        self.node = machine.node

    def probe(self, argv: Sequence[str], *, stdin: str = "", timeout: float = 5.0) -> Result:
        """Run one of the judge's programs in this machine's network. CannotTell when that was not possible."""
        limit = self._view.limit(timeout)
        try:
            result = self.behind.probe(argv, stdin=stdin, timeout=limit)
        except CannotTell as error:
            self._view.note(Evidence(self.name, tuple(argv), error.message, None))
            raise
        self._view.note(Evidence(self.name, tuple(argv), (result.stdout or result.stderr)[:SHOWN], result.status))
        return result

    def open_socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A socket in this machine's network; close it soon."""
        return self.behind.open_socket(family, kind, protocol)

    def open_netns(self) -> int:
        """A descriptor of this machine's network namespace; close it soon."""
        return self.behind.open_netns()

    def list_processes(self) -> list[tuple[int, list[str]]]:
        """What runs in this machine's network: (number, command line)."""
        return self.behind.list_processes()


class View:
    """A lab for one attempt of one check."""

    def __init__(self, lab: Lab, state: State, deadline: float) -> None:
        self._lab = lab
        self._state = state
        self._deadline = deadline
        self.evidence: list[Evidence] = []

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
        self._lab.world.add_machines([MachineSpec(name, "pod", node)])
        try:
            yield self.machine(name)
        finally:
            self._lab.world.remove_machine(name)

    # --- probes, noted as what a person would type

    def ping(
        self, src: str | Witness, address: str, *, at: str | Witness | None = None, timeout: float = 1.0, **how: Any
    ) -> Answer:
        """See labkit.probe.ping; `at`: the machine whose view of the source is wanted."""
        source, target = self._witness(src), self._witness(at) if at else None
        return self._noted(
            source,
            ping(source.behind, address, at=target.behind if target else None, timeout=self.limit(timeout), **how),
        )

    def ping_many(self, pairs: Sequence[tuple[str, str]], *, timeout: float = 1.0) -> list[Answer]:
        """Ping from each machine to the address beside it, all at the same time."""
        sources = [self._witness(name) for name, _ in pairs]
        shots = [(source.behind, address) for source, (_, address) in zip(sources, pairs, strict=True)]
        answers = ping_many(shots, timeout=self.limit(timeout))
        return [self._noted(source, answer) for source, answer in zip(sources, answers, strict=True)]

    def connect_tcp(
        self, src: str | Witness, address: str, port: int, *, at: str | Witness | None = None, **how: Any
    ) -> Answer:
        """See labkit.probe.connect_tcp."""
        source, target = self._witness(src), self._witness(at) if at else None
        self.limit(SHORTEST)
        return self._noted(
            source, connect_tcp(source.behind, address, port, at=target.behind if target else None, **how)
        )

    def ask_arp(self, src: str | Witness, address: str, link: str) -> list[str]:
        """MACs that answer for an address on a link."""
        source = self._witness(src)
        self.limit(SHORTEST)
        macs: list[str] = ask_arp(source.behind, address, link)
        self.note(Evidence(source.name, ("arping", "-c", "1", "-I", link, address), "\n".join(macs), 0 if macs else 1))
        return macs

    def trace_path(self, src: str | Witness, address: str) -> list[str | None]:
        """The routers on the way, by the addresses they answer with; None for one that is silent."""
        source = self._witness(src)
        self.limit(SHORTEST)
        path: list[str | None] = trace_path(source.behind, address)
        self.note(
            Evidence(
                source.name, ("traceroute", "-n", address), "\n".join(hop or "*" for hop in path), 0 if path else 1
            )
        )
        return path

    # --- the engine's side

    def limit(self, timeout: float) -> float:
        """The time-out that a probe may still have. OutOfTime when there is none."""
        left = self._deadline - time.monotonic()
        if left < SHORTEST:
            raise OutOfTime("the time for checks was over before this probe could be made", hint="check again")
        return min(timeout, left)

    def note(self, evidence: Evidence) -> None:
        """Write a probe down."""
        self.evidence.append(evidence)

    def _witness(self, machine: str | Witness) -> Witness:
        return self.machine(machine) if isinstance(machine, str) else machine

    def _noted(self, source: Witness, answer: Answer) -> Answer:
        self.note(Evidence(source.name, tuple(shlex.split(answer.command)), answer.detail, 0 if answer.reached else 1))
        return answer
