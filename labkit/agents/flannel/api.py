"""Node objects from the API server, as flannel's kube-subnet-mgr has them; and what this node says of itself there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from labkit.agents.flannel.conf import NET_CONF, parse_net_conf
from labkit.agents.flannel.lease import PREFIX, Lease, parse_nodes, plan_mac
from labkit.agents.flannel.node import say
from labkit.errors import UsageError
from labkit.kube import Mirror, open_api

_SECONDS: Final = 60.0


def plan_annotations(node: Mapping[str, Any], kind: str, vni: int) -> dict[str, str]:
    """What other nodes' flanneld have to know of this one: subnet/kube/annotations.go."""
    name = node["metadata"]["name"]
    address = {each["type"]: each["address"] for each in node["status"].get("addresses") or ()}.get("InternalIP", "")
    data = {"VNI": vni, "VtepMAC": plan_mac(name)} if kind == "vxlan" else None
    return {
        f"{PREFIX}backend-type": kind, f"{PREFIX}backend-data": json.dumps(data),
        f"{PREFIX}public-ip": address, f"{PREFIX}kube-subnet-manager": "true",
    }  # fmt: skip


class ApiSource:
    """Nodes as a mirror has them; this node's annotations are written before the first answer."""

    def __init__(self, kubeconfig: str, node: str) -> None:
        self._node = node
        self._changed = threading.Event()
        self._api = open_api(kubeconfig)
        self._mirror = Mirror(self._api, tell=self._changed.set, say=say)
        self._mirror.start(["Node"])
        self._told = False

    def read(self) -> tuple[Lease, ...]:
        """All leases. Raises UsageError when the API server is not heard within a minute."""
        if self._mirror.wait(_SECONDS):
            raise UsageError(
                "the API server is not heard", hint="does kube-proxy run on this node? kubectl get pods -A -o wide"
            )
        self._changed.clear()
        nodes = list(self._mirror.read("Node").values())
        if not self._told:
            self._told = True
            self._annotate(nodes)
        return parse_nodes(json.dumps({"items": nodes}), file="nodes")

    def changed(self) -> bool:
        """Whether a node came, went or changed since it was read."""
        return self._changed.is_set()

    def _annotate(self, nodes: Iterable[Mapping[str, Any]]) -> None:
        node = next((each for each in nodes if each["metadata"]["name"] == self._node), None)
        if node is None:
            return
        backend = parse_net_conf(Path(NET_CONF).read_text(encoding="utf-8")).backend
        wanted = plan_annotations(node, backend.kind, backend.vni)
        if any((node["metadata"].get("annotations") or {}).get(key) != value for key, value in wanted.items()):
            self._api.patch("Node", self._node, {"metadata": {"annotations": wanted}}, action="status")
