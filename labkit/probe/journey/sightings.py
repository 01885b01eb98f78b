"""One packet's frames on many links, put in order, without the copies that bridges flooded to others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from labkit.net import Layer
from labkit.net.read.network import End
from labkit.world.places import FABRIC


@dataclass(frozen=True)
class Sighting:
    """A frame on a link. `time` in seconds; `mine`: sent by this machine, or addressed to the link it came in by."""

    machine: str
    link: str
    direction: Literal["in", "out"]
    time: float
    mine: bool
    data: bytes
    layers: tuple[Layer, ...]

    @property
    def place(self) -> str:
        """The machine; of the fabric, the one switch (its ports are named s1-eth1)."""
        return self.link.partition("-")[0] if self.machine == FABRIC else self.machine


def drop_copies(sightings: Sequence[Sighting], cables: Iterable[tuple[End, End]] = ()) -> list[Sighting]:
    """The way to where it was delivered; when it was delivered nowhere, the way up to where it was multiplied.

    `cables`: pairs of ends that are known. Every sighting follows from an earlier one, so that they are a tree: a flooding bridge is a branching. Delivered
    is where a branch ends with a frame that came in and was addressed to that link.
    """
    far = {end: other for pair in cables for end, other in (pair, pair[::-1])}
    parents = _find_parents(sightings, far)
    ends = set(range(len(sightings))) - set(parents)
    delivered = [at for at in ends if sightings[at].mine and sightings[at].direction == "in"]
    kept = _list_ancestors(delivered, parents) if delivered else _list_trunk(parents)
    return [seen for at, seen in enumerate(sightings) if at in kept]


def _find_parents(sightings: Sequence[Sighting], far: Mapping[End, End]) -> list[int]:
    """For each sighting the number of the one it follows from; -1 for the first, and for what cannot be told."""
    leaving: list[int] = []
    parents: list[int] = []
    for at, seen in enumerate(sightings):
        here = [other for other in range(at) if sightings[other].place == seen.place]
        if seen.direction == "out":
            parents.append(_find_origin(sightings, here, seen))
            # a bridge hands it on to its ports: it leaves by those
            leaving = [other for other in leaving if other != parents[-1] or sightings[other].data != seen.data]
            leaving.append(at)
            continue
        # a cable delivers in order: it is the earliest equal frame that left elsewhere and has not come in yet
        left = next((other for other in leaving if _is_same_frame(sightings[other], seen, far)), None)
        if left is not None:
            leaving.remove(left)
        came = [other for other in here if sightings[other].direction == "in"]
        parents.append(left if left is not None else _last(came or here))
    return parents


def _find_origin(sightings: Sequence[Sighting], here: Sequence[int], seen: Sighting) -> int:
    """What a frame that leaves follows from: the equal frame that a bridge got, or that it was given to send; else the last."""
    equal = [other for other in here if sightings[other].data == seen.data]
    came = [other for other in equal if sightings[other].direction == "in"]
    if came:
        return came[0]
    return equal[0] if equal else _last(here)


def _is_same_frame(left: Sighting, came: Sighting, far: Mapping[End, End]) -> bool:
    """Over the cable that is known at either end, which may begin and end at one machine; else over one between machines."""
    here, there = (left.machine, left.link), (came.machine, came.link)
    cabled = far[here] == there if here in far else there not in far and left.place != came.place
    return cabled and left.data == came.data


def _last(numbers: Sequence[int]) -> int:
    return numbers[-1] if numbers else -1


def _list_ancestors(ends: Sequence[int], parents: Sequence[int]) -> set[int]:
    kept: set[int] = set()
    for end in ends:
        at = end
        while at >= 0 and at not in kept:
            kept.add(at)
            at = parents[at]
    return kept


def _list_trunk(parents: Sequence[int]) -> set[int]:
    kept: set[int] = set()
    following = [0] if parents else []
    while len(following) == 1:
        kept.add(following[0])
        following = [at for at, parent in enumerate(parents) if parent == following[0]]
    return kept
