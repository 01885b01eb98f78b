"""`calicoctl`: Calico's command line (v3.20.3), as far as the course needs it; what it tells comes from this node's live BIRD."""

from __future__ import annotations

import argparse

from labkit.agents.calico.sessions import Session, read_sessions
from labkit.agents.calico.tables import render_box

_HEADS = ("Peer address", "Peer type", "State", "Since", "Info")


def main() -> int:
    """One command; its exit status."""
    _plan_parser().parse_args()
    sessions = read_sessions()
    print(render_status(sessions), end="")
    return 1 if sessions is None else 0


def _plan_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="calicoctl", description="labkit's stand-in for calicoctl v3.20.3: its words, the live BIRD of this node"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    node = commands.add_parser("node", help="about this node").add_subparsers(required=True, metavar="COMMAND")
    node.add_parser("status", help="the BGP sessions of this node's BIRD: its neighbours, not itself")
    return parser


def render_status(sessions: list[Session] | None) -> str:
    """`calicoctl node status`; None: no BIRD answers."""
    if sessions is None:
        return "Calico process is not running.\n"
    rows = [(each.address, each.kind, each.state, each.since, each.info) for each in sessions]
    peers = render_box(_HEADS, rows) if rows else "No IPv4 peers found.\n"
    return f"Calico process is running.\n\nIPv4 BGP status\n{peers}\nIPv6 BGP status\nNo IPv6 peers found.\n\n"
