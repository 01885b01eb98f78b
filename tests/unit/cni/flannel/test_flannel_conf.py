"""flannel's files: what is read from them, what is written into them, and how a slip in one is named."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from labkit.cni.flannel import Backend, Lease, SubnetEnv, parse_net_conf, parse_nodes, parse_subnet_env
from labkit.cni.flannel.lease import FileSource, plan_mac
from labkit.errors import UsageError


def render_node(name: str = "worker1", **annotations: str) -> dict[str, object]:
    return {
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"podCIDR": "10.244.1.0/24"},
        "status": {"addresses": [{"type": "Hostname", "address": name}, {"type": "InternalIP", "address": "10.0.0.1"}]},
    }


def test_net_conf_of_the_daemon_set() -> None:
    conf = parse_net_conf('{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}')
    assert conf.network == IPv4Network("10.244.0.0/16")
    assert conf.backend == Backend("vxlan", vni=1, port=8472, direct=False)


@pytest.mark.parametrize(("kind", "overhead"), [("vxlan", 50), ("host-gw", 0), ("udp", 28)])
def test_overhead(kind: str, overhead: int) -> None:
    assert Backend(kind).overhead == overhead


def test_without_a_backend_it_is_udp() -> None:
    assert parse_net_conf('{"Network": "10.244.0.0/16"}').backend == Backend("udp", port=8285)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("[]", "list"),
        ('{"Backend": {"Type": "vxlan"}}', "Network is missing"),
        ('{"Network": "10.244.0.1/16"}', "host bits"),
        ('{"Network": "10.244.0.0/16", "Backend": "vxlan"}', "str"),
        ('{"Network": "10.244.0.0/16", "Backend": {"Type": "wireguard"}}', "'wireguard' is not known here"),
        ('{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "VNI": 16777216}}', "24 bits"),
        ('{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "VNI": "1"}}', "24 bits"),
        ('{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "Port": 70000}}', "UDP port"),
    ],
)
def test_a_slip_in_net_conf_is_named(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"net-conf\.json: .*" + said):
        parse_net_conf(text)


ENV = """FLANNEL_NETWORK=10.244.0.0/16
FLANNEL_SUBNET=10.244.1.1/24
FLANNEL_MTU=1450
FLANNEL_IPMASQ=true
"""


def test_subnet_env_is_in_flannels_order() -> None:
    env = SubnetEnv(IPv4Network("10.244.0.0/16"), IPv4Interface("10.244.1.1/24"), 1450, ip_masq=True)
    assert env.render() == ENV
    assert parse_subnet_env(ENV) == env


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENV.replace("FLANNEL_MTU=1450\n", ""), "is missing FLANNEL_MTU"),
        (ENV.replace("1450", "many"), "many"),
        ("", "is missing FLANNEL_NETWORK"),
    ],
)
def test_a_slip_in_subnet_env_is_named(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_subnet_env(text)


def test_a_node_has_a_lease_by_its_pod_cidr() -> None:
    (lease,) = parse_nodes(json.dumps({"items": [render_node()]}))
    assert lease == Lease("worker1", IPv4Network("10.244.1.0/24"), IPv4Address("10.0.0.1"), plan_mac("worker1"))


def test_annotations_count_more() -> None:
    prefix = "flannel.alpha.coreos.com/"
    node = render_node(
        **{f"{prefix}public-ip": "10.9.9.9", f"{prefix}backend-data": '{"VNI":1,"VtepMAC":"0e:00:00:00:00:01"}'}
    )
    (lease,) = parse_nodes(json.dumps({"items": [node]}))
    assert (str(lease.address), lease.mac) == ("10.9.9.9", "0e:00:00:00:00:01")


def test_a_node_without_a_pod_cidr_has_no_lease_yet() -> None:
    assert parse_nodes(json.dumps({"items": [render_node() | {"spec": {}}]})) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "items is missing"),
        ("[1]", "nodes.json"),
        ('{"items": [1]}', "nodes.json"),
        (json.dumps({"items": [render_node() | {"metadata": {}}]}), "name is missing"),
        (json.dumps({"items": [render_node() | {"status": {"addresses": []}}]}), "InternalIP is missing"),
        (json.dumps({"items": [render_node() | {"spec": {"podCIDR": "10.244.1.7/24"}}]}), "host bits"),
    ],
)
def test_a_slip_in_the_nodes_is_named(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_nodes(text)


def test_macs_are_unicast_and_local() -> None:
    for name in ("worker1", "worker2", "control"):
        first = int(plan_mac(name)[:2], 16)
        assert first & 0b11 == 0b10
    assert plan_mac("worker1") != plan_mac("worker2")


def test_a_file_is_read_again_when_it_was_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("flannel") / "nodes.json"
    source = FileSource(str(path))
    with pytest.raises(UsageError, match="No such file"):
        source.read()
    path.write_text(json.dumps({"items": []}))
    assert source.changed()
    assert source.read() == ()
    assert not source.changed()
