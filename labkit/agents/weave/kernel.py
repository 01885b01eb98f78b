"""What is made on a node, as real commands: the bridge and its cable to the agent, the kernel's VXLAN, NAT, a pod's cable. plan_ is pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from ipaddress import IPv4Network

from labkit.agents.kit.kernel import ensure_jump, ensure_rules, force_batch, run, run_batch, succeeds
from labkit.agents.weave import vxlan
from labkit.agents.weave.datapath import PCAP
from labkit.agents.weave.names import plan_bridge_mac, render_name
from labkit.world import run_program

BRIDGE = "weave"
PORT = "vethwe-bridge"
_LARGEST_MTU = 65535


def plan_bridge(peer: bytes, mtu: int) -> list[str]:
    """Lines for `ip -batch`. The agent's end answers no ARP: it is nobody's interface."""
    return [
        f"link add {BRIDGE} address {render_name(plan_bridge_mac(peer))} mtu {mtu} type bridge",
        f"link add {PORT} mtu {_LARGEST_MTU} type veth peer name {PCAP} mtu {_LARGEST_MTU}",
        f"link set {PORT} master {BRIDGE} up",
        f"link set {PCAP} arp off up",
        f"link set {BRIDGE} mtu {mtu} up",
    ]


def plan_nat(pool: str) -> str:
    """As iptables-save has it: who comes from outside the pool or goes there is seen as the node."""
    return f"""*nat
:WEAVE - [0:0]
-A WEAVE -s {pool} -d 224.0.0.0/4 -j RETURN
-A WEAVE ! -s {pool} -d {pool} -j MASQUERADE
-A WEAVE -s {pool} ! -d {pool} -j MASQUERADE
COMMIT
"""


def plan_cable(host: str, inside: str, mac: str, mtu: int) -> list[str]:
    """A pod's cable, its inner end under a name that is free on the node too. The MTU that counts is the pod's own."""
    return [
        f"link add {host} mtu {_LARGEST_MTU} type veth peer name {inside} address {mac} mtu {mtu}",
        f"link set {host} master {BRIDGE} up",
    ]


def plan_pod(inside: str, link: str, address: str, gateway: str) -> list[str]:
    """In the pod, the cable's end being there already."""
    return [
        f"link set {inside} name {link}",
        f"addr add {address} dev {link}",
        f"link set {link} up",
        f"route add default via {gateway} dev {link}",
    ]


def ensure_bridge(peer: bytes, mtu: int) -> bool:
    """The bridge with the agent's port; whether it was not there before. Frames leave towards the agent whole: checksums finished, nothing left to be cut up."""
    new = not succeeds("ip", "link", "show", BRIDGE)
    if new:
        run_batch(plan_bridge(peer, mtu))
    run(["ethtool", "-K", PORT, "tx", "off"])
    run(["sysctl", "-qw", "net.ipv4.ip_forward=1"])
    return new


def ensure_nat(pool: str) -> None:
    """Weave's chain in the nat table."""
    ensure_rules(plan_nat(pool))
    ensure_jump("nat", "POSTROUTING", "-j", "WEAVE")


def ensure_vxlan(mtu: int) -> None:
    """The kernel's device. It and the agent's port do not talk to each other: what came from one overlay stays out of the other."""
    if not succeeds("ip", "link", "show", vxlan.DEVICE):
        run_batch(vxlan.plan_device(mtu))
    run_batch([f"link set dev {port} isolated on" for port in (vxlan.DEVICE, PORT)], program="bridge")


def del_vxlan() -> None:
    """Take it away; there may be none."""
    run_program(["ip", "link", "del", vxlan.DEVICE])
    run_program(["bridge", "link", "set", "dev", PORT, "isolated", "off"])


def ensure_entries(gone: Sequence[str], new: Sequence[str]) -> list[str]:
    """The VXLAN's peers, by their addresses; what bridge and VXLAN have learned is forgotten where it may lie the other way now.

    Somebody else may have changed the same: what can't be done is said in the answer, and the rest is done all the same.
    """
    learned = run_program(["bridge", "fdb", "show", "dev", vxlan.DEVICE]).stdout
    lines = [vxlan.plan_entry(each, add=False) for each in gone]
    lines += vxlan.plan_forgetting(learned, gone)
    lines += [vxlan.plan_entry(each, add=True) for each in new]
    flush = [f"link set {port} type bridge_slave fdb_flush" for port in (vxlan.DEVICE, PORT)]
    return force_batch(lines, program="bridge") + force_batch(flush)


def del_address(address: str) -> None:
    """The bridge's, which somebody else has now; it may be gone."""
    run_program(["ip", "addr", "del", address, "dev", BRIDGE])


def list_overlaps(pool: IPv4Network) -> list[str]:
    """Routes of this node, besides the bridge's own, to a part of the pool: prefix and link."""
    routes = json.loads(run(["ip", "-j", "-4", "route"]) or "[]")
    found = [(route["dst"], route.get("dev", "")) for route in routes if route["dst"] != "default"]
    return [f"{dst} dev {dev}" for dst, dev in found if dev != BRIDGE and IPv4Network(dst).overlaps(pool)]


def del_bridge() -> None:
    """The bridge and the agent's cable."""
    for name in (BRIDGE, PORT):
        run_program(["ip", "link", "del", name])


def ensure_address(address: str) -> None:
    """The bridge's own."""
    run(["ip", "addr", "replace", address, "dev", BRIDGE])
