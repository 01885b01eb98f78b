"""The names that Calico gives to links, workloads and addresses' owners (libcalico-go, cni-plugin: release-v3.20)."""

from __future__ import annotations

import hashlib
from typing import Final

VERSION: Final = "v3.20.3"  # of Calico: whose words these programs have
PREFIX: Final = "cali"  # the first of FELIX_INTERFACEPREFIX
_LETTERS: Final = 11  # of the hash: a link's name has at most 15


def name_link(namespace: str, pod: str) -> str:
    """The node's end of a pod's veth: the same for every pod of this name, so that it can be told without asking."""
    return PREFIX + hashlib.sha1(f"{namespace}.{pod}".encode(), usedforsecurity=False).hexdigest()[:_LETTERS]


def name_workload(node: str, pod: str, interface: str = "eth0", orchestrator: str = "k8s") -> str:
    """A WorkloadEndpoint's name. A dash in a part is doubled, so that the parts can be told apart again."""
    return "-".join(part.replace("-", "--") for part in (node, orchestrator, pod, interface))


def parse_workload(name: str) -> tuple[str, str, str, str]:
    """The node, orchestrator, pod and interface of such a name. Raises ValueError when it is none."""
    parts = [part.replace("\0", "-") for part in name.replace("--", "\0").split("-")]
    if len(parts) != len(("node", "orchestrator", "pod", "interface")):
        raise ValueError(f"{name!r} is no workload endpoint's name")
    node, orchestrator, pod, interface = parts
    return node, orchestrator, pod, interface


def name_handle(network: str, container: str) -> str:
    """Who holds a pod's address: the conflist's name and the container's id."""
    return f"{network}.{container}"


def name_tunnel_handle(kind: str, node: str) -> str:
    """Who holds the address of a node's tunnel; `kind`: ipip, vxlan or wireguard."""
    return f"{kind}-tunnel-addr-{node}"


def name_vtep_mac(node: str) -> str:
    """The MAC address of vxlan.calico: an f, then the node's name hashed."""
    digest = hashlib.sha1(node.encode(), usedforsecurity=False).digest()
    return ":".join(f"{byte:02x}" for byte in (0x66, *digest[:5]))
