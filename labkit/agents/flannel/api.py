"""Node objects from the API server, as flannel's kube-subnet-mgr has them; and what this node says of itself there."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from labkit.agents.flannel.conf import NET_CONF, parse_net_conf
from labkit.agents.flannel.lease import PREFIX, Lease, parse_nodes, plan_mac
from labkit.agents.flannel.node import say
from labkit.errors import UsageError
from labkit.kube import Api, Change, follow, open_api

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
    """A thread follows the nodes; this node's annotations are written before the first answer."""

    def __init__(self, kubeconfig: str, node: str) -> None:
        self._node = node
        self._nodes: dict[str, dict[str, Any]] = {}
        self._listed = threading.Event()
        self._changed = threading.Event()
        self._api = open_api(kubeconfig)
        threading.Thread(target=self._run, args=(self._api,), daemon=True).start()

    def read(self) -> tuple[Lease, ...]:
        """All leases. Raises UsageError when the API server is not heard within a minute."""
        if not self._listed.wait(_SECONDS):
            raise UsageError(
                "the API server is not heard", hint="does kube-proxy run on this node? kubectl get pods -A -o wide"
            )
        self._changed.clear()
        return parse_nodes(json.dumps({"items": list(self._nodes.values())}), file="nodes")

    def changed(self) -> bool:
        """Whether a node came, went or changed since it was read."""
        return self._changed.is_set()

    def _run(self, api: Api) -> None:
        for change in follow(api, "Node", say=say):
            self._take(change)
            if not self._listed.is_set():
                self._annotate(api)
            self._listed.set()
            self._changed.set()

    def _take(self, change: Change) -> None:
        if change.event == "LISTED":
            self._nodes = {each["metadata"]["name"]: each for each in change.objects}
        elif change.event == "DELETED":
            self._nodes.pop(change.object["metadata"]["name"], None)
        else:
            self._nodes[change.object["metadata"]["name"]] = change.object

    def _annotate(self, api: Api) -> None:
        node = self._nodes.get(self._node)
        if node is None:
            return
        backend = parse_net_conf(Path(NET_CONF).read_text(encoding="utf-8")).backend
        wanted = plan_annotations(node, backend.kind, backend.vni)
        if any((node["metadata"].get("annotations") or {}).get(key) != value for key, value in wanted.items()):
            api.patch("Node", self._node, {"metadata": {"annotations": wanted}}, action="status")
