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
from labkit.cluster.manifests import render_addons, render_offers
from labkit.cluster.values import OFFERS, Cluster
from labkit.errors import UsageError

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


OFFERED = render_offers(Cluster("control", ("worker1",), offers=OFFERS))


def test_what_a_lab_is_offered_lies_there_unapplied() -> None:
    assert set(OFFERED) == {"gateway-api.yaml", "ingress-nginx.yaml"}
    assert render_offers(Cluster("control", ("worker1",))) == {}
    with pytest.raises(UsageError, match="offers: 'istio'"):
        Cluster("control", ("worker1",), offers=("istio",))


def test_the_ingress_controllers_pods_have_images_that_this_kubelet_has() -> None:
    objects: list[dict[str, Any]] = list(yaml.safe_load_all(OFFERED["ingress-nginx.yaml"]))
    pods = [each["spec"]["template"]["spec"] for each in objects if each["kind"] in ("Deployment", "Job")]
    assert len(pods) == 3
    images = [find_image(container["image"]) for pod in pods for container in pod["containers"]]
    assert all(images)
    assert images[0] != images[1]
    assert find_image("registry.k8s.io/other/controller:v1") is None, "the last word alone says too little"


def test_a_kind_of_kubernetes_own_group_says_that_it_is_not_approved() -> None:
    objects: list[dict[str, Any]] = list(yaml.safe_load_all(OFFERED["gateway-api.yaml"]))
    kinds = {each["spec"]["names"]["kind"]: each for each in objects if each["kind"] == "CustomResourceDefinition"}
    assert set(kinds) == {"GatewayClass", "Gateway", "HTTPRoute", "ReferenceGrant"}
    for each in kinds.values():
        assert each["metadata"]["annotations"]["api-approved.kubernetes.io"].startswith("unapproved")
