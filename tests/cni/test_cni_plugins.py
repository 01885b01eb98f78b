"""The CNI runtime with the CNI project's own plugins, as Debian packs them: pods that work, and nothing left of them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from labkit.cni import CniError, Runtime, add_pod, check_pod, del_pod, parse_conf, remove_pod, unplug_pod
from labkit.cni.errors import AlreadyAddedError
from labkit.cni.pod import plan_attachment
from labkit.fabric import Topology, build_netlink
from labkit.fabric.topology import Link, Port, Switch
from labkit.fabric.topology import Machine as Planned
from labkit.lab.outfit import find_outfit
from labkit.probe import connect_tcp, ping
from labkit.world import Machine, World

pytestmark = pytest.mark.world

NODE, OUTSIDE = "192.168.50.11", "192.168.50.100"
# the conf of the course's source text
BRIDGE = {
    "type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": True,
    "ipam": {"type": "host-local", "subnet": "10.22.0.0/16", "routes": [{"dst": "0.0.0.0/0"}]},
}  # fmt: skip
SEED = {"cniVersion": "0.3.1", "name": "mynet"} | BRIDGE
PORTMAP = {"type": "portmap", "capabilities": {"portMappings": True}}
BANDWIDTH = {"type": "bandwidth", "capabilities": {"bandwidth": True}}
CHAIN = {"cniVersion": "1.0.0", "name": "mynet", "plugins": [BRIDGE, PORTMAP, BANDWIDTH]}
RATE = 20_000_000
CLEAN = """for link in $(ip -j link | jq -r '.[].ifname' | grep -e ^cni -e ^bwp); do ip link del "$link"; done
iptables -t nat -F; iptables -t nat -X; rm -rf /var/lib/cni/* /etc/cni/net.d/*"""
LEASES = "/var/lib/cni/networks/mynet"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A node and a host on one switch."""
    ends = (("worker1", f"{NODE}/24"), ("outside", f"{OUTSIDE}/24"))
    links = [Link(Port(name, "eth0", (address,)), Port("s1", f"s1-{name}")) for name, address in ends]
    with World.start(f"cni-plugins-{os.getpid()}", outfit=find_outfit(), hidden=True) as world:
        build_netlink(
            world, Topology((Planned("worker1", "node"), Planned("outside", "host")), (Switch("s1"),), tuple(links))
        )
        yield world
        world.end()


@pytest.fixture
def node(world: World) -> Iterator[Machine]:
    """worker1 as it was before: no pods, no conf, no rules."""
    node = world.machine("worker1")
    yield node
    for pod in [machine for machine in world.machines() if machine.kind == "pod"]:
        world.remove_machine(pod.name)
    run(node, CLEAN)


@pytest.fixture
def runtime(node: Machine) -> Runtime:
    return Runtime(node)


def run(machine: Machine, script: str, stdin: str = "") -> str:
    return machine.run(script, stdin=stdin).stdout


def write_conf(node: Machine, data: Mapping[str, Any], file: str = "10-mynet.conflist") -> None:
    run(node, f"rm -f /etc/cni/net.d/*; cat >/etc/cni/net.d/{file}", json.dumps(data))


def read_traces(node: Machine) -> dict[str, list[str]]:
    """What pods leave on a node: links, rules, leases, kept results, limits."""
    return {
        "links": sorted(each["ifname"] for each in json.loads(run(node, "ip -j link"))),
        "rules": sorted(run(node, "iptables -t nat -S").splitlines()),
        "leases": run(node, f"ls {LEASES} | grep -v -e lock -e last").split(),
        "results": run(node, "ls -A /var/lib/cni/results").split(),
        "limits": run(node, "tc qdisc show | grep -e tbf -e ingress").splitlines(),
        "pods": run(node, "ls /run/netns").split(),
    }


def wish(**more: Any) -> dict[str, Any]:
    """A port of the node, and a rate."""
    limits = {f"{way}{what}": RATE for way in ("ingress", "egress") for what in ("Rate", "Burst")}
    return {"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}], "bandwidth": limits} | more


@pytest.mark.user
def test_the_seeds_conf(world: World, node: Machine, runtime: Runtime) -> None:
    write_conf(node, SEED, "10-mynet.conf")
    result = add_pod(world, "web", "worker1", runtime)
    assert result["cniVersion"] == "0.3.1"
    assert result["ips"] == [{"version": "4", "interface": 2, "address": "10.22.0.2/16", "gateway": "10.22.0.1"}]
    web = world.machine("web")
    assert ping(web, "10.22.0.1", at=node).reached
    assert ping(node, "10.22.0.2", at=web).reached
    assert json.loads(run(web, "ip -j link show lo"))[0]["flags"][-2:] == ["UP", "LOWER_UP"]
    container = plan_attachment("web", "worker1").container
    assert run(node, f"cat {LEASES}/10.22.0.2") == f"{container}\r\neth0"
    other = add_pod(world, "api", "worker1", runtime)
    assert other["ips"][0]["address"] == "10.22.0.3/16"
    assert ping(web, "10.22.0.3", at=world.machine("api")).seen_source == "10.22.0.2"


@pytest.mark.user
def test_pods_leave_under_the_nodes_address(world: World, node: Machine, runtime: Runtime) -> None:
    """ipMasq; isGateway switches forwarding on."""
    write_conf(node, SEED, "10-mynet.conf")
    add_pod(world, "web", "worker1", runtime)
    seen = ping(world.machine("web"), OUTSIDE, at=world.machine("outside"))
    assert (seen.reached, seen.seen_source) == (True, NODE)


@pytest.mark.parametrize("conf", [SEED, CHAIN], ids=["0.3.1", "chain"])
def test_del_leaves_nothing_and_may_be_repeated(
    world: World, node: Machine, runtime: Runtime, conf: dict[str, Any]
) -> None:
    write_conf(node, conf, "10-mynet.conf" if conf is SEED else "10-mynet.conflist")
    add_pod(world, "first", "worker1", runtime, capabilities=wish())
    remove_pod(world, world.machine("first"), runtime)
    before = read_traces(node)
    assert (before["leases"], before["results"], before["limits"], before["pods"]) == ([], [], [], [])
    add_pod(world, "web", "worker1", runtime, capabilities=wish())
    assert read_traces(node) != before
    for _ in range(2):
        remove_pod(world, world.machine("web"), runtime, keep=True)
        assert "eth0" not in run(world.machine("web"), "ip link")
    remove_pod(world, world.machine("web"), runtime)
    assert read_traces(node) == before
    unplug_pod("web", "worker1", runtime)


def test_a_pod_whose_namespace_is_gone_gives_its_lease_back(world: World, node: Machine, runtime: Runtime) -> None:
    write_conf(node, CHAIN)
    add_pod(world, "web", "worker1", runtime, capabilities=wish())
    run(node, "ip netns del web")
    unplug_pod("web", "worker1", runtime)
    traces = read_traces(node)
    assert (traces["leases"], traces["results"]) == ([], [])
    assert "8080" not in "\n".join(traces["rules"])


def test_nothing_is_left_of_a_pod_whose_namespace_is_gone(world: World, node: Machine, runtime: Runtime) -> None:
    """Of rules neither, which bridge finds by the addresses that it sees in the pod."""
    write_conf(node, CHAIN)
    add_pod(world, "first", "worker1", runtime, capabilities=wish())  # portmap's own chains stay for ever
    remove_pod(world, world.machine("first"), runtime)
    before = read_traces(node)
    add_pod(world, "web", "worker1", runtime, capabilities=wish())
    run(node, "ip netns del web")
    assert any("CNI" in rule for rule in read_traces(node)["rules"])
    assert not del_pod(world, "web", "worker1", runtime)
    assert read_traces(node) == before
    assert "web" not in run(node, "ip netns; ip -br link")
    assert not del_pod(world, "web", "worker1", runtime)


def test_a_bridge_that_a_failed_add_left_is_explained(world: World, node: Machine, runtime: Runtime) -> None:
    """The kernel takes the MAC of a bridge away with its last port, and the plugin sets what it has read."""
    write_conf(node, CHAIN | {"plugins": [BRIDGE | {"ipam": {"type": "host-locl"}}]})
    with pytest.raises(CniError):
        add_pod(world, "web", "worker1", runtime)
    write_conf(node, CHAIN)
    with pytest.raises(CniError, match="could not set bridge's mac") as raised:
        add_pod(world, "web", "worker1", runtime)
    assert "ip link del" in raised.value.hint
    run(node, "ip link del cni0")
    add_pod(world, "web", "worker1", runtime)


def test_check_finds_what_is_missing(world: World, node: Machine, runtime: Runtime) -> None:
    write_conf(node, CHAIN)
    add_pod(world, "web", "worker1", runtime, capabilities=wish(portMappings=[]))
    web = world.machine("web")
    assert check_pod(web, runtime)
    run(node, f"mv {LEASES}/10.22.0.2 /root/lease")
    with pytest.raises(CniError, match="bridge CHECK on worker1 failed with code 999"):
        check_pod(web, runtime)
    run(node, f"mv /root/lease {LEASES}/10.22.0.2")
    assert check_pod(web, runtime)
    run(node, "for link in $(ip -j link | jq -r '.[].ifname' | grep ^bwp); do ip link del $link; done")
    with pytest.raises(CniError, match="bandwidth CHECK"):
        check_pod(web, runtime)
    run(web, "ip addr flush dev eth0")
    with pytest.raises(CniError, match="bridge CHECK"):
        check_pod(web, runtime)


def test_disable_check_is_for_plugins_that_find_fault_where_there_is_none(
    world: World, node: Machine, runtime: Runtime
) -> None:
    """portmap 1.1.1 looks for IPv6 rules of a pod that has no IPv6."""
    write_conf(node, CHAIN | {"disableCheck": True})
    add_pod(world, "web", "worker1", runtime, capabilities=wish())
    assert not check_pod(world.machine("web"), runtime)


def test_check_is_not_for_the_seeds_version_until_it_is_raised(world: World, node: Machine, runtime: Runtime) -> None:
    write_conf(node, SEED, "10-mynet.conf")
    add_pod(world, "web", "worker1", runtime)
    with pytest.raises(CniError, match=r"configuration version 0\.3\.1 does not support CHECK"):
        check_pod(world.machine("web"), runtime)
    write_conf(node, {"cniVersion": "1.0.0", "name": "mynet", "plugins": [BRIDGE]})
    assert check_pod(world.machine("web"), runtime), "what is kept comes to the plugin in the form of 1.0.0"
    runtime.delete(runtime.read_network(), plan_attachment("web", "worker1"))
    assert read_traces(node)["leases"] == []


def test_a_second_add_is_refused_and_harms_nothing(world: World, node: Machine, runtime: Runtime) -> None:
    write_conf(node, CHAIN)
    add_pod(world, "web", "worker1", runtime)
    with pytest.raises(AlreadyAddedError, match="web is plugged in already"):
        add_pod(world, "web", "worker1", runtime)
    assert ping(world.machine("web"), "10.22.0.1", at=node).reached


def test_the_plugin_itself_refuses_a_link_that_is_there(world: World, node: Machine, runtime: Runtime) -> None:
    write_conf(node, SEED, "10-mynet.conf")
    run(node, "ip netns add web; ip -n web link add eth0 type veth")
    with pytest.raises(CniError, match=r"container veth name provided \(eth0\) already exists") as raised:
        add_pod(world, "web", "worker1", runtime)
    assert raised.value.code == 999
    assert read_traces(node)["results"] == []
    assert read_traces(node)["pods"] == ["web"], "a namespace that was there before stays"


@pytest.mark.parametrize(
    ("plugins", "words"),
    [
        ([BRIDGE, PORTMAP, {"type": "bandwidth", "ingressBurst": 1}], "bandwidth ADD on worker1 failed with code 999"),
        ([BRIDGE, PORTMAP, {"type": "nosuch"}], "failed to find plugin 'nosuch'"),
        ([BRIDGE, {"type": "tuning", "sysctl": {"net.nosuch": "1"}}], "tuning ADD on worker1 failed with code 999"),
        ([BRIDGE | {"hairpinMode": True, "promiscMode": True}], "cannot set hairpin mode and promiscuous mode"),
    ],
)
def test_an_add_that_fails_is_rolled_back(
    world: World, node: Machine, runtime: Runtime, plugins: list[Any], words: str
) -> None:
    write_conf(node, CHAIN)
    add_pod(world, "first", "worker1", runtime, capabilities=wish())
    remove_pod(world, world.machine("first"), runtime)
    before = read_traces(node)
    write_conf(node, CHAIN | {"plugins": plugins})
    with pytest.raises(CniError, match=words):
        add_pod(world, "web", "worker1", runtime, capabilities={"portMappings": wish()["portMappings"]})
    assert read_traces(node) == before


def test_portmap_without_wishes_does_nothing(world: World, node: Machine, runtime: Runtime) -> None:
    write_conf(node, CHAIN)
    assert add_pod(world, "web", "worker1", runtime)["ips"][0]["address"] == "10.22.0.2/16"
    traces = read_traces(node)
    assert traces["limits"] == []
    assert not [rule for rule in traces["rules"] if "dport" in rule]


def test_a_port_of_the_node_and_a_rate(world: World, node: Machine, runtime: Runtime) -> None:
    write_conf(node, CHAIN)
    result = add_pod(world, "web", "worker1", runtime, capabilities=wish())
    outside, web = world.machine("outside"), world.machine("web")
    answer = connect_tcp(outside, NODE, 8080, at=web, at_port=80)
    assert (answer.reached, answer.seen_source) == (True, OUTSIDE)
    assert result["interfaces"][-1]["name"].startswith("bwp"), "bandwidth's own link, for the way out of the pod"
    limits = [each for each in json.loads(run(node, "tc -j qdisc show")) if each["kind"] == "tbf"]
    assert [each["options"]["rate"] for each in limits] == [RATE // 8] * 2  # bytes a second
    remove_pod(world, web, runtime)
    assert not connect_tcp(outside, NODE, 8080).reached


def test_gc_frees_the_lease_of_a_pod_that_is_gone(world: World, node: Machine, runtime: Runtime) -> None:
    write_conf(node, CHAIN)
    for pod in ("web", "api", "db"):
        add_pod(world, pod, "worker1", runtime)
    run(node, "ip netns del api")
    runtime.collect_garbage(runtime.read_network(), [plan_attachment(pod, "worker1") for pod in ("web", "db")])
    assert read_traces(node)["leases"] == ["10.22.0.2", "10.22.0.4"]
    assert len([name for name in read_traces(node)["results"] if name.startswith("mynet-")]) == 2
    assert ping(world.machine("web"), "10.22.0.4", at=world.machine("db")).reached


def test_an_exhausted_range(world: World, node: Machine, runtime: Runtime) -> None:
    small = BRIDGE | {"ipam": {"type": "host-local", "subnet": "10.22.0.0/30"}}
    write_conf(node, {"cniVersion": "1.0.0", "name": "mynet", "plugins": [small]})
    add_pod(world, "web", "worker1", runtime)
    with pytest.raises(CniError, match="no IP addresses available in range set") as raised:
        add_pod(world, "api", "worker1", runtime)
    assert raised.value.code == 999
    remove_pod(world, world.machine("web"), runtime)
    assert add_pod(world, "api", "worker1", runtime)["ips"][0]["address"] == "10.22.0.2/30"


def test_a_version_that_the_plugin_does_not_speak(world: World, node: Machine, runtime: Runtime) -> None:
    versions = json.loads(run(node, "CNI_COMMAND=VERSION /opt/cni/bin/bridge"))["supportedVersions"]
    assert {"0.3.1", "0.4.0", "1.0.0"} <= set(versions)
    write_conf(node, {"cniVersion": "1.1.0", "name": "mynet", "plugins": [BRIDGE]})
    if "1.1.0" in versions:
        assert add_pod(world, "web", "worker1", runtime)["cniVersion"] == "1.1.0"
        return
    with pytest.raises(CniError, match="incompatible CNI versions") as raised:
        add_pod(world, "web", "worker1", runtime)
    assert raised.value.code == 1
    assert "1.0.0" in raised.value.details


def test_del_goes_by_the_conf_that_add_had(world: World, node: Machine, runtime: Runtime) -> None:
    """Another network's file comes first meanwhile, and the pod's own is gone."""
    write_conf(node, CHAIN)
    add_pod(world, "web", "worker1", runtime, capabilities=wish(portMappings=[]))
    write_conf(node, SEED | {"name": "other", "bridge": "cni9"}, "05-other.conf")
    with pytest.raises(CniError, match="no kept result in network other"):
        runtime.check(parse_conf(json.dumps(CHAIN | {"name": "other"})), plan_attachment("web", "worker1"))
    assert check_pod(world.machine("web"), runtime), "in the network that it is in"
    remove_pod(world, world.machine("web"), runtime)
    traces = read_traces(node)
    assert (traces["leases"], traces["results"], traces["limits"]) == ([], [], [])


def test_removing_a_pod_ends_its_processes_first(world: World, node: Machine, runtime: Runtime) -> None:
    write_conf(node, CHAIN)
    add_pod(world, "web", "worker1", runtime)
    run(world.machine("web"), "sleep 4712 >/dev/null 2>&1 & disown")
    assert "sleep 4712" in run(node, "ps -eo args")
    remove_pod(world, world.machine("web"), runtime)
    assert "sleep 4712" not in run(node, "ps -eo args")
