"""The keys of net-conf.json and their types, as flannel's Go takes them: in any case, strict about types, unknown ones passed over.

Followed: flannel's pkg/subnet/config.go and pkg/backend/*. What flannel passes over in silence is told here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Key:
    """What may stand behind a key; `played`: whether it has an effect here."""

    kind: type
    played: bool = True


_WORDS: Final[Mapping[type, str]] = {
    bool: "true or false", int: "a number", str: "a string in quotes", dict: "an object in braces",
}  # fmt: skip
_ADDRESSES: Final = ("IPv6Network", "IPv6SubnetMin", "IPv6SubnetMax", "SubnetMin", "SubnetMax")
NET: Final[Mapping[str, Key]] = {
    "Network": Key(str), "Backend": Key(dict), "EnableIPv4": Key(bool, played=False), "EnableIPv6": Key(bool, played=False),
    "EnableNFTables": Key(bool, played=False), "SubnetLen": Key(int, played=False), "IPv6SubnetLen": Key(int, played=False),
    **{name: Key(str, played=False) for name in _ADDRESSES},
}  # fmt: skip
BACKENDS: Final[Mapping[str, Mapping[str, Key]]] = {
    "vxlan": {
        "Type": Key(str), "VNI": Key(int), "Port": Key(int), "MTU": Key(int), "DirectRouting": Key(bool),
        "GBP": Key(bool, played=False), "Learning": Key(bool, played=False),
    },
    "udp": {"Type": Key(str), "Port": Key(int)},
    "host-gw": {"Type": Key(str)},
}  # fmt: skip


def read_keys(data: Any, known: Mapping[str, Key], where: str = "") -> tuple[dict[str, Any], list[str]]:
    """The values by their keys as flannel writes them, and what is to be told of the others. Raises ValueError or TypeError naming the key."""
    if not isinstance(data, dict):
        raise TypeError(f"{where.rstrip('.') or 'it'} is {json.dumps(data)}: {_WORDS[dict]} is expected")
    names = {name.lower(): name for name in known}
    values: dict[str, Any] = {}
    notes = []
    for said, value in data.items():
        name = names.get(said.lower())
        if name is None:
            notes.append(f"{where}{said} is no key that flannel knows: it has no effect (known: {', '.join(known)})")
            continue
        _check(f"{where}{name}", value, known[name].kind)
        if not known[name].played and value:
            notes.append(f"{where}{name} has no effect here: flannel itself has it, this stand-in not")
        values[name] = value
    return values, notes


def _check(name: str, value: Any, kind: type) -> None:
    """JSON's true is no number, and "true" in quotes is no true."""
    if type(value) is not kind:
        raise ValueError(f"{name} is {json.dumps(value)}: {_WORDS[kind]} is expected")
