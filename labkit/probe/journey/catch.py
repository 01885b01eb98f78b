"""Sending one probe and catching every frame that bears it, on all machines at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from labkit.errors import CannotTell, LabkitError
from labkit.net import Capture, Frame, decode
from labkit.probe.addresses import read_macs
from labkit.probe.icmp import ERRORS
from labkit.probe.journey.send import Probe, start_sending
from labkit.probe.journey.sightings import Sighting
from labkit.probe.journey.target import Target
from labkit.probe.sequence import Leg
from labkit.probe.words import describe_icmp
from labkit.world import Machine

_STRAGGLERS: Final = 0.01  # seconds: copies still on their way when the answer is back
_BROADCAST: Final = "ff:ff:ff:ff:ff:ff"
_NANO: Final = 1e9


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


def run_probe(machines: Sequence[Machine], src: Machine, target: Target, probe: Probe, timeout: float) -> Caught:
    """Send it and wait for the answer, at most `timeout` seconds. Raises CannotTell when a socket is refused."""

    def is_over(frames: list[Frame]) -> bool:
        return any(_is_last(frame, src, target, probe) for frame in frames)

    try:
        with Capture(machines, keep=lambda data: probe.mark.find_leg(data) is not None) as capture:
            with start_sending(probe, src, target.address) as refused:
                if not refused:
                    capture.read_frames(timeout, enough=is_over)
            frames = tuple(capture.read_frames(_STRAGGLERS))
    except LabkitError as error:
        raise CannotTell(f"the packet could not be followed: {error.message}", hint=error.hint) from error
    return _sort_out(refused, frames, probe, {machine.name: machine for machine in machines})


def _is_last(frame: Frame, src: Machine, target: Target, probe: Probe) -> bool:
    """Back at its sender: the answer, or an error. A datagram need not be answered, so its arrival will do."""
    if frame.direction == "out":
        return False
    came_back = frame.machine == src.name and (target.machine is None or target.name != src.name)
    arrived = probe.name == "UDP" and frame.machine == target.name
    return came_back or arrived


def _sort_out(refused: int, frames: tuple[Frame, ...], probe: Probe, machines: dict[str, Machine]) -> Caught:
    is_mine = _plan_ownership(frames, machines)
    legs: dict[Leg, list[Sighting]] = {"request": [], "reply": []}
    errors: list[tuple[Leg, str]] = []
    for frame in frames:
        leg = probe.mark.find_leg(frame.data)
        assert leg is not None  # the capture kept no others
        layers = tuple(decode(frame))
        seen = Sighting(
            frame.machine, frame.link, frame.direction, frame.time / _NANO, is_mine(frame), frame.data, layers
        )
        said = _describe_error(seen)
        if said:
            errors.append((leg, said))
        else:
            legs[leg].append(seen)
    return Caught(probe, refused, frames, tuple(legs["request"]), tuple(legs["reply"]), tuple(errors))


def _plan_ownership(frames: Sequence[Frame], machines: dict[str, Machine]) -> Callable[[Frame], bool]:
    """Tell whether a frame was sent by its machine or addressed to the link it came in by."""
    links: dict[str, set[str]] = defaultdict(set)
    for frame in frames:
        if frame.direction == "in" and frame.has_ethernet:
            links[frame.machine].add(frame.link)
    macs = {name: read_macs(machines[name], wanted) for name, wanted in links.items()}

    def is_mine(frame: Frame) -> bool:
        to = frame.data[:6].hex(":")
        return (
            frame.direction == "out"
            or not frame.has_ethernet
            or to in (_BROADCAST, macs[frame.machine].get(frame.link))
        )

    return is_mine


def _describe_error(seen: Sighting) -> str:
    """`host unreachable, says 10.0.0.1` when the frame is an ICMP error that quotes the probe, else nothing."""
    ip = None
    for layer in seen.layers:
        if layer.name == "IP":
            ip = layer.fields
        elif layer.name == "ICMP" and ip and layer.fields["type"] in ERRORS:
            mtu = int(layer.fields.get("nexthopmtu") or 0)
            return describe_icmp(int(layer.fields["type"]), int(layer.fields["code"]), str(ip["src"]), mtu)
    return ""
