"""What Calico's objects say, as values: what Felix, confd and calicoctl have in common (libcalico-go lib/backend/k8s, release-v3.20).

With the Kubernetes API as its store Calico keeps a node's facts as annotations of the Node, and a WorkloadEndpoint is a Pod.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.agents.calico.names import name_link, name_workload
from labkit.agents.calico.objects import AFFINITY, BGP_CONFIG, BGP_PEER, FELIX_CONFIG, NODE, POD, POOL
from labkit.agents.calico.store import Store

PREFIX: Final = "projectcalico.org/"
CNI_PREFIX: Final = "cni.projectcalico.org/"
NEVER: Final = "Never"
AS_NUMBER: Final = 64512
KINDS: Final = (NODE, POOL, AFFINITY, POD, BGP_PEER, BGP_CONFIG, FELIX_CONFIG)  # of which facts are made
_PORTED: Final = ("tcp", "udp", "sctp")
_ENDED: Final = ("Succeeded", "Failed")
Object = Mapping[str, Any]


@dataclass(frozen=True)
class NodeFacts:
    """`interface`: its address with the length of its subnet; `ipip`, `vxlan`: its tunnels' addresses; empty where there is none."""

    name: str
    interface: str = ""
    as_number: int = 0
    ipip: str = ""
    vxlan: str = ""
    vxlan_mac: str = ""
    cluster_id: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Without the length."""
        return self.interface.partition("/")[0]

    @property
    def subnet(self) -> ipaddress.IPv4Network:
        """The one that it is in."""
        return ipaddress.IPv4Interface(self.interface).network


@dataclass(frozen=True)
class PoolFacts:
    """An IPPool; `ipip`, `vxlan`: Always, CrossSubnet or Never."""

    name: str
    cidr: str
    ipip: str = NEVER
    vxlan: str = NEVER
    nat: bool = False
    disabled: bool = False
    disable_export: bool = False


@dataclass(frozen=True)
class BlockFacts:
    """A node's block; one that is not confirmed is about to be its own."""

    cidr: str
    node: str
    confirmed: bool = True


@dataclass(frozen=True)
class WorkloadFacts:
    """A pod with an address, and its cable's end on the node. `ports`: those that have names: name, protocol, number."""

    namespace: str
    pod: str
    node: str
    address: str
    account: str = "default"
    container: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[tuple[str, str, int], ...] = ()

    @property
    def link(self) -> str:
        """The node's end of its cable."""
        return name_link(self.namespace, self.pod)

    @property
    def name(self) -> str:
        """The WorkloadEndpoint's."""
        return name_workload(self.node, self.pod)

    @property
    def profiles(self) -> list[str]:
        """Its namespace's, its service account's."""
        return [f"kns.{self.namespace}", f"ksa.{self.namespace}.{self.account}"]


@dataclass(frozen=True)
class Facts:
    """All of it. `peers`: BGPPeers as objects; `bgp`: the default BGPConfiguration's spec; `felix`: each FelixConfiguration's, by name."""

    nodes: Sequence[NodeFacts] = ()
    pools: Sequence[PoolFacts] = ()
    blocks: Sequence[BlockFacts] = ()
    workloads: Sequence[WorkloadFacts] = ()
    peers: Sequence[Object] = ()
    bgp: Object = field(default_factory=dict)
    felix: Mapping[str, Object] = field(default_factory=dict)

    @property
    def as_number(self) -> int:
        """Of nodes that have none of their own."""
        return int(self.bgp.get("asNumber") or AS_NUMBER)

    def find_node(self, name: str) -> NodeFacts | None:
        """None when there is no such node, or Calico does not know its address yet."""
        return next((node for node in self.nodes if node.name == name and node.interface), None)

    def find_pool(self, cidr: str) -> PoolFacts | None:
        """The pool that a block is of."""
        block = ipaddress.IPv4Network(cidr)
        return next((pool for pool in self.pools if block.subnet_of(ipaddress.IPv4Network(pool.cidr))), None)

    def list_borrowed(self) -> list[tuple[str, str]]:
        """Addresses that a node has out of another one's block, and that node."""
        own = {(block.node, ipaddress.IPv4Network(block.cidr)) for block in self.blocks}
        held = [(each, ipaddress.IPv4Address(each.address)) for each in self.workloads]
        return [
            (each.address, each.node)
            for each, address in held
            if not any(node == each.node and address in block for node, block in own)
        ]


