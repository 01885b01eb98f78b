"""Why there was silence, as far as the source's own kernel knows: nobody may have answered ARP for the next hop."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from labkit.errors import CannotTell
from labkit.world import Machine

_UNANSWERED: Final = {"INCOMPLETE", "FAILED"}


def find_unanswered(src: Machine, addresses: Sequence[str]) -> Mapping[str, str]:
    """For each address whose next hop does not answer ARP: `10.0.0.1 on eth0`. Nothing when the judge's `ip` can't be run."""
    script = "".join(f"route get {address}\n" for address in addresses) + "neigh show\n"
    try:
        said = src.probe(["ip", "-json", "-force", "-batch", "-"], stdin=script).stdout
    except CannotTell:
        return {}
    rows = [row for line in said.splitlines() if line.startswith("[") for row in json.loads(line)]
    silent = {(row["dst"], row["dev"]) for row in rows if _UNANSWERED & set(row.get("state", ()))}
    hops = {row["dst"]: _parse_hop(row) for row in rows if "state" not in row and "dev" in row}
    return {address: f"{hop[0]} on {hop[1]}" for address, hop in hops.items() if hop in silent}


def _parse_hop(route: Mapping[str, Any]) -> tuple[str, str]:
    return route.get("gateway", route["dst"]), route["dev"]
