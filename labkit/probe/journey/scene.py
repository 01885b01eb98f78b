"""What there was before the packet was sent, and what its frames were, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labkit.net import Frame
from labkit.net.read.network import MachineNetwork, Network
from labkit.probe.journey.hops import Hop
from labkit.probe.journey.rulebook import Rulebook
from labkit.probe.journey.send import Probe
from labkit.probe.journey.sightings import Sighting
from labkit.probe.journey.target import Target
from labkit.probe.sequence import Leg
from labkit.world import Machine


@dataclass(frozen=True)
class Scene:
    """Who sends, to whom, the machines that are watched, their network, and of those that could be asked what netfilter did."""

    src: Machine
    target: Target
    machines: Mapping[str, Machine]
    network: Network
    rulebooks: Mapping[str, Rulebook] = field(default_factory=dict)

    def find(self, machine: str) -> MachineNetwork | None:
        """A machine's network; None of one that is not watched."""
        return next((each for each in self.network.machines if each.name == machine), None)


@dataclass(frozen=True)
class Caught:
    """All frames of one probe in order: the probe itself, the answer, and in words what ICMP errors said about either.

    `refused`: errno with which the own kernel refused to send it, else 0.
    """

    probe: Probe
    refused: int
    frames: tuple[Frame, ...]
    request: tuple[Sighting, ...]
    reply: tuple[Sighting, ...]
    errors: tuple[tuple[Leg, str], ...]

    def list_errors(self, leg: Leg) -> list[str]:
        """What was said about the packet, or about its answer; each once."""
        return list(dict.fromkeys(words for about, words in self.errors if about == leg))


@dataclass(frozen=True)
class Way:
    """Packet and answer without the copies that bridges flooded; `asked`: the first hop as it was sent, before OUTPUT's rules."""

    caught: Caught
    request: Sequence[Sighting]
    reply: Sequence[Sighting]
    hops: tuple[Hop, ...]
    back: tuple[Hop, ...]
    asked: Hop | None