def read_facts(store: Store) -> Facts:
    """As it is now. Raises KubeError."""
    settings = {each["metadata"]["name"]: each for each in store.list(BGP_CONFIG)}
    return Facts(
        parse_nodes(store.list(NODE)), parse_pools(store.list(POOL)), parse_blocks(store.list(AFFINITY)),
        parse_workloads(store.list(POD)), tuple(_sort(store.list(BGP_PEER))), settings.get("default", {}).get("spec", {}),
        {each["metadata"]["name"]: each.get("spec") or {} for each in store.list(FELIX_CONFIG)},
    )  # fmt: skip


def _sort(objects: Iterable[Object]) -> list[Object]:
    return sorted(objects, key=lambda each: str(each["metadata"]["name"]))


def parse_nodes(nodes: Iterable[Object]) -> tuple[NodeFacts, ...]:
    """Node objects."""
    return tuple(_parse_node(each) for each in _sort(nodes))


def _parse_node(node: Object) -> NodeFacts:
    told = node["metadata"].get("annotations") or {}
    told = {key.removeprefix(PREFIX): str(value) for key, value in told.items() if key.startswith(PREFIX)}
    return NodeFacts(
        node["metadata"]["name"], told.get("IPv4Address", ""), int(told.get("ASNumber") or 0),
        told.get("IPv4IPIPTunnelAddr", ""), told.get("IPv4VXLANTunnelAddr", ""), told.get("VXLANTunnelMACAddr", ""),
        told.get("RouteReflectorClusterID", ""), node["metadata"].get("labels") or {},
    )  # fmt: skip


def parse_pools(pools: Iterable[Object]) -> tuple[PoolFacts, ...]:
    """IPPools."""
    return tuple(_parse_pool(each["metadata"]["name"], each["spec"]) for each in _sort(pools))


def _parse_pool(name: str, spec: Object) -> PoolFacts:
    return PoolFacts(
        name, spec["cidr"], spec.get("ipipMode") or NEVER, spec.get("vxlanMode") or NEVER, bool(spec.get("natOutgoing")),
        bool(spec.get("disabled")), bool(spec.get("disableBGPExport")),
    )  # fmt: skip


def parse_blocks(affinities: Iterable[Object]) -> tuple[BlockFacts, ...]:
    """BlockAffinities that nobody is about to take away."""
    specs = [each["spec"] for each in _sort(affinities)]
    return tuple(
        BlockFacts(spec["cidr"], spec["node"], spec["state"] == "confirmed")
        for spec in specs
        if spec["state"] != "pendingDeletion"
    )


def parse_workloads(pods: Iterable[Object]) -> tuple[WorkloadFacts, ...]:
    """Pods with an address of Calico's: on a node, not in its network, not ended; by namespace and name."""
    found = [workload for each in pods if (workload := _parse_pod(each))]
    return tuple(sorted(found, key=lambda each: (each.namespace, each.pod)))


def _parse_pod(pod: Object) -> WorkloadFacts | None:
    spec, about, status = pod["spec"], pod["metadata"], pod.get("status") or {}
    told = about.get("annotations") or {}
    given = told.get(f"{CNI_PREFIX}podIP")
    if given == "" and about.get("deletionTimestamp"):
        return None  # the plugin has taken it back; what the status says is old
    address = str(given or status.get("podIP") or "").partition("/")[0]
    if not _is_address(address) or not spec.get("nodeName") or spec.get("hostNetwork") or status.get("phase") in _ENDED:
        return None
    return WorkloadFacts(
        about.get("namespace") or "default", about["name"], spec["nodeName"], address,
        spec.get("serviceAccountName") or "default", told.get(f"{CNI_PREFIX}containerID", ""), about.get("labels") or {}, _parse_ports(spec),
    )  # fmt: skip


def _is_address(text: str) -> bool:
    """Anybody who may change a pod can write there what he likes."""
    try:
        return str(ipaddress.IPv4Address(text)) == text
    except ValueError:
        return False


def _parse_ports(spec: Object) -> tuple[tuple[str, str, int], ...]:
    ports = [port for each in spec.get("containers") or () for port in each.get("ports") or ()]
    found = [(each.get("name"), (each.get("protocol") or "TCP").lower(), each.get("containerPort")) for each in ports]
    return tuple(each for each in found if each[0] and each[1] in _PORTED and isinstance(each[2], int))
