"""What an agent remembers over a restart: the ring and who has which address. Without it addresses would be given twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from labkit.agents.weave.names import parse_name, render_name
from labkit.agents.weave.ring import Ring, Token
from labkit.agents.weave.space import Space
from labkit.errors import LabkitError, parse_json

FILE: Final = Path("/var/lib/weave/weavedata.json")


def render_ring(ring: Ring) -> dict[str, Any]:
    """For JSON."""
    tokens = [[token.start, render_name(token.peer), token.version] for token in ring.tokens]
    return {"start": ring.start, "end": ring.end, "tokens": tokens}


def parse_ring(data: Mapping[str, Any]) -> Ring:
    """From JSON. Raises ValueError, KeyError, TypeError."""
    tokens = [Token(int(start), parse_name(peer), int(version)) for start, peer, version in data["tokens"]]
    return Ring(int(data["start"]), int(data["end"]), tuple(sorted(tokens)))


def render_removals(removals: Mapping[bytes, int]) -> dict[str, int]:
    """For JSON: how often each peer was removed and came back."""
    return {render_name(peer): count for peer, count in sorted(removals.items())}


def parse_removals(data: Mapping[str, Any]) -> dict[bytes, int]:
    """From JSON. Raises ValueError, TypeError, AttributeError, UsageError."""
    return {parse_name(name): int(count) for name, count in data.items()}


def write_memory(space: Space) -> None:
    """Under a neighbouring name first: who is killed half-way keeps no half file."""
    data = {
        "name": render_name(space.me),
        "ring": render_ring(space.ring),
        "given": space.given,
        "removals": render_removals(space.removals),
    }
    FILE.parent.mkdir(parents=True, exist_ok=True)
    new = FILE.with_suffix(".new")
    new.write_text(json.dumps(data))
    new.replace(FILE)


def read_memory(me: bytes, ring: Ring) -> Space:
    """What this peer left; a fresh space with `ring` when there is nothing, or another pool's."""
    if not FILE.exists():
        return Space(me, ring)
    try:
        data = parse_json(FILE.read_text(), f"{FILE}")
        kept = parse_ring(data["ring"])
        if data["name"] != render_name(me) or (kept.start, kept.end) != (ring.start, ring.end):
            return Space(me, ring)
        space = Space(me, kept, {str(key): int(value) for key, value in data["given"].items()})
        space.removals = parse_removals(data["removals"])
    except (ValueError, KeyError, TypeError, AttributeError, LabkitError) as error:
        raise LabkitError(f"{FILE} can't be read: {error}", hint="weave reset forgets everything") from error
    return space
