"""A link as the port of a bridge: hairpin, learning, isolation, state (linux/if_link.h, IFLA_BRPORT_)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from socket import AF_BRIDGE
from typing import Final, TypedDict, cast

from labkit.net.write import netlink
from labkit.net.write.link import RTM_SETLINK, pack_header
from labkit.net.write.netlink import Message
from labkit.net.write.request import Context, join_words, option, switch

IFLA_PROTINFO: Final = 12
_STATE: Final = 1
_STATES: Final = {"disabled": 0, "listening": 1, "learning": 2, "forwarding": 3, "blocking": 4}
_FLAGS: Final[Mapping[str, int]] = {
    "hairpin": 4,
    "guard": 5,
    "learning": 8,
    "flood": 9,
    "mcast_flood": 27,
    "bcast_flood": 30,
    "neigh_suppress": 32,
    "isolated": 33,
}


class PortFlags(TypedDict, total=False):
    """Flags of a bridge port; `state` is disabled, listening, learning, forwarding or blocking."""

    hairpin: bool
    guard: bool
    learning: bool
    flood: bool
    mcast_flood: bool
    bcast_flood: bool
    neigh_suppress: bool
    isolated: bool
    state: str


@dataclass(frozen=True, slots=True)
class SetPort:
    """A bridge port to be changed."""

    name: str
    flags: PortFlags

    def words(self) -> str:
        return f"RTM_SETLINK bridge port {self.name} {self._render()}"

    def command(self) -> str:
        return f"bridge link set dev {self.name} {self._render()}"

    def encode(self, context: Context) -> Message:
        given = cast("Mapping[str, object]", self.flags)
        parts = [netlink.u8(kind, bool(given[name])) for name, kind in _FLAGS.items() if name in given]
        if "state" in self.flags:
            parts.append(netlink.u8(_STATE, _STATES[self.flags["state"]]))
        body = pack_header(context.links.index(self.name), family=AF_BRIDGE)
        return Message(RTM_SETLINK, 0, body + netlink.nested(IFLA_PROTINFO, *parts))

    def _render(self) -> str:
        given = cast("Mapping[str, object]", self.flags)
        state = self.flags.get("state")
        number = None if state is None else _STATES[state]
        return join_words(*(switch(name, given.get(name)) for name in _FLAGS), option("state", number))
