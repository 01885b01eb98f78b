"""What a pod finds in /etc/resolv.conf and /etc/hosts (kubelet, network/dns/dns.go and kubelet_pods.go)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.agents.kubelet.settings import Settings

_MOST_SERVERS: Final = 3
_HEADER: Final = "# Kubernetes-managed hosts file.\n"
_HOST_HEADER: Final = "# Kubernetes-managed hosts file (host network).\n"
_LOCAL: Final = """127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
"""


@dataclass
class Resolver:
    """resolv.conf(5)."""

    servers: list[str] = field(default_factory=list)
    searches: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    def render(self) -> str:
        """In kubelet's order."""
        search = [f"search {' '.join(self.searches)}"] if self.searches else []
        options = [f"options {' '.join(self.options)}"] if self.options else []
        return "".join(f"{line}\n" for line in (*search, *(f"nameserver {each}" for each in self.servers), *options))


def parse_resolver(text: str) -> Resolver:
    """The node's; of several search lines the last counts."""
    found = Resolver()
    for line in text.splitlines():
        key, *words = line.split() or [""]
        if key == "nameserver":
            found.servers += words[:1]
        elif key in ("search", "domain"):
            found.searches = words
        elif key == "options":
            found.options += words
    return found


def plan_resolver(pod: Mapping[str, Any], settings: Settings, host: str) -> Resolver:
    """By the pod's dnsPolicy and dnsConfig; `host`: the node's resolv.conf."""
    spec = pod["spec"]
    policy = spec.get("dnsPolicy") or "ClusterFirst"
    if policy == "ClusterFirst" and spec.get("hostNetwork"):
        policy = "Default"
    found = Resolver() if policy == "None" else parse_resolver(host)
    if policy.startswith("ClusterFirst") and settings.cluster_dns:
        domain = settings.cluster_domain
        own = [f"{pod['metadata']['namespace']}.svc.{domain}", f"svc.{domain}", domain]
        found = Resolver(list(settings.cluster_dns), _unique([*own, *found.searches]), ["ndots:5"])
    return _merge(found, spec.get("dnsConfig") or {})


def _merge(found: Resolver, config: Mapping[str, Any]) -> Resolver:
    options = {each.partition(":")[0]: each for each in found.options}
    for option in config.get("options") or ():
        value = option.get("value")
        options[option["name"]] = f"{option['name']}:{value}" if value else option["name"]
    return Resolver(
        _unique([*found.servers, *(config.get("nameservers") or ())])[:_MOST_SERVERS],
        _unique([*found.searches, *(config.get("searches") or ())]), list(options.values()),
    )  # fmt: skip


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def plan_hostname(pod: Mapping[str, Any], node: str) -> str:
    """The node's on the host's network; else the pod's, at most 63 characters."""
    spec = pod["spec"]
    if spec.get("hostNetwork"):
        return node
    return str(spec.get("hostname") or pod["metadata"]["name"])[:63].rstrip("-.")


def plan_domain(pod: Mapping[str, Any], settings: Settings) -> str:
    """What a pod with a subdomain is called as a whole; empty for one without."""
    spec, namespace = pod["spec"], pod["metadata"]["namespace"]
    return f"{spec['subdomain']}.{namespace}.svc.{settings.cluster_domain}" if spec.get("subdomain") else ""


def render_hosts(addresses: Sequence[str], hostname: str, domain: str, aliases: Sequence[Mapping[str, Any]]) -> str:
    """A pod's with a network of its own."""
    names = f"{hostname}.{domain}\t{hostname}" if domain else hostname
    own = "".join(f"{address}\t{names}\n" for address in addresses)
    return f"{_HEADER}{_LOCAL}{own}{_render_aliases(aliases)}"


def render_host_hosts(host: str, aliases: Sequence[Mapping[str, Any]]) -> str:
    """A pod's on the node's network; `host`: the node's own."""
    return f"{_HOST_HEADER}{host}{_render_aliases(aliases)}"


def _render_aliases(aliases: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"{each['ip']}\t" + "\t".join(each.get("hostnames") or ()) for each in aliases]
    return "\n# Entries added by HostAliases.\n" + "".join(f"{line}\n" for line in lines) if lines else ""
