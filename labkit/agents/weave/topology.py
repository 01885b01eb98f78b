"""What each peer tells about itself, as it spreads by gossip: the newer word about a peer counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Hop:
    """One end's view of a connection: to whom, the other end's address, who began it, whether frames go both ways."""

    peer: str
    address: str
    outbound: bool
    established: bool


@dataclass(frozen=True)
class Peer:
    """`uid` grows with every start of the agent, `version` with every change of what follows."""

    name: str
    nickname: str
    uid: int
    version: int = 0
    free: int = 0
    given: int = 0
    connections: tuple[Hop, ...] = field(default_factory=tuple)


def parse_peer(data: Mapping[str, Any]) -> Peer:
    """From JSON. Raises KeyError, TypeError or ValueError."""
    hops = tuple(
        Hop(str(hop["peer"]), str(hop["address"]), bool(hop["outbound"]), bool(hop["established"]))
        for hop in data["connections"]
    )
    uid, version, free, given = (int(data[key]) for key in ("uid", "version", "free", "given"))
    return Peer(str(data["name"]), str(data["nickname"]), uid, version, free, given, hops)


def render_peer(peer: Peer) -> dict[str, Any]:
    """For JSON."""
    return asdict(peer)


def merge_peers(known: Mapping[str, Peer], told: Iterable[Peer], me: str) -> dict[str, Peer]:
    """What is known after listening; about oneself nobody knows better."""
    merged = dict(known)
    for peer in told:
        old = merged.get(peer.name)
        if peer.name != me and (old is None or (old.uid, old.version) < (peer.uid, peer.version)):
            merged[peer.name] = peer
    return merged


def drop_unreachable(known: Mapping[str, Peer], me: str) -> dict[str, Peer]:
    """Without the peers that no chain of connections leads to any more."""
    reached, waiting = {me}, [me]
    while waiting:
        here = known.get(waiting.pop())
        new = {hop.peer for hop in here.connections if hop.peer in known} - reached if here else set()
        reached |= new
        waiting += new
    return {name: peer for name, peer in known.items() if name in reached}
