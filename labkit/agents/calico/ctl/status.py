"""`calicoctl node status`: what the live BIRD of this node tells of its neighbours (calicoctl v3.20, commands/node/status.go)."""

from __future__ import annotations

from labkit.agents.calico.sessions import Session
from labkit.agents.calico.tables import render_box

_HEADS = ("Peer address", "Peer type", "State", "Since", "Info")


def render_status(sessions: list[Session] | None) -> str:
    """None: no BIRD answers."""
    if sessions is None:
        return "Calico process is not running.\n"
    rows = [(each.address, each.kind, each.state, each.since, each.info) for each in sessions]
    peers = render_box(_HEADS, rows) if rows else "No IPv4 peers found.\n"
    return f"Calico process is running.\n\nIPv4 BGP status\n{peers}\nIPv6 BGP status\nNo IPv6 peers found.\n\n"
