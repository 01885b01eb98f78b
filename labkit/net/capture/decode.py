"""Frames taken apart: layers outermost first, with scapy's names and fields."""

from __future__ import annotations

import functools
import os
import struct
import sys
import threading
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.net.capture.frame import Frame

WEAVE_SLEEVE: Final = 6783
WEAVE_FASTDP: Final = 6784
FLANNEL_UDP: Final = 8285
_PREPARING: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Layer:
    """`name` as scapy's class (Ether, ARP, IP, UDP, TCP, ICMP, VXLAN …); values are int, str, list or None.

    Bytes (the `load` of Raw) are given as hexadecimal digits, flags as letters.
    """

    name: str
    fields: Mapping[str, Any]


def decode(frame: Frame, *, payload: bytes = b"") -> list[Layer]:
    """Give the layers of one frame; what scapy does not know is Raw.

    `payload`: a datagram that is exactly these bytes is not taken apart, whatever its port says.
    """
    layers: list[Layer] = []
    for layer in _list_layers(_load().dissect(frame)):
        if payload and layers and layer.original == payload:
            return [*layers, Layer("Raw", {"load": payload.hex()})]
        layers.append(_plan_layer(layer))
    return layers


def write_pcap(path: str, frames: list[Frame]) -> None:
    """Write pcapng for Wireshark; each link is an interface of its own, `worker1:eth0`, with directions."""
    scapy = _load()
    scapy.write(path, [_mark(scapy.dissect(frame), frame) for frame in frames])


@dataclass(frozen=True, slots=True)
class _Scapy:
    """The parts of scapy used here; importing it takes about 0.3 s, so it waits until a frame is looked at."""

    ether: Any
    ip: Any
    raw: Any
    write: Any

    def dissect(self, frame: Frame) -> Any:
        try:
            return (self.ether if frame.has_ethernet else self.ip)(frame.data)
        except struct.error:  # shorter than a header; of inner layers scapy makes Raw itself
            return self.raw(frame.data)


@functools.cache
def _load() -> _Scapy:
    _prepare()
    from scapy.layers import dns  # noqa: F401 - port 53 is taken apart once this is loaded
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    from scapy.layers.vxlan import VXLAN
    from scapy.packet import Raw, bind_layers
    from scapy.utils import wrpcapng

    bind_layers(UDP, VXLAN, dport=WEAVE_FASTDP)
    bind_layers(UDP, _define_sleeve(), dport=WEAVE_SLEEVE)
    bind_layers(UDP, IP, dport=FLANNEL_UDP)  # flannel's udp backend: the bare packet
    return _Scapy(Ether, IP, Raw, wrpcapng)


def _prepare() -> None:
    """Scapy keeps nothing in anybody's home, and does not spend half its time on a list of Ethernet cards' makers (scapy 2.8)."""
    with _PREPARING:
        places = {name: os.environ.get(name) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        os.environ.update(dict.fromkeys(places, os.devnull))
        try:
            import scapy.main  # noqa: F401 - it looks for its folders now, and makes them
        finally:
            for name, value in places.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
    makers = types.ModuleType("scapy.libs.manuf")
    makers.__dict__["DATA"] = ""
    sys.modules.setdefault(makers.__name__, makers)


def _define_sleeve() -> Any:
    """Weave's sleeve, which scapy does not know: the sender's name, then a frame with its two peers and its length."""
    from scapy.fields import LenField, MACField
    from scapy.layers.l2 import Ether
    from scapy.packet import Packet, bind_layers

    class Sleeve(Packet):  # type: ignore[misc]
        name = "Sleeve"
        fields_desc = (
            MACField("sender", None), MACField("source", None), MACField("destination", None), LenField("length", None)
        )  # fmt: skip

    bind_layers(Sleeve, Ether)
    return Sleeve


def _list_layers(packet: Any) -> Iterator[Any]:
    while packet:
        if packet.name != "Padding":
            yield packet
        packet = packet.payload


def _plan_layer(layer: Any) -> Layer:
    return Layer(type(layer).__name__, {name: _plain(value) for name, value in layer.fields.items()})


def _plain(value: Any) -> Any:
    """Make a field's value fit for JSON."""
    if value is None or type(value) in {int, str, bool}:
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return str(value)


def _mark(packet: Any, frame: Frame) -> Any:
    packet.time = frame.time / 10**9
    packet.sniffed_on = f"{frame.machine}:{frame.link}"
    packet.direction = 1 if frame.direction == "in" else 2
    return packet
