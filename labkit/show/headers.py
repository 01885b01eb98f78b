"""A packet's headers in words: in a line, and field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from labkit.net import Layer

_HIDDEN: Final = ("Ether", "Raw", "Padding")
_ENDS: Final = (("src", "dst"), ("sport", "dport"), ("psrc", "pdst"))
_SHOWN: Final[Mapping[str, str]] = {"flags": "", "vni": ""}  # of TCP and VXLAN
_LONG: Final = 48  # characters of a field's value; a payload has more
_ETHER_TYPES: Final = {0x0800: "IPv4", 0x0806: "ARP", 0x86DD: "IPv6", 0x8100: "VLAN"}
_PROTOCOLS: Final = {1: "ICMP", 2: "IGMP", 4: "IP in IP", 6: "TCP", 17: "UDP", 47: "GRE", 58: "ICMPv6"}
_ICMP: Final = {0: "echo reply", 3: "unreachable", 5: "redirect", 8: "echo request", 11: "time exceeded"}
_ARP: Final = {1: "request", 2: "reply"}
_PORTS: Final = {
    53: "DNS",
    4789: "VXLAN",
    6783: "Weave's sleeve",
    6784: "Weave's VXLAN",
    8285: "flannel's udp",
    8472: "flannel's VXLAN",
}
_FLAGS: Final = {"S": "SYN", "A": "ACK", "F": "FIN", "R": "RST", "P": "PSH", "U": "URG", "E": "ECE", "C": "CWR"}
# (header, field) -> what its number says; written in hexadecimal where the field is known so
_WORDS: Final[Mapping[tuple[str, str], Mapping[int, str]]] = {
    ("Ether", "type"): _ETHER_TYPES,
    ("ARP", "ptype"): _ETHER_TYPES,
    ("ARP", "hwtype"): {1: "Ethernet"},
    ("ARP", "op"): _ARP,
    ("IP", "proto"): _PROTOCOLS,
    ("ICMP", "type"): _ICMP,
    ("UDP", "sport"): _PORTS,
    ("UDP", "dport"): _PORTS,
    ("VXLAN", "NextProtocol"): {0: "none"},
}
_HEXADECIMAL: Final = {("Ether", "type"): 4, ("ARP", "ptype"): 4, ("VXLAN", "gpid"): 4}
_CHECKSUM: Final = 4


def render_headers(layers: Sequence[Layer]) -> str:
    """Outermost first, what decides: `IP 10.244.1.2 -> 10.244.1.4 ttl 64 | ICMP echo-request`; MACs are left to the changes."""
    return " | ".join(text for layer in layers if (text := _render_layer(layer)))


def _render_layer(layer: Layer) -> str:
    if layer.name in _HIDDEN:
        return ""
    words = [layer.name]
    words += [f"{layer.fields[a]} -> {layer.fields[b]}" for a, b in _ENDS if a in layer.fields]
    words += [
        f"{_SHOWN[field]}{value}" for field, value in layer.fields.items() if field in _SHOWN and layer.name != "IP"
    ]
    words += [f"ttl {layer.fields['ttl']}"] if layer.name == "IP" else []
    kind = layer.fields.get("type")
    words += [_ICMP[kind].replace(" ", "-") if kind in _ICMP else str(kind)] if layer.name == "ICMP" else []
    return " ".join(words)


def render_fields(layer: Layer) -> str:
    """Every field with its value, numbers in words: `type 0x0800 (IPv4), src 02:…`; empty ones are left out."""
    shown = [(name, value) for name, value in layer.fields.items() if value not in (None, "", [])]
    return ", ".join(f"{name} {_render_value(layer.name, name, value)}" for name, value in shown)


def _render_value(header: str, field: str, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return _render_number(header, field, value)
    text = str(value)
    if field == "load":
        text = f"{len(text) // 2} bytes: {text}"
    elif (header, field) == ("TCP", "flags"):
        text = f"{text} ({', '.join(_FLAGS[letter] for letter in text if letter in _FLAGS)})"
    return text if len(text) <= _LONG else text[:_LONG] + "…"


def _render_number(header: str, field: str, value: int) -> str:
    digits = _HEXADECIMAL.get((header, field)) or (_CHECKSUM if field == "chksum" else 0)
    number = f"0x{value:0{digits}x}" if digits else str(value)
    word = _WORDS.get((header, field), {}).get(value)
    return f"{number} ({word})" if word else number
