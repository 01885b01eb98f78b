"""A cluster as data: lab.toml's [cluster], and what follows from it for each machine."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

from labkit.errors import UsageError
from labkit.fabric.topology import Topology

PROXIES: Final = ("iptables", "nftables", "ipvs", "none")
ADDONS: Final = ("bridge", "none")
OFFERS: Final = ("gateway-api", "ingress-nginx")
_POD_PREFIX: Final = 24
_SERVICE_PREFIX: Final = 24  # so many ClusterIPs there are at least
_DNS: Final = 10  # the tenth address of the services' prefix, as kubeadm has it


@dataclass(frozen=True)
class Cluster:
    """`control`: the machine of the control plane; `kubelets`: nodes that have one. `pods`, `services`: prefixes.

    `proxy`: kube-proxy's mode; `dns`: how many pods of CoreDNS; `upstream`: the name server that they and nodes ask for other
    names, if there is one (CoreDNS does not start with `forward` to nobody); `addon`: who plugs pods in; `none` leaves nodes NotReady.
    `apply`: files of the lab (files/) with objects of its own; `offers`: manifests in /root of the control machine, which nobody applies but
    the learner or a start command.
    """

    control: str
    kubelets: tuple[str, ...]
    pods: str = "10.244.0.0/16"
    services: str = "10.96.0.0/16"
    proxy: str = "iptables"
    dns: int = 2
    upstream: str = ""
    addon: str = "bridge"
    apply: tuple[tuple[str, str], ...] = ()  # (name, text)
    offers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for key, value, known in (("proxy", self.proxy, PROXIES), ("addon", self.addon, ADDONS)):
            if value not in known:
                raise UsageError(f"{key} is {value!r}", hint=f"one of {', '.join(known)}")
        if unknown := set(self.offers) - set(OFFERS):
            raise UsageError(f"offers: {unknown.pop()!r}", hint=f"one of {', '.join(OFFERS)}")
        for key, longest in (("pods", _POD_PREFIX - 1), ("services", _SERVICE_PREFIX)):
            _check_prefix(key, getattr(self, key), longest)
        if self.dns < 0:
            raise UsageError(f"dns is {self.dns}", hint="how many pods of CoreDNS there shall be; 0: none")

    @property
    def api(self) -> str:
        """The ClusterIP of the API server: the first of the services' prefix."""
        return str(ipaddress.IPv4Network(self.services)[1])

    @property
    def name_server(self) -> str:
        """The ClusterIP of kube-dns."""
        return str(ipaddress.IPv4Network(self.services)[_DNS])


@dataclass(frozen=True)
class Member:
    """A node of the cluster: its address for others, and the prefix of its pods."""

    name: str
    address: str
    pods: str


def plan_members(cluster: Cluster, topology: Topology) -> tuple[Member, ...]:
    """Its nodes, in lab.toml's order; the first gets the second /24 of the pods' prefix, for .0 looks like the prefix itself."""
    prefixes = list(ipaddress.IPv4Network(cluster.pods).subnets(new_prefix=_POD_PREFIX))
    if len(prefixes) <= len(cluster.kubelets):
        raise UsageError(
            f"cluster: pods {cluster.pods} is too small for {len(cluster.kubelets)} nodes", hint="a shorter prefix"
        )
    return tuple(
        Member(name, find_address(topology, name), str(prefix))
        for name, prefix in zip(cluster.kubelets, prefixes[1:], strict=False)
    )


def find_address(topology: Topology, machine: str) -> str:
    """The first address of a machine's first link. Raises UsageError when it has none, or is not there."""
    for link in topology.links:
        for port in (link.a, link.b):
            if port.machine == machine and port.addresses:
                return port.addresses[0].partition("/")[0]
    raise UsageError(f"cluster: {machine} has no address in lab.toml", hint="a [[node]] with a link that has one")


def _check_prefix(key: str, text: str, longest: int) -> None:
    try:
        length = ipaddress.IPv4Network(text).prefixlen
    except ValueError as error:
        raise UsageError(f"{key}: {error}", hint="a prefix such as 10.96.0.0/16") from error
    if length > longest:
        raise UsageError(f"{key} is {text}", hint=f"a prefix of at most /{longest}")
