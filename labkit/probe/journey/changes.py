"""What happened to a packet between two sightings, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from labkit.net import Layer

_PORTED = ("TCP", "UDP")
_PLAIN = ("Ether", "IP", "Raw")  # say nothing about the wrapping beyond its addresses


@dataclass(frozen=True)
class Parts:
    """A frame's layers: what it is wrapped in, and the packet itself from its innermost Ethernet or IP header on."""

    outer: tuple[Layer, ...]
    inner: tuple[Layer, ...]


def plan_parts(layers: Sequence[Layer]) -> Parts:
    """Cut before the innermost packet; quoted headers (IPerror) are none."""
    at = max((number for number, layer in enumerate(layers) if layer.name == "IP"), default=0)
    start = at - 1 if at and layers[at - 1].name == "Ether" else at
    return Parts(tuple(layers[:start]), tuple(layers[start:]))


def describe_changes(before: Sequence[Layer], after: Sequence[Layer]) -> tuple[str, ...]:
    """`TTL 64 -> 63`, `source NAT a -> b`, `wrapped in VXLAN …`: nothing when the packet only moved."""
    old, new = plan_parts(before), plan_parts(after)
    depth = _compute_depth(new) - _compute_depth(old)
    longer = _read_length(new) - _read_length(old)
    if not depth and longer:  # a wrapping that is not decoded looks like another packet, longer by it
        return (
            f"wrapped in {describe_outer(new.inner)}"
            if longer > 0
            else f"unwrapped: {describe_outer(old.inner)} taken off",
        )
    if depth:
        wrapping = (
            f"wrapped in {describe_outer(new.outer)}"
            if depth > 0
            else f"unwrapped: {describe_outer(old.outer)} taken off"
        )
        return (wrapping, *_describe_headers(old.inner, new.inner, with_mac=False))
    outside = [f"outside: {change}" for change in _describe_headers(old.outer, new.outer)]
    return (*outside, *_describe_headers(old.inner, new.inner))


def _compute_depth(parts: Parts) -> int:
    return sum(layer.name == "IP" for layer in parts.outer)


def _read_length(parts: Parts) -> int:
    return int(next((layer.fields.get("len") or 0 for layer in parts.inner if layer.name == "IP"), 0))


def describe_outer(outer: Sequence[Layer]) -> str:
    """`VXLAN 1 over UDP port 8472, 192.168.0.11 -> 192.168.0.12`."""
    ip = _index(outer).get("IP", {})
    words = [word for layer in reversed(outer) if (word := _name_layer(layer))]
    return f"{' over '.join(words) or 'IP'}, {ip.get('src')} -> {ip.get('dst')}"


def _name_layer(layer: Layer) -> str:
    if layer.name == "UDP":
        return f"UDP port {layer.fields['dport']}"
    if layer.name == "VXLAN":
        return f"VXLAN {layer.fields['vni']}"
    return "" if layer.name in _PLAIN else layer.name


def _describe_headers(old: Sequence[Layer], new: Sequence[Layer], *, with_mac: bool = True) -> Iterator[str]:
    before, after = _index(old), _index(new)
    if with_mac and "Ether" in before and "Ether" in after:
        yield from _describe_mac(before["Ether"], after["Ether"])
    if "IP" in before and "IP" in after:
        if before["IP"]["ttl"] != after["IP"]["ttl"]:
            yield f"TTL {before['IP']['ttl']} -> {after['IP']['ttl']}"
        yield from _describe_nat(before, after)


def _describe_mac(old: Any, new: Any) -> Iterator[str]:
    if (old["src"], old["dst"]) != (new["src"], new["dst"]):
        yield f"MAC rewritten: from {new['src']} to {new['dst']}"


def _describe_nat(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for what, field, port in (("source", "src", "sport"), ("destination", "dst", "dport")):
        old, new = (_find_end(layers, field, port) for layers in (before, after))
        if old != new:
            with_port = old[1] != new[1]  # one that stayed would only hide what changed
            ends = [f"{address}:{number}" if with_port else address for address, number in (old, new)]
            yield f"{what} NAT {' -> '.join(ends)}"


def _find_end(layers: dict[str, Any], field: str, port: str) -> tuple[str, int]:
    ported: dict[str, Any] = next((layers[name] for name in _PORTED if name in layers), {})
    return str(layers["IP"][field]), int(ported.get(port, 0))


def _index(layers: Sequence[Layer]) -> dict[str, Any]:
    """Fields by name; the first of a name counts, the payload's own headers do not."""
    found: dict[str, Any] = {}
    for layer in layers:
        found.setdefault(layer.name, layer.fields)
    return found
