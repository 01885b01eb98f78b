"""What is made on a node, as real commands: the bridge and its cable to the agent, the kernel's VXLAN, NAT, a pod's cable. plan_ is pure."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.cni.weave import vxlan
from labkit.cni.weave.datapath import PCAP
from labkit.cni.weave.names import plan_bridge_mac, render_name
from labkit.errors import LabkitError
from labkit.world import run_host

BRIDGE = "weave"
PORT = "vethwe-bridge"
_LARGEST_MTU = 65535


class KernelError(LabkitError):
    """The kernel refused something."""


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
    """For `iptables-restore --noflush`: who comes from outside the pool or goes there is seen as the node."""
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


def run_batch(lines: Sequence[str], *, netns: str = "", program: str = "ip") -> None:
    """Carry out lines of `ip -batch` or `bridge -batch`, in another network namespace (its path) if one is named."""
    where = ["nsenter", f"--net={netns}"] if netns else []
    done = run_host([*where, program, "-batch", "-"], stdin="\n".join(lines) + "\n")
    if done.status:
        raise KernelError(f"{program}: {done.stderr.strip()}", hint="; ".join(f"{program} {line}" for line in lines))


def ensure_bridge(peer: bytes, mtu: int) -> None:
    """The bridge with the agent's port. Frames leave towards the agent whole: checksums finished, nothing left to be cut up."""
    if run_host(["ip", "link", "show", BRIDGE]).status:
        run_batch(plan_bridge(peer, mtu))
    _run(["ethtool", "-K", PORT, "tx", "off"])
    _run(["sysctl", "-qw", "net.ipv4.ip_forward=1"])


def ensure_nat(pool: str) -> None:
    """Weave's chain in the nat table."""
    _run(["iptables-restore", "--noflush"], stdin=plan_nat(pool))
    if run_host(["iptables", "-t", "nat", "-C", "POSTROUTING", "-j", "WEAVE"]).status:
        _run(["iptables", "-t", "nat", "-A", "POSTROUTING", "-j", "WEAVE"])


def ensure_vxlan(mtu: int) -> None:
    """The kernel's device. It and the agent's port do not talk to each other: what came from one overlay stays out of the other."""
    if run_host(["ip", "link", "show", vxlan.DEVICE]).status:
        run_batch(vxlan.plan_device(mtu))
    run_batch([f"link set dev {port} isolated on" for port in (vxlan.DEVICE, PORT)], program="bridge")


def del_vxlan() -> None:
    """Take it away; there may be none."""
    run_host(["ip", "link", "del", vxlan.DEVICE])
    run_host(["bridge", "link", "set", "dev", PORT, "isolated", "off"])


def ensure_entries(gone: Sequence[str], new: Sequence[str]) -> str:
    """The VXLAN's peers, by their addresses; what bridge and VXLAN have learned is forgotten where it may lie the other way now.

    Somebody else may have changed the same: what can't be done is said in the answer, and the rest is done all the same.
    """
    learned = run_host(["bridge", "fdb", "show", "dev", vxlan.DEVICE]).stdout
    lines = [vxlan.plan_entry(each, add=False) for each in gone]
    lines += vxlan.plan_forgetting(learned, gone)
    lines += [vxlan.plan_entry(each, add=True) for each in new]
    said = run_host(["bridge", "-force", "-batch", "-"], stdin="\n".join(lines) + "\n").stderr
    for port in (vxlan.DEVICE, PORT):
        said += run_host(["ip", "link", "set", port, "type", "bridge_slave", "fdb_flush"]).stderr
    return said


def ensure_address(address: str) -> None:
    """The bridge's own."""
    _run(["ip", "addr", "replace", address, "dev", BRIDGE])


def _run(argv: Sequence[str], *, stdin: str = "") -> None:
    done = run_host(argv, stdin=stdin)
    if done.status:
        raise KernelError(f"{' '.join(argv)}: {done.stderr.strip()}", hint=f"to see it: {' '.join(argv)}")
