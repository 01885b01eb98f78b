"""Sending one probe and catching every frame that bears it, on all machines at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from labkit.errors import CannotTell, LabkitError
from labkit.net import Capture, Frame, decode
from labkit.net.read.network import End
from labkit.probe.icmp import ERRORS
from labkit.probe.journey.mark import DatagramMark
from labkit.probe.journey.scene import Caught, Scene
from labkit.probe.journey.send import Probe, start_sending
from labkit.probe.journey.sightings import Sighting
from labkit.probe.sequence import Leg
from labkit.probe.words import describe_icmp

_STRAGGLERS: Final = 0.01  # seconds: copies still on their way when the answer is back
_BROADCAST: Final = "ff:ff:ff:ff:ff:ff"
_NANO: Final = 1e9


def run_probe(scene: Scene, probe: Probe, timeout: float) -> Caught:
    """Send it and wait for the answer, at most `timeout` seconds. Raises CannotTell when a socket is refused."""

    def is_over(frames: list[Frame]) -> bool:
        return any(_is_last(frame, scene, probe) for frame in frames)

    try:
        with Capture(
            scene.machines.values(), keep=lambda data: probe.mark.find_leg(data) is not None, leave_out_gone=True
        ) as capture:
            with start_sending(probe, scene.src, scene.target.address) as refused:
                if not refused:
                    capture.read_frames(timeout, enough=is_over)
            frames = tuple(capture.read_frames(_STRAGGLERS))
    except LabkitError as error:
        raise CannotTell(f"the packet could not be followed: {error.message}", hint=error.hint) from error
    return _sort_out(scene, probe, refused, frames)


def _is_last(frame: Frame, scene: Scene, probe: Probe) -> bool:
    """Back at its sender: the answer, or an error. A datagram need not be answered, so its arrival will do."""
    if frame.direction == "out":
        return False
    src, target = scene.src.name, scene.target
    came_back = frame.machine == src and (target.machine is None or target.machine != src)
    arrived = probe.name == "UDP" and frame.machine == target.machine
    return came_back or arrived


def _sort_out(scene: Scene, probe: Probe, refused: int, frames: tuple[Frame, ...]) -> Caught:
    macs = {(machine.name, link.name): link.mac for machine in scene.network.machines for link in machine.links}
    legs: dict[Leg, list[Sighting]] = {"request": [], "reply": []}
    errors: list[tuple[Leg, str]] = []
    for frame in frames:
        leg = probe.mark.find_leg(frame.data)
        assert leg is not None  # the capture kept no others
        seen = _plan_sighting(frame, probe, macs)
        said = _describe_error(seen)
        if said:
            errors.append((leg, said))
        else:
            legs[leg].append(seen)
    return Caught(probe, refused, frames, tuple(legs["request"]), tuple(legs["reply"]), tuple(errors))


def _plan_sighting(frame: Frame, probe: Probe, macs: Mapping[End, str]) -> Sighting:
    """Of a datagram our token is the whole payload: port 8472 does not make it a VXLAN header."""
    layers = decode(frame, payload=probe.mark.token if isinstance(probe.mark, DatagramMark) else b"")
    mine = _is_mine(frame, macs)
    return Sighting(frame.machine, frame.link, frame.direction, frame.time / _NANO, mine, frame.data, tuple(layers))


def _is_mine(frame: Frame, macs: Mapping[End, str]) -> bool:
    """Whether a frame was sent by its machine or addressed to the link it came in by."""
    if frame.direction == "out" or not frame.has_ethernet:
        return True
    return frame.data[:6].hex(":") in (_BROADCAST, macs.get((frame.machine, frame.link)))


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
