"""What the frames mean: the way of the packet and of its answer, and where either ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from labkit.probe.journey.changes import describe_changes
from labkit.probe.journey.headers import find_innermost
from labkit.probe.journey.hops import Hop, plan_asked, plan_hops, plan_reply
from labkit.probe.journey.kept import name_changes, read_kept
from labkit.probe.journey.lost import Lost, find_loss, find_silence
from labkit.probe.journey.rules import find_drop
from labkit.probe.journey.scene import Caught, Scene, Way
from labkit.probe.journey.sightings import Sighting, drop_copies
from labkit.probe.journey.target import has_address
from labkit.probe.journey.value import Journey
from labkit.probe.sequence import Leg
from labkit.probe.words import describe_errno

_THERE: Final[tuple[Leg, ...]] = ("request",)


def plan_way(scene: Scene, caught: Caught) -> Way:
    """Order the frames."""
    cables = scene.network.cables
    request, reply = drop_copies(caught.request, cables), drop_copies(caught.reply, cables)
    began = request[0].time if request else 0.0
    hops, asked = plan_hops(request, began), None
    if hops and hops[0].machine == scene.src.name:
        asked = plan_asked(hops[0], scene.target.address, caught.probe.port)
        hops = (replace(hops[0], changes=describe_changes(asked.layers, hops[0].layers)), *hops[1:])
    return Way(caught, request, reply, hops, plan_reply(reply, began), asked)


def tell_story(scene: Scene, way: Way) -> Journey:
    """Put it together, asking the machine where the packet or its answer was seen last why it went no further."""
    found = _is_found(scene, way.request)
    answered = _is_delivered(way.reply) and way.reply[-1].machine == scene.src.name
    over = found and (answered or (way.caught.probe.name == "UDP" and not _is_dropped(scene, way.hops[-1])))
    lost = None if over else _find_silence(scene, way) if found else _find_loss(scene, way)
    hops, back = name_changes(scene, way), way.back
    if lost and found and back:
        back = _add_rule(back, lost)
    elif lost:
        hops = _add_rule(hops, lost)
    return Journey(
        src=scene.src.name,
        dst=scene.target.name,
        address=scene.target.address,
        probe=str(way.caught.probe),
        found=found,
        answered=answered,
        hops=hops,
        reply=back,
        lost=lost,
        errors=tuple(way.caught.list_errors("request") + way.caught.list_errors("reply")),
        connections=read_kept(scene, way),
        frames=way.caught.frames,
        network=scene.network,
    )


def _is_delivered(seen: Sequence[Sighting]) -> bool:
    return bool(seen) and seen[-1].direction == "in" and seen[-1].mine


def _is_found(scene: Scene, request: Sequence[Sighting]) -> bool:
    if not _is_delivered(request):
        return False
    last = request[-1]
    machine = scene.find(last.machine)
    asked_for = not scene.target.named or last.machine == scene.target.name
    return asked_for and machine is not None and has_address(machine, str(find_innermost(last.layers, "IP").get("dst")))


def _is_dropped(scene: Scene, hop: Hop) -> bool:
    """Whether it was traced to its end where it arrived: a datagram need not be answered, so nothing else tells."""
    book = scene.rulebooks.get(hop.machine)
    return book is not None and find_drop(book, None, _THERE) is not None


def _find_loss(scene: Scene, way: Way) -> Lost:
    """Of the packet itself."""
    said = way.caught.list_errors("request")
    if way.caught.refused:
        said.append(describe_errno(way.caught.refused))
    return find_loss(scene, way.hops[-1] if way.hops else None, scene.target.address, leg="request", said=said)


def _find_silence(scene: Scene, way: Way) -> Lost:
    """Of its answer, which may never have been sent."""
    said = way.caught.list_errors("reply")
    if not way.back:
        return find_silence(scene, way.hops[-1], said=said)
    return find_loss(
        scene, way.back[-1], str(find_innermost(way.back[-1].layers, "IP").get("dst")), leg="reply", said=said
    )


def _add_rule(hops: tuple[Hop, ...], lost: Lost) -> tuple[Hop, ...]:
    """Where it was dropped, beside the hop after which that was."""
    return (*hops[:-1], replace(hops[-1], rule=lost.rule)) if hops and lost.rule else hops
