"""What netfilter did to the packets of red checks: a journey of the same kind, as one more piece of evidence."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from labkit.check.attempt import Outcome
from labkit.check.verdict import Evidence, Status
from labkit.errors import LabkitError
from labkit.lab.lab import Lab
from labkit.net.netfilter.counters import read_counters
from labkit.probe import Journey, follow_packet
from labkit.probe.journey.follow import PacketOptions
from labkit.timing import scale
from labkit.world import Machine

_TIMEOUT: Final = 0.5  # seconds: longer than a packet of a lab takes, for nobody shall wait for a red verdict
_AT_MOST: Final = 4  # journeys, all at the same time
_SOME_PORT: Final = 40000  # reach draws its ports by chance
_URL: Final = re.compile(r"http://([\d.]+):?(\d*)/")


@dataclass(frozen=True)
class Question:
    """Did a packet from machine `src` get to `address`? Of TCP, of UDP or an echo; port 0: none."""

    src: str
    address: str
    tcp: int = 0
    udp: int = 0

    @property
    def argv(self) -> tuple[str, ...]:
        """Typed outside."""
        ports = [word for name in ("tcp", "udp") if (port := getattr(self, name)) for word in (f"--{name}", str(port))]
        return ("labkit", "journey", self.src, self.address, *ports)


def add_rules(lab: Lab, outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """The outcomes; those that are red because nothing came back have the rules that changed or dropped such a packet before the evidence that decided."""
    red = {name: outcome for name, outcome in outcomes.items() if outcome.status is Status.FAILED and outcome.evidence}
    asked = {name: found for name, outcome in red.items() if (found := parse_question(outcome.evidence[-1]))}
    questions = list(dict.fromkeys(asked.values()))[:_AT_MOST]
    if not questions or not _has_rules(lab.world.machines()):
        return dict(outcomes)
    with ThreadPoolExecutor(_AT_MOST) as pool:
        told = dict(zip(questions, pool.map(lambda question: _follow(lab, question), questions), strict=True))
    added = {name: told.get(question) for name, question in asked.items()}
    return {name: _insert(outcome, added.get(name)) for name, outcome in outcomes.items()}


def parse_question(evidence: Evidence) -> Question | None:
    """What was asked, where it was whether a packet gets to an address and that failed."""
    argv, src = evidence.argv, evidence.machine
    if not evidence.status:
        return None
    if argv[:2] == ("labkit", "reach"):
        kind = evidence.stdout.partition(" ")[0].lower()
        return Question(src, argv[-1], **({kind: _SOME_PORT} if kind in ("tcp", "udp") else {}))
    if argv[:1] == ("ping",):
        return Question(src, argv[-1])
    if argv[:1] == ("nc",):
        return Question(src, argv[-2], tcp=int(argv[-1]))
    if argv[:1] == ("dig",):
        return Question(src, next(word[1:] for word in argv if word.startswith("@")), udp=53)
    found = _URL.search(" ".join(argv))
    return Question(src, found[1], tcp=int(found[2] or 80)) if found else None


def _has_rules(machines: Sequence[Machine]) -> bool:
    """Whether any machine filters or translates, before somebody waits for a packet."""
    return any(_read_counters(machine) for machine in machines)


def _read_counters(machine: Machine) -> bool:
    try:
        return bool(read_counters(machine))
    except LabkitError:  # it has gone
        return False


def _follow(lab: Lab, question: Question) -> Evidence | None:
    try:
        asked: PacketOptions = {"tcp": question.tcp or None, "udp": question.udp or None, "timeout": scale(_TIMEOUT)}
        journey = follow_packet(lab.world, question.src, question.address, **asked)
    except LabkitError:
        return None
    lines = list(_list_rules(journey))
    return Evidence(question.src, question.argv, "\n".join(lines), 0 if journey.found else 1) if lines else None


def _list_rules(journey: Journey) -> Iterator[str]:
    changed = [hop for hop in journey.way if hop.rule and not hop.rule.drops]
    yield from (f"on {hop.machine} {hop.rule}" for hop in changed)
    if journey.lost and journey.lost.rule:
        yield f"on {journey.lost.machine} {journey.lost.rule}"


def _insert(outcome: Outcome, evidence: Evidence | None) -> Outcome:
    """The last piece stays the one that decided."""
    if evidence is None:
        return outcome
    return dataclasses.replace(outcome, evidence=(*outcome.evidence[:-1], evidence, outcome.evidence[-1]))
