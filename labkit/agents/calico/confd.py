"""confd: BIRD's three files out of Calico's objects (projectcalico/confd release-v3.20, etc/calico/confd/templates), in the words of BIRD 2.

Calico's own BIRD is an older line (1.6) with an attribute of its own, krt_tunnel; the same routes come out of `ifname`, `onlink` and `gw`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

FILES: Final = ("bird.cfg", "bird_aggr.cfg", "bird_ipam.cfg")
FOLDER: Final = "/etc/calico/confd/config"
_TEMPLATES: Final = Path(__file__).with_name("templates")
_SINGLE: Final = 32


@dataclass(frozen=True)
class PoolConf:
    """What BIRD has to know of an IPPool; `ipip`, `vxlan`: Always, CrossSubnet or Never."""

    cidr: str
    ipip: str = "Never"
    vxlan: str = "Never"
    disable_export: bool = False


@dataclass(frozen=True)
class BlockConf:
    """A block affine to this node; only a confirmed one is told to others."""

    cidr: str
    confirmed: bool = True

    @property
    def single(self) -> bool:
        """A block of one address needs no black hole: its pod's route is the same."""
        return ipaddress.IPv4Network(self.cidr).prefixlen == _SINGLE


@dataclass(frozen=True)
class Peer:
    """Whom BIRD shall talk to. `client`: we are a reflector, and it is none of our cluster."""

    address: str
    as_number: int = 64512
    port: int = 0
    password: str = ""
    restart: int = 0
    source: bool = True
    client: bool = False
    keep_next_hop: bool = False
    passive: bool = False

    @property
    def label(self) -> str:
        """As it stands in the protocol's name, which calicoctl reads."""
        return self.address.replace(".", "_") + (f"_port_{self.port}" if self.port else "")


@dataclass(frozen=True)
class NodeConf:
    """All that one node's files are made of. `interface`: its address with the length of its subnet; `mesh`: the other nodes'
    addresses, None where the mesh is switched off; `cluster_id`: where this node is a route reflector.
    """

    name: str
    interface: str
    as_number: int = 64512
    pools: Sequence[PoolConf] = ()
    blocks: Sequence[BlockConf] = ()
    mesh: Sequence[Peer] | None = ()
    global_peers: Sequence[Peer] = ()
    node_peers: Sequence[Peer] = ()
    cluster_id: str = ""
    router_id: str = ""

    @property
    def address(self) -> str:
        """Without the length."""
        return self.interface.partition("/")[0]


def plan_mesh(own: str, others: Sequence[Peer]) -> list[Peer]:
    """Every other node. Of two nodes the one whose address, as text, is greater calls; the other waits (`passive`)."""
    return [replace(peer, passive=peer.address > own) for peer in others if peer.address != own]


def render_files(node: NodeConf) -> dict[str, str]:
    """File name -> text, for the folder /etc/calico/confd/config."""
    values = _plan_values(node)
    return {name: _find_template(name).render(values) for name in FILES}


def _plan_values(node: NodeConf) -> dict[str, Any]:
    return {
        "address": node.address,
        "subnet": str(ipaddress.IPv4Interface(node.interface).network),
        "router_id": node.router_id or node.address,
        "as_number": node.as_number,
        "pools": node.pools,
        "blocks": node.blocks,
        "mesh": node.mesh is not None,
        "mesh_peers": plan_mesh(node.address, node.mesh or ()),
        "groups": (("Global peers", "Global", node.global_peers), ("Node-specific peers", "Node", node.node_peers)),
        "cluster_id": node.cluster_id,
    }


@cache
def _find_template(name: str) -> Any:
    import jinja2

    return jinja2.Template(
        (_TEMPLATES / f"{name}.j2").read_text(encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
