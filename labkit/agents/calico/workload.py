"""Whom a CNI call is about: the pod by CNI_ARGS, the node by the conf (cni-plugin internal/pkg/utils, release-v3.20)."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from labkit.agents.calico.names import name_handle, name_link, name_workload
from labkit.agents.kit.plugin import Arguments


@dataclass(frozen=True)
class Workload:
    """A pod's attachment as Calico names it."""

    node: str
    namespace: str
    pod: str
    interface: str
    handle: str

    @property
    def link(self) -> str:
        """The node's end of the pod's cable."""
        return name_link(self.namespace, self.pod)

    @property
    def endpoint(self) -> str:
        """The WorkloadEndpoint's name."""
        return name_workload(self.node, self.pod, self.interface)

    def list_attributes(self) -> dict[str, str]:
        """What IPAM keeps beside an address."""
        return {"namespace": self.namespace, "node": self.node, "pod": self.pod}


def parse_workload_of(arguments: Arguments) -> Workload:
    """Without K8S_POD_NAME the container's id stands for the pod."""
    words = _parse_args(arguments.environment)
    node = str(arguments.conf.get("nodename") or socket.gethostname())
    pod = words.get("K8S_POD_NAME") or arguments.container
    namespace = words.get("K8S_POD_NAMESPACE") or "default"
    return Workload(node, namespace, pod, arguments.link, name_handle(str(arguments.conf["name"]), arguments.container))


def _parse_args(environment: Mapping[str, str]) -> dict[str, str]:
    """CNI_ARGS: KEY=VALUE, divided by semicolons."""
    pairs = (word.partition("=") for word in environment.get("CNI_ARGS", "").split(";") if word)
    return {key: value for key, _, value in pairs}
