"""`weave status …` and `weave ps` as Weave prints them, from an agent's report. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labkit.agents.weave.sleeve import PORT

Report = Mapping[str, Any]
_SHORT = 12  # digits of a container's id


def render_status(report: Report) -> str:
    """The summary."""
    connections = [*report["connections"], *_list_unconnected(report)]
    up = sum(each["state"] == "established" for each in report["connections"])
    whole = sum(hop["established"] for peer in report["peers"] for hop in peer["connections"])
    states = f"{up} established" + (f", {len(connections) - up} failed or pending" if len(connections) > up else "")
    services = {
        "router": {
            "Protocol": "labkit-weave (a stand-in: as Weave Net 2.8, without encryption)",
            "Name": f"{report['name']}({report['nickname']})",
            "Encryption": "disabled",
            "PeerDiscovery": "enabled",
            "Targets": len(report["targets"]),
            "Connections": f"{len(connections)} ({states})" if connections else 0,
            "Peers": f"{len(report['peers'])} (with {whole} established connections)",
            "Forwarding": _describe_forwarding(report["forwarding"]),
            "TrustedSubnets": "none",
        },
        "ipam": {"Status": "ready", "Range": report["pool"], "DefaultSubnet": report["pool"]},
    }
    return "\n".join(f"\n        Service: {name}\n{_render_fields(fields)}" for name, fields in services.items())


def _render_fields(fields: Mapping[str, Any]) -> str:
    return "\n".join(f"{name:>15}: {value}" for name, value in fields.items())


def _describe_forwarding(forwarding: Mapping[str, Any]) -> str:
    if forwarding["failed"]:
        return f"own rules, because {forwarding['failed']}"
    if forwarding["by"] == "own rules":
        return "own rules"
    return f"{forwarding['by']} ({forwarding['decisions']} decisions, {1000 * forwarding['seconds']:.3g} ms each)"


def render_connections(report: Report) -> str:
    """A line for each: direction, address, state, encryption, way, peer."""
    lines = [
        f"{'->' if each['outbound'] else '<-'} {each['address']:<21} {each['state']:<11} unencrypted "
        f"{each['overlay'] or '':<6} {each['peer']}({each['nickname']})"
        + (f" mtu={each['mtu']}" if each["overlay"] else f" {each['why']}")
        for each in sorted(report["connections"], key=lambda each: str(each["peer"]))
    ]
    lines += [
        f"{each['sign']} {each['address']:<21} {each['state']:<11} {each['why']}".rstrip()
        for each in _list_unconnected(report)
    ]
    return "\n".join(lines)


def _list_unconnected(report: Report) -> Iterator[dict[str, str]]:
    connected = {each["address"].rpartition(":")[0] for each in report["connections"]}
    for address, state in report["targets"].items():
        if address not in connected:
            known = state == "connecting"
            yield {
                "sign": "->",
                "address": f"{address}:{PORT}",
                "state": state if known else "retrying",
                "why": "" if known else state,
            }
    for address, why in report["refusals"].items():
        if address not in connected and address not in report["targets"]:
            yield {"sign": "<-", "address": address, "state": "failed", "why": why}


def render_peers(report: Report) -> str:
    """Every peer, and under it its connections as it sees them."""
    nicknames = {peer["name"]: peer["nickname"] for peer in report["peers"]}
    lines = []
    for peer in sorted(report["peers"], key=lambda peer: str(peer["name"])):
        lines.append(f"{peer['name']}({peer['nickname']})")
        lines += [
            f"   {'->' if hop['outbound'] else '<-'} {hop['address']:<21} "
            f"{hop['peer']}({nicknames.get(hop['peer'], '?')})".ljust(56)
            + ("established" if hop["established"] else "pending")
            for hop in peer["connections"]
        ]
    return "\n".join(lines)


def render_ipam(report: Report) -> str:
    """How many addresses each peer has."""
    return "\n".join(
        f"{row['peer']}({row['nickname']})".ljust(32)
        + f" {row['addresses']:>8} IPs ({100 * row['share']:04.1f}% of total)"
        + ("" if row["given"] is None else f" ({row['given']} active)")
        + (" - unreachable!" if not row["nickname"] else "")
        for row in report["ipam"]
    )


def render_containers(report: Report) -> str:
    """`weave ps`: container, MAC, address."""
    return "\n".join(f"{each['container'][:_SHORT]} {each['mac']} {each['address']}" for each in report["containers"])
