"""Asking the network in a check: every probe is noted as what a person would type, and none lasts longer than the deadline."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from labkit.check.machine import MachineView
from labkit.check.record import OutOfTime, Record
from labkit.check.verdict import Evidence, Failed, expect
from labkit.errors import UsageError
from labkit.lab.lab import Lab
from labkit.probe import Answer, Page, Served, ask_arp, ask_http, ask_udp, connect_tcp, ping, ping_many, trace_path
from labkit.world import Machine, MachineSpec

if TYPE_CHECKING:  # its library is imported where it is used
    from labkit.probe.names import DnsAnswer

# A silence counts when it lasted this share of the time-out: a probe that the deadline cut says nothing.
SILENCE = 0.5
ARP_TIME = 1.0  # seconds that ask_arp listens; a proxy takes up to 0.8 s (arp(7), proxy_delay)
Told = TypeVar("Told", bound=Answer)
Asked = TypeVar("Asked")
Heard = TypeVar("Heard")


class Probes(Record):
    """The machines of a lab, and questions to the network between them. A machine is named or given."""

    def __init__(self, lab: Lab, deadline: float, stop: threading.Event | None = None) -> None:
        super().__init__(deadline, stop)
        self._lab = lab
        self._found: dict[str, Machine] = {}

    def machine(self, name: str) -> MachineView:
        """A machine by name; the check is red when there is none, for the learner makes machines too."""
        return MachineView(self._require(name), self)

    def _require(self, name: str) -> Machine:
        if name in self._found:
            return self._found[name]
        try:
            found = self._lab.world.machine(name)
        except UsageError as error:
            raise Failed(expected=f"a machine {name}", observed=f"there is none; {error.hint}") from error
        # names in a node's /run/netns are the learner's: two of them can mean one
        for other in list(self._found.values()):
            expect(
                other.name == name or other.network != found.network,  # threads may look for one at the same time
                expected=f"{other.name} and {name} are two machines", observed="both names mean the same namespace",
            )  # fmt: skip
        self._found[name] = found
        return found

    def machines(self, kind: str | None = None) -> list[MachineView]:
        """All machines of a kind, or all there are."""
        return [MachineView(each, self) for each in self._lab.world.machines() if kind in (None, each.kind)]

    @contextlib.contextmanager
    def add_pod(self, node: str, name: str) -> Iterator[MachineView]:
        """A pod of the check's own on a node, without any link; it is gone afterwards."""
        with self._lab.world.start_machine(MachineSpec(name, "pod", node)) as pod:
            yield MachineView(pod, self)

    def ping(
        self,
        src: str | MachineView,
        address: str,
        *,
        at: str | MachineView | None = None,
        timeout: float = 1.0,
        **how: Any,
    ) -> Answer:
        """See labkit.probe.ping; `at`: the machine that has to get it, and whose view of the source is wanted."""
        source, target = self._find(src), self._find(at).handle if at else None
        limit = self.limit(timeout)
        return self._noted(source, ping(source.handle, address, at=target, timeout=limit, **how), limit / timeout)

    def ping_many(self, pairs: Sequence[tuple[str, str]], *, timeout: float = 1.0) -> list[Answer]:
        """Ping from each machine to the address beside it, all at the same time."""
        sources = [self._find(name) for name, _ in pairs]
        shots = [(source.handle, address) for source, (_, address) in zip(sources, pairs, strict=True)]
        limit = self.limit(timeout)
        answers = ping_many(shots, timeout=limit)
        return [self._noted(source, answer, limit / timeout) for source, answer in zip(sources, answers, strict=True)]

    def connect_tcp(
        self,
        src: str | MachineView,
        address: str,
        port: int,
        *,
        at: str | MachineView | None = None,
        timeout: float = 1.5,
        **how: Any,
    ) -> Answer:
        """See labkit.probe.connect_tcp; `at`: where a listener is opened for it."""
        source, target = self._find(src), self._find(at).handle if at else None
        limit = self.limit(timeout)
        answer = connect_tcp(source.handle, address, port, at=target, timeout=limit, **how)
        return self._noted(source, answer, limit / timeout)

    @contextlib.contextmanager
    def hold_port(self, machine: str, port: int) -> Iterator[None]:
        """A TCP port that answers meanwhile, for several callers at once; nothing where a program of the machine's has it."""
        with self._require(machine).open_socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                listener.bind(("0.0.0.0", port))  # noqa: S104 - all addresses of a machine inside the world
                listener.listen()
            yield

    def ask_udp(self, src: str | MachineView, address: str, port: int, *, at: str, timeout: float = 1.0) -> Answer:
        """See labkit.probe.ask_udp: a datagram to a socket that is opened on `at`, and its answer."""
        source, limit = self._find(src), self.limit(timeout)
        answer = ask_udp(source.handle, address, port, at=self._require(at), timeout=limit)
        return self._noted(source, answer, limit / timeout)

    def ask_http(
        self,
        src: str | MachineView,
        target: tuple[str, int] | Page,
        *,
        among: Sequence[str],
        times: int = 1,
        timeout: float = 1.5,
    ) -> list[Served]:
        """See labkit.probe.http: many requests at once, and which of these machines got each, from whom. The first that failed is noted."""
        source, limit = self._find(src), self.limit(timeout)
        watched = [self._require(name) for name in among]
        answers = ask_http(source.handle, target, among=watched, times=times, timeout=limit)
        decisive = next((each for each in answers if not each.reached), answers[0])
        self._noted(source, decisive, limit / timeout)
        return answers

    def ask_dns(self, src: str | MachineView, name: str, *, server: str, timeout: float = 1.0, **how: Any) -> DnsAnswer:
        """See labkit.probe.names: what a server says about a name, asked from a machine."""
        from labkit.probe.names import ask_dns

        source, limit = self._find(src), self.limit(timeout)
        answer = ask_dns(source.handle, name, server=server, timeout=limit, **how)
        return self._noted(source, answer, limit / timeout)

    def ask_arp(self, src: str | MachineView, address: str, link: str, *, anonymous: bool = False) -> list[str]:
        """MACs that answer for an address on a link. Takes a second: a second answer is the interesting one."""
        source = self._find(src)
        timeout = self.limit(ARP_TIME, least=0.85)
        macs = ask_arp(source.handle, address, link, timeout=timeout, anonymous=anonymous)
        argv = ("arping", "-c", "1", "-I", link, address)
        # arping's exit status: whether each question got one answer
        self.note(Evidence(source.name, argv, "\n".join(macs), 0 if len(macs) == 1 else 1))
        return macs

    def find_evidence(self, machine: str, word: str) -> Evidence | None:
        """What was written down last of a question on this machine that ends with this word, for a verdict about one of several."""
        asked = [each for each in self.evidence if each.machine == machine and each.argv[-1:] == (word,)]
        return asked[-1] if asked else None

    def ask_arp_many(self, questions: Sequence[tuple[str, str, str]], *, anonymous: bool = False) -> list[list[str]]:
        """The same for several (machine, address, link) at the same time."""
        return _at_once(lambda question: self.ask_arp(*question, anonymous=anonymous), questions)

    def trace_path(self, src: str | MachineView, address: str) -> list[str | None]:
        """The routers on the way, by the addresses they answer with; None for one that is silent."""
        source = self._find(src)
        path = trace_path(source.handle, address, timeout=self.limit(1.0, least=SILENCE))
        shown = "\n".join(hop or "*" for hop in path)
        self.note(Evidence(source.name, ("traceroute", "-nI", "-q", "1", address), shown, 0 if path else 1))
        return path

    def trace_paths(self, pairs: Sequence[tuple[str, str]]) -> list[list[str | None]]:
        """The same for several at the same time: a router that was asked often stays silent for a second (icmp_ratelimit)."""
        return _at_once(lambda pair: self.trace_path(*pair), pairs)

    def send_frame(self, machine: str | MachineView, link: str, frame: bytes) -> None:
        """Put one Ethernet frame on a link, as its host would; nothing of the machine has a part in it."""
        with self._find(machine).open_socket(socket.AF_PACKET, socket.SOCK_RAW) as sending:
            try:
                sending.bind((link, 0))
                sending.send(frame)
            except OSError as error:
                raise Failed(
                    expected=f"{link} of {self._find(machine).name} carries a frame", observed=str(error)
                ) from error

    def _find(self, machine: str | MachineView) -> MachineView:
        return self.machine(machine) if isinstance(machine, str) else machine

    def _noted(self, source: MachineView, answer: Told, share: float) -> Told:
        self.note(Evidence(source.name, answer.argv, answer.detail, answer.status))
        if not answer.reached and share < SILENCE:
            raise OutOfTime(f"the time for checks was over: {answer.command} had no time to be answered")
        return answer


def _at_once(probe: Callable[[Asked], Heard], asked: Sequence[Asked]) -> list[Heard]:
    with ThreadPoolExecutor(len(asked) or 1) as pool:
        return list(pool.map(probe, asked))
