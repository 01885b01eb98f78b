"""Policy routing rules (IPv4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.net.machine import Readable
from labkit.net.read.command import read_json


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """Which table is asked for which packets; `mark` as `0x80/0x80`, `action` is empty for a look-up."""

    priority: int
    source: str = "all"
    destination: str = "all"
    iif: str | None = None
    oif: str | None = None
    mark: str | None = None
    table: str | None = None
    action: str = ""
    inverted: bool = False


def read_rules(machine: Readable) -> list[RoutingRule]:
    """Every rule in its order, from `ip -j -d -4 rule`."""
    return [parse_rule(entry) for entry in read_json(machine, ["ip", "-j", "-d", "-4", "rule"])]


def parse_rule(entry: Mapping[str, Any]) -> RoutingRule:
    """Read one object of `ip -j rule`."""
    mask = f"/{entry['fwmask']}" if "fwmask" in entry else ""
    return RoutingRule(
        priority=entry["priority"],
        source=_parse_prefix(entry, "src"),
        destination=_parse_prefix(entry, "dst"),
        iif=entry.get("iif"),
        oif=entry.get("oif"),
        mark=f"{entry['fwmark']}{mask}" if "fwmark" in entry else None,
        table=entry.get("table"),
        action=entry.get("action", ""),
        inverted="not" in entry,
    )


def _parse_prefix(entry: Mapping[str, Any], name: str) -> str:
    address = str(entry.get(name, "all"))
    return f"{address}/{entry[f'{name}len']}" if f"{name}len" in entry else address
