"""What a cluster's machines begin with, as values: certificates that fit, kubeconfigs, manifests, routes; and how a slip is named."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import NameOID

from labkit.cluster import Cluster, outfit_topology, plan_members
from labkit.cluster.manifests import render_manifests
from labkit.errors import UsageError
from labkit.fabric.topology import Link, Machine, Port, Switch, Topology
from labkit.kube.pki import Authority

NAMES = ("control", "worker1", "worker2")
TOPOLOGY = Topology(
    tuple(Machine(name, "node") for name in NAMES),
    (Switch("s1"),),
    tuple(Link(Port(name, "eth0", (f"192.168.50.1{i}/24",)), Port("s1", f"s1-eth{i}")) for i, name in enumerate(NAMES)),
)
CLUSTER = Cluster("control", ("worker1", "worker2"))


@pytest.fixture(scope="module")
def files() -> dict[str, dict[str, str]]:
    return {machine.name: dict(machine.files) for machine in outfit_topology(CLUSTER, TOPOLOGY).machines}


def read_certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def read_names(certificate: x509.Certificate, kind: Any) -> list[str]:
    return [str(each.value) for each in certificate.subject.get_attributes_for_oid(kind)]


def test_the_api_servers_certificate_has_every_name_it_is_called_by(files: dict[str, dict[str, str]]) -> None:
    found = read_certificate(files["control"]["etc/kubernetes/pki/apiserver.crt"])
    also = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(each) for each in also.get_values_for_type(x509.IPAddress)} == {
        "10.96.0.1",
        "192.168.50.10",
        "127.0.0.1",
    }
    assert "kubernetes.default.svc" in also.get_values_for_type(x509.DNSName)
    found.verify_directly_issued_by(read_certificate(files["worker1"]["etc/kubernetes/pki/ca.crt"]))


def test_a_node_is_known_to_the_api_by_its_own_name(files: dict[str, dict[str, str]]) -> None:
    conf = files["worker2"]["etc/kubernetes/kubelet.conf"]
    data = next(line.split()[1] for line in conf.splitlines() if "client-certificate-data" in line)
    found = read_certificate(base64.b64decode(data).decode())
    assert read_names(found, NameOID.COMMON_NAME) == ["system:node:worker2"]
    assert read_names(found, NameOID.ORGANIZATION_NAME) == ["system:nodes"]
    assert "server: https://192.168.50.10:6443" in conf


def test_only_control_has_the_authoritys_key(files: dict[str, dict[str, str]]) -> None:
    assert "etc/kubernetes/pki/ca.key" in files["control"]
    assert not [path for path in files["worker1"] if path.endswith(("ca.key", "sa.key", "admin.conf"))]


def test_pods_are_plugged_in_with_their_nodes_prefix(files: dict[str, dict[str, str]]) -> None:
    assert [member.pods for member in plan_members(CLUSTER, TOPOLOGY)] == ["10.244.1.0/24", "10.244.2.0/24"]
    bridge, portmap = json.loads(files["worker2"]["etc/cni/net.d/10-bridge.conflist"])["plugins"]
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.244.2.0/24"}]]
    assert portmap["capabilities"] == {"portMappings": True}
    routes = {machine.name: machine.routes for machine in outfit_topology(CLUSTER, TOPOLOGY).machines}
    assert [(each.to, each.via) for each in routes["worker1"]] == [("10.244.2.0/24", "192.168.50.12")]
    assert len(routes["control"]) == 2


def test_a_lab_has_the_last_word_about_its_files() -> None:
    own = Machine("worker1", "node", files={"etc/cni/net.d/10-bridge.conflist": "mine"})
    topology = Topology((TOPOLOGY.machines[0], own, TOPOLOGY.machines[2]), TOPOLOGY.switches, TOPOLOGY.links)
    assert outfit_topology(CLUSTER, topology).machines[1].files["etc/cni/net.d/10-bridge.conflist"] == "mine"


def test_manifests_say_what_the_lab_wants() -> None:
    cluster = Cluster("control", (), services="10.97.0.0/16", proxy="nftables", dns=3)
    proxy, dns = render_manifests(cluster, "192.168.50.10").values()
    assert '    mode: "nftables"\n    clusterCIDR: 10.244.0.0/16\n' in proxy
    assert "server: https://192.168.50.10:6443" in proxy
    assert "clusterIP: 10.97.0.10" in dns
    assert "replicas: 3" in dns
    assert "@" not in proxy + dns
    assert "forward" not in dns
    assert (
        "forward . /etc/resolv.conf"
        in render_manifests(Cluster("control", (), upstream="10.0.0.53"), "10.0.0.1")["coredns.yaml"]
    )
    assert render_manifests(Cluster("control", (), proxy="none", dns=0), "192.168.50.10") == {}


def test_every_world_has_keys_of_its_own() -> None:
    assert Authority().pair.key != Authority().pair.key


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"proxy": "ebpf"}, "proxy is 'ebpf'"),
        ({"addon": "cilium"}, "addon is 'cilium'"),
        ({"backend": "gobgp"}, "backend is 'gobgp'"),
        ({"pods": "10.244.0.1/16"}, "pods: 10.244.0.1/16 has host bits set"),
        ({"services": "10.96.0.0/28"}, "services is 10.96.0.0/28"),
        ({"dns": -1}, "dns is -1"),
    ],
)
def test_a_slip_is_named(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Cluster("control", ("worker1",), **values)


def test_a_node_without_an_address_is_named() -> None:
    with pytest.raises(UsageError, match="cluster: worker9 has no address"):
        plan_members(Cluster("control", ("worker9",)), TOPOLOGY)


def render_calico_files(**values: Any) -> dict[str, dict[str, str]]:
    cluster = Cluster("control", ("worker1",), pods="10.50.0.0/16", **values)
    return {machine.name: dict(machine.files) for machine in outfit_topology(cluster, TOPOLOGY).machines}


@pytest.mark.parametrize(
    ("backend", "ipip", "vxlan", "ready"),
    [("vxlan", "Off", "Always", ["-felix-ready"]), ("bird", "Always", "Off", ["-bird-ready", "-felix-ready"])],
)
def test_calicos_files_say_what_its_backend_needs(backend: str, ipip: str, vxlan: str, ready: list[str]) -> None:
    files = render_calico_files(addon="calico", backend=backend)
    spec = yaml.safe_load(files["control"]["etc/kubernetes/calico-node.yml"])["spec"]["template"]["spec"]
    [node] = spec["containers"]
    environment = {each["name"]: each.get("value") for each in node["env"]}
    assert (environment["CALICO_IPV4POOL_IPIP"], environment["CALICO_IPV4POOL_VXLAN"]) == (ipip, vxlan)
    assert environment["CALICO_IPV4POOL_CIDR"] == "10.50.0.0/16"
    assert node["readinessProbe"]["exec"]["command"] == ["/bin/calico-node", *ready]
    assert yaml.safe_load(files["control"]["etc/kubernetes/calico-config.yml"])["data"]["calico_backend"] == backend
    template = json.loads(files["worker1"]["etc/cni/net.d/calico.conflist.template"])
    assert template["plugins"][0]["ipam"]["ipv4_pools"] == ["10.50.0.0/16"]


def test_calico_for_who_applies_it_is_the_same_in_one_file() -> None:
    whole = list(yaml.safe_load_all(render_calico_files(addon="none")["control"]["root/networks/calico.yaml"]))
    apart = render_calico_files(addon="calico")["control"]
    kinds = {(each["kind"], each["metadata"]["name"]) for each in whole if each["kind"] != "CustomResourceDefinition"}
    assert kinds == {
        (each["kind"], each["metadata"]["name"])
        for path, text in apart.items()
        if path.endswith(".yml") and "crds" not in path
        for each in [yaml.safe_load(text)]
    }
    [config] = [each for each in whole if each["metadata"]["name"] == "calico-config"]
    assert json.loads(config["data"]["cni_network_config"])["name"] == "cni0"
    [node] = [each for each in whole if each["kind"] == "DaemonSet"]
    install = {each["name"]: each for each in node["spec"]["template"]["spec"]["initContainers"]}["install-cni"]
    assert "CNI_NETWORK_CONFIG" in {each["name"] for each in install["env"]}
