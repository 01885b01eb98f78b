"""Everything an agent knows, as JSON: `weave report`, from which the status texts are made. Pure but for the clock."""

from __future__ import annotations

import time
from typing import Any

from labkit.agents.weave import sleeve
from labkit.agents.weave.connection import Connection
from labkit.agents.weave.datapath import Datapath
from labkit.agents.weave.forward import HERE
from labkit.agents.weave.ipam import Ipam
from labkit.agents.weave.mesh import Mesh
from labkit.agents.weave.names import plan_bridge_mac, plan_name, render_name
from labkit.agents.weave.options import UNDERLAY
from labkit.agents.weave.space import EXPOSE
from labkit.agents.weave.topology import render_peer


def plan_report(mesh: Mesh, ipam: Ipam, datapath: Datapath, gateway: str) -> dict[str, Any]:
    """One object; keys are ours, Weave's report has another form."""
    return {
        "name": render_name(mesh.me),
        "nickname": mesh.options.nickname,
        "pool": mesh.options.pool,
        "gateway": gateway,
        "mtu": mesh.options.bridge_mtu,
        "fastdp": mesh.options.fastdp,
        "targets": mesh.targets,
        "refusals": mesh.refusals,
        "connections": [_plan_connection(each, mesh) for each in mesh.connections.values()],
        "peers": [render_peer(peer) for peer in mesh.known.values()],
        "ipam": _plan_ipam(mesh, ipam),
        "containers": _plan_containers(mesh, ipam),
        "forwarding": _plan_forwarding(datapath),
        "macs": _plan_macs(datapath),
        "counts": dict(datapath.counts) | {"refused_connections": mesh.refused},
    }


def _plan_connection(connection: Connection, mesh: Mesh) -> dict[str, Any]:
    sleeve_mtu = sleeve.compute_mtu(UNDERLAY)
    return {
        "peer": render_name(connection.peer),
        "nickname": connection.nickname,
        "address": f"{connection.address}:{connection.port}",
        "outbound": connection.outbound,
        "state": "established" if connection.uses else "pending",
        "overlay": connection.uses,
        "mtu": min(sleeve_mtu, mesh.options.bridge_mtu) if connection.uses == "sleeve" else mesh.options.bridge_mtu,
        "why": "" if connection.uses else connection.explain(time.monotonic()),
    }


def _plan_ipam(mesh: Mesh, ipam: Ipam) -> list[dict[str, Any]]:
    nicknames = {peer.name: peer for peer in mesh.known.values()}
    ring = ipam.space.ring
    rows = []
    for peer, size in sorted(ring.count().items()):
        known = nicknames.get(render_name(peer))
        rows.append(
            {
                "peer": render_name(peer),
                "nickname": known.nickname if known else "",
                "addresses": size,
                "share": size / (ring.end - ring.start),
                "given": known.given if known else None,
                "ranges": [
                    [ipam.render_address(start), ipam.render_address(end - 1)] for start, end in ring.list_owned(peer)
                ],
            }
        )
    return rows


def _plan_containers(mesh: Mesh, ipam: Ipam) -> list[dict[str, Any]]:
    bridge = render_name(plan_bridge_mac(mesh.me))
    return [
        {
            "container": container,
            "mac": bridge if container == EXPOSE else render_name(plan_name(container)),
            "address": ipam.render_address(number),
        }
        for container, number in ipam.space.given.items()
    ]


def _plan_forwarding(datapath: Datapath) -> dict[str, Any]:
    return {
        "by": str(datapath.guest.path) if datapath.guest else "own rules",
        "decisions": datapath.counts["guest_decisions"],
        "failed": datapath.guest_failed,
        "seconds": round(datapath.guest.seconds, 6) if datapath.guest else 0.0,
    }


def _plan_macs(datapath: Datapath) -> list[dict[str, Any]]:
    now = time.monotonic()
    return [
        {"mac": render_name(mac), "peer": "" if place == HERE else render_name(place), "age": round(now - seen, 1)}
        for mac, place, seen in datapath.macs.list_all()
    ]
