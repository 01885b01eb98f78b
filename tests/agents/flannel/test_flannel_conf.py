"""flannel's files: what is read from them, what is written into them, and how a slip in one is named."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from labkit.agents.flannel.conf import Backend, SubnetEnv, parse_net_conf, parse_subnet_env
from labkit.agents.flannel.lease import FileSource, Lease, parse_nodes, plan_mac
from labkit.errors import UsageError
from labkit.world import World


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


def test_keys_and_backends_may_be_written_in_any_case_as_go_takes_them() -> None:
    conf = parse_net_conf(
        '{"network": "10.244.0.0/16", "backend": {"type": "VXLAN", "directrouting": true, "Mtu": 1300}}'
    )
    assert conf.backend == Backend("vxlan", port=8472, direct=True, mtu=1300)
    assert conf.notes == ()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (
            '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "DirectRoute": true}}',
            "Backend.DirectRoute is no key",
        ),
        ('{"Network": "10.244.0.0/16", "Netwrk": 1}', "Netwrk is no key"),
        ('{"Network": "10.244.0.0/16", "Backend": {"Type": "host-gw", "VNI": 5}}', "Backend.VNI is no key"),
        ('{"Network": "10.244.0.0/16", "EnableIPv6": true}', "EnableIPv6 has no effect here"),
    ],
)
def test_what_has_no_effect_is_told(text: str, word: str) -> None:
    (note,) = parse_net_conf(text).notes
    assert f"net-conf.json: {word}" in note


def test_without_a_backend_it_is_udp() -> None:
    assert parse_net_conf('{"Network": "10.244.0.0/16"}').backend == Backend("udp", port=8285)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "an object in braces is expected"),
        ('{"Backend": {"Type": "vxlan"}}', "Network is missing"),
        ('{"Network": "10.244.0.1/16"}', "host bits"),
        ('{"Network": "10.244.0.0/16", "Backend": "vxlan"}', 'Backend is "vxlan": an object in braces'),
        ('{"Network": "10.244.0.0/16", "Backend": {"Type": "wireguard"}}', '"wireguard" is not known here'),
        ('{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "VNI": 16777216}}', "24 bits"),
        (
            '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "VNI": "1"}}',
            r'Backend\.VNI is "1": a number is expected',
        ),
        (
            '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "VNI": true}}',
            "VNI is true: a number is expected",
        ),
        (
            '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "DirectRouting": "false"}}',
            'DirectRouting is "false": true or',
        ),
        ('{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "MTU": 9}}', "MTU 9"),
        ('{"Network": 10}', "Network is 10: a string in quotes"),
        ('{"Network": "10.244.0.0/16", "SubnetLen": "24"}', "SubnetLen is"),
        ('{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "Port": 70000}}', "UDP port"),
    ],
)
def test_a_slip_in_net_conf_is_named(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"net-conf\.json.*: .*" + said):
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
        ("[" * 100_000, "nested too deeply"),
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


@pytest.mark.world
def test_a_pod_cidr_outside_of_the_network_stops_flanneld_and_what_has_no_effect_is_logged(lab: World) -> None:
    node = lab.machine("worker1")
    conf = {"Network": "10.99.0.0/16", "Backend": {"Type": "host-gw", "Directrouting": True}}
    files = {"net-conf.json": conf, "nodes.json": {"items": [render_node()]}}
    node.run("".join(f"echo '{json.dumps(text)}' >/etc/kube-flannel/{name}\n" for name, text in files.items()))
    ran = node.run("timeout 20 flanneld")
    assert ran.status == 1
    assert (
        "10.99.0.0/16 of /etc/kube-flannel/net-conf.json does not contain node worker1's podCIDR 10.244.1.0/24"
        in ran.stderr
    )
    assert node.run("ls /run/flannel/subnet.env").status != 0
