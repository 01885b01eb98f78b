"""Network add-ons: manifests that a learner applies."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from labkit.agents.flannel.api import plan_annotations
from labkit.agents.flannel.lease import parse_nodes
from labkit.agents.kubelet.images import find_image
from labkit.cluster.calico import render_whole
from labkit.cluster.manifests import render_addons
from labkit.cluster.values import Cluster

CLUSTER = Cluster("control", ("worker1",), pods="10.50.0.0/16", addon="none")
ADDONS = render_addons(CLUSTER) | {"calico.yaml": render_whole(CLUSTER, "192.168.50.10")}


@pytest.mark.parametrize("name", sorted(name for name, text in ADDONS.items() if "kind: DaemonSet" in text))
def test_an_addon_is_a_daemonset_of_images_that_this_kubelet_has(name: str) -> None:
    objects: list[dict[str, Any]] = list(yaml.safe_load_all(ADDONS[name]))
    sets = [each["spec"]["template"]["spec"] for each in objects if each["kind"] == "DaemonSet"]
    assert len(sets) == 1
    containers = [*sets[0].get("initContainers", ()), *sets[0]["containers"]]
    assert all(find_image(each["image"]) for each in containers)
    assert sets[0]["hostNetwork"]
    assert any(each.get("hostPath", {}).get("path") == "/etc/cni/net.d" for each in sets[0]["volumes"])


def test_flannel_gets_the_clusters_prefix() -> None:
    assert '"Network": "10.50.0.0/16"' in ADDONS["flannel.yaml"]


def test_flannels_annotations_are_read_as_they_are_written() -> None:
    node: dict[str, Any] = {
        "metadata": {"name": "worker1"}, "spec": {"podCIDR": "10.50.1.0/24"},
        "status": {"addresses": [{"type": "InternalIP", "address": "192.168.50.11"}]},
    }  # fmt: skip
    node["metadata"]["annotations"] = plan_annotations(node, "vxlan", 1)
    lease = parse_nodes(json.dumps({"items": [node]}))[0]
    assert (str(lease.subnet), str(lease.address)) == ("10.50.1.0/24", "192.168.50.11")
    node["metadata"]["annotations"] = plan_annotations(node, "host-gw", 1)
    assert parse_nodes(json.dumps({"items": [node]}))[0].mac == lease.mac
