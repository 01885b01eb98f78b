"""Lab 06: pods plugged in through CNI, a chain of plugins, and a plugin of one's own."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from labkit.check import Place, Plugged, View, both_ways, check, expect, plug_in_pod
from labkit.cni import parse_conf
from labkit.world import Result

NODE, NETWORK = "worker1", "mynet"
MINE = {"cniVersion": "1.0.0", "name": "mine", "type": "my-plugin"}
LEASES = f"/var/lib/cni/networks/{NETWORK}"
AT_ONCE = 5  # containers that come at the same moment
MAY_LEAVE = ("* stayed",)  # a bridge, a route to it: the next pod's; what was there before has to be there still
PLUGIN = "/opt/cni/bin/my-plugin"
PODS = ("web", "api")
# what the reference plugins make with their first pod and leave for the next one
PORTMAP_LEAVES = ("* CNI-*", "chain *", "rule *CNI-*", "sysctl *route_localnet*")


def read_pod(view: View, name: str) -> Place:
    """A pod with the IPv4 address of its eth0."""
    found = view.machine(name).addresses("eth0")
    expect(found, expected=f"an address on eth0 of {name}", observed="there is none")
    return Place(name, found[0].address)


@contextlib.contextmanager
def plugged(view: View, **how: Any) -> Iterator[Plugged]:
    """A pod of the check's own in mynet."""
    with plug_in_pod(view, NODE, **how) as pod:
        expect(pod.network == NETWORK, expected=f"network {NETWORK}", observed=f"the first conf is of {pod.network}")
        yield pod


@check(
    points=2,
    hints=(
        "What does a plugin have to be told before it can plug in a pod, and how is it told?",
        "`ls /var/lib/cni/networks/mynet` on worker1: is there a file for each pod's address?",
        "`ip netns add web`, then bridge with CNI_COMMAND=ADD, CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH and the conf on stdin.",
    ),
)
def pods_are_plugged(view: View) -> None:
    """web and api have addresses that host-local leased to them, and reach each other."""
    pods = [read_pod(view, name) for name in PODS]
    leased = view.machine(NODE).list_folder(LEASES)
    for pod in pods:
        expect(
            pod.address in leased,
            expected=f"a lease for {pod.address} ({pod.name})",
            observed=f"leases: {' '.join(leased) or 'none'}",
        )
    view.expect_reach(both_ways(*pods))


@check(
    points=1,
    hints=(
        "outside has never heard of pod addresses. Who can make it answer all the same?",
        "`iptables -t nat -S POSTROUTING` on worker1, and `sysctl net.ipv4.ip_forward`.",
        '"isGateway": true and "ipMasq": true in the conf of the bridge plugin; DEL and ADD the pods.',
    ),
)
def pods_get_out(view: View) -> None:
    """web and api reach outside, which sees the node."""
    outside = Place("outside", view.values["outside_address"])
    pods = [read_pod(view, name) for name in PODS]
    view.expect_seen([(pod, outside) for pod in pods], source=view.values["node_address"])


@check(
    points=3,
    acts=True,
    after=("pods_are_plugged", "pods_get_out"),
    hints=(
        "A pod that comes next week: which file says what happens to it?",
        "`ls /etc/cni/net.d` on worker1: the first by name counts. `labkit cni add test --node worker1` shows every call.",
        "Leave one conf with the name mynet there, or make it the first by name.",
    ),
    may_leave=PORTMAP_LEAVES,
)
def new_pod_is_plugged(view: View) -> None:
    """A new pod gets an address of its own in mynet, reaches the others, and leaves nothing behind."""
    old = [read_pod(view, name) for name in PODS]
    with plugged(view) as pod:
        expect(
            pod.address not in {each.address for each in old},
            expected="an address that no other pod has",
            observed=f"{pod.address} once more",
        )
        view.expect_reach(pair for each in old for pair in ((pod, each), (each, pod)))
    left = view.machine(NODE).list_folder(LEASES)
    expect(
        pod.address not in left, expected=f"{pod.address} is free again after DEL", observed="its lease is still there"
    )


@check(
    points=2,
    acts=True,
    after=("new_pod_is_plugged",),
    hints=(
        "One plugin wires. Who maps ports, who limits the rate, and how do they get to know the pod?",
        'Is the conf a .conflist with three plugins, two of them with "capabilities"?',
        '{"type": "portmap", "capabilities": {"portMappings": true}}, {"type": "bandwidth", "capabilities": {"bandwidth": true}}',
    ),
    may_leave=PORTMAP_LEAVES,
)
def chain_is_complete(view: View) -> None:
    """A new pod's port mapping and rate limit, in both directions, are carried out."""
    port, rate = 10_000 + secrets.randbelow(20_000), (1 + secrets.randbelow(20)) * 1_000_000
    capabilities = {
        "portMappings": [{"hostPort": port, "containerPort": 80, "protocol": "tcp"}],
        "bandwidth": {"ingressRate": rate, "ingressBurst": rate, "egressRate": 2 * rate, "egressBurst": 2 * rate},
    }
    with plugged(view, capabilities=capabilities) as pod:
        answer = view.connect_tcp("outside", view.values["node_address"], port, at=pod.name, at_port=80)
        expect(answer.reached, expected=f"outside reaches the pod by port {port} of the node", observed=answer.detail)
        shown = json.loads(view.machine(NODE).probe(["tc", "-j", "qdisc", "show"]).stdout)
        rates = {each["options"].get("rate") for each in shown if each["kind"] == "tbf"}
        expect(
            {rate // 8, rate // 4} <= rates,
            expected=f"tbf with {rate} bit/s to the pod and {2 * rate} bit/s from it",
            observed=f"rates in bytes a second: {sorted(filter(None, rates))}",
        )


# --- the plugin of one's own, asked through the protocol


def plan_conf(prefix: str) -> dict[str, str]:
    """A conf of my-plugin's for pods of this prefix."""
    return MINE | {"prefix": prefix}


def draw_prefix() -> str:
    """A prefix that the plugin has not been told before."""
    return f"10.{90 + secrets.randbelow(100)}.{secrets.randbelow(250)}.0/24"


def call(view: View, command: str, container: str, *, netns: str = "", stdin: str) -> Result:
    """One call of my-plugin on the node."""
    environment = {
        "CNI_COMMAND": command, "CNI_CONTAINERID": container, "CNI_IFNAME": "eth0", "CNI_PATH": "/opt/cni/bin",
    }  # fmt: skip
    if netns:
        environment["CNI_NETNS"] = f"/run/netns/{netns}"
    there = view.machine(NODE).list_folder("/opt/cni/bin")
    expect("my-plugin" in there, expected=f"a program {PLUGIN} on worker1", observed="there is none")
    return view.machine(NODE).run([PLUGIN], stdin=stdin, env=environment, timeout=5)


def parse_json(result: Result, what: str) -> dict[str, Any]:
    """What a call printed."""
    try:
        data = json.loads(result.stdout)
    except (ValueError, RecursionError):
        data = None
    said = (result.stdout or result.stderr)[:200] or "nothing"
    expect(isinstance(data, dict), expected=f"JSON from {what}", observed=said)
    return dict(data)


def expect_success(result: Result, what: str) -> None:
    """Exit status 0."""
    said = (result.stdout or result.stderr)[:200]
    expect(result.status == 0, expected=f"{what} succeeds", observed=f"status {result.status}: {said}")


@contextlib.contextmanager
def unplugged(view: View, conf: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A pod for my-plugin, without any link: its name and container id; DEL at the end."""
    name, container = f"mine-{secrets.token_hex(4)}", secrets.token_hex(16)
    with view.add_pod(NODE, name):
        try:
            yield name, container
        finally:
            call(view, "DEL", container, netns=name, stdin=json.dumps(conf))


def add_mine(view: View, conf: Mapping[str, str], name: str, container: str) -> dict[str, Any]:
    """The result of my-plugin's ADD."""
    result = call(view, "ADD", container, netns=name, stdin=json.dumps(conf))
    expect_success(result, "ADD")
    return parse_json(result, "ADD")


@contextlib.contextmanager
def added(view: View, conf: Mapping[str, str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A pod that my-plugin was asked to ADD: its name, container id and result."""
    with unplugged(view, conf) as (name, container):
        yield name, container, add_mine(view, conf, name, container)


def read_given(result: Mapping[str, Any]) -> str:
    """The address in a result, with its length."""
    ips = result.get("ips")
    given = ips[0].get("address") if isinstance(ips, list) and ips and isinstance(ips[0], dict) else None
    expect(given, expected="ips with an address in the result", observed=json.dumps(result)[:200])
    return str(given)


OWN_HINTS = (
    "What does the specification say that this call has to do, and what has to be on stdout?",
    "Call it by hand: `CNI_COMMAND=… CNI_CONTAINERID=x CNI_NETNS=/run/netns/POD CNI_IFNAME=eth0 /opt/cni/bin/my-plugin <CONF`.",
    "Compare with what /opt/cni/bin/bridge prints for the same call.",
)


@check(points=1, level="more", acts=True, hints=OWN_HINTS)
def my_plugin_tells_versions(view: View) -> None:
    """my-plugin: VERSION lists 1.0.0 among the versions it speaks."""
    result = call(view, "VERSION", "", stdin='{"cniVersion": "1.0.0"}')
    expect_success(result, "VERSION")
    versions = parse_json(result, "VERSION").get("supportedVersions")
    expect(
        isinstance(versions, list) and "1.0.0" in versions,
        expected="supportedVersions with 1.0.0",
        observed=str(versions),
    )


@check(points=2, level="more", acts=True, hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_adds(view: View) -> None:
    """my-plugin: ADD gives the pod an address of the conf's prefix, which the result names, and pod and node reach each other."""
    conf = plan_conf(draw_prefix())
    with added(view, conf) as (name, _, result):
        given = read_given(result).partition("/")[0]
        pod = read_pod(view, name)
        expect(pod.address == given, expected=f"{given} on eth0", observed=pod.address)
        network = ipaddress.IPv4Network(conf["prefix"])
        expect(
            ipaddress.IPv4Address(given) in network,
            expected=f"an address of {network}",
            observed=f"{given} is not in it",
        )
        view.expect_reach(
            [(Place(NODE, view.values["node_address"]), pod), (pod, Place(NODE, view.values["node_address"]))]
        )


@check(points=1, level="more", acts=True, after=("my_plugin_adds",), hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_deletes_twice(view: View) -> None:
    """my-plugin: DEL takes the cable away, of this container only, and succeeds when there is nothing left, not even the namespace."""
    conf = plan_conf(draw_prefix())
    with added(view, conf) as (name, container, _), added(view, conf) as (other, _, _):
        for _ in range(2):
            expect_success(call(view, "DEL", container, netns=name, stdin=json.dumps(conf)), "DEL")
        links = view.machine(name).links()
        expect("eth0" not in links, expected="no eth0 after DEL", observed=", ".join(links))
        kept = view.machine(other).links()
        expect("eth0" in kept, expected=f"{other}, which nobody deleted, keeps its eth0", observed=", ".join(kept))
    expect_success(call(view, "DEL", container, stdin=json.dumps(conf)), "DEL without a namespace")


@check(points=1, level="more", acts=True, after=("my_plugin_adds",), hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_checks(view: View) -> None:
    """my-plugin: CHECK succeeds while all is there, and fails when the address is gone."""
    conf = plan_conf(draw_prefix())
    with added(view, conf) as (name, container, result):
        read_given(result)
        stdin = json.dumps(conf | {"prevResult": result})
        expect_success(call(view, "CHECK", container, netns=name, stdin=stdin), "CHECK")
        view.machine(name).run(["ip", "addr", "flush", "dev", "eth0"])
        later = call(view, "CHECK", container, netns=name, stdin=stdin)
        expect(later.status != 0, expected="an error once the address is gone", observed="CHECK still succeeds")
        expect("code" in parse_json(later, "a failing CHECK"), expected="an error with a code", observed=later.stdout)


@check(points=1, level="more", acts=True, after=("my_plugin_adds",), hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_refuses_nonsense(view: View) -> None:
    """my-plugin: a conf that is not JSON gives an error result with code and msg."""
    with unplugged(view, plan_conf(draw_prefix())) as (name, container):
        result = call(view, "ADD", container, netns=name, stdin="{ this is no JSON")
        expect(result.status != 0, expected="an exit status that is not 0", observed="it succeeds")
        data = parse_json(result, "the error")
        expect({"code", "msg"} <= set(data), expected="code and msg", observed=result.stdout)


@check(points=1, level="more", acts=True, after=("my_plugin_adds",), hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_serves_two_at_once(view: View) -> None:
    """my-plugin: containers that come at the same moment get different addresses."""
    conf = plan_conf(draw_prefix())
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(AT_ONCE) as pool:
        pods = [stack.enter_context(unplugged(view, conf)) for _ in range(AT_ONCE)]
        given = [read_given(result) for result in pool.map(lambda pod: add_mine(view, conf, *pod), pods)]
    twice = sorted({each for each in given if given.count(each) > 1})
    expect(not twice, expected=f"{AT_ONCE} different addresses", observed=f"more than once: {', '.join(twice)}")


@check(points=1, level="more", acts=True, after=("my_plugin_adds",), hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_chains(view: View) -> None:
    """my-plugin: the next plugin of a chain, portmap, can read its result."""
    own = {key: value for key, value in plan_conf(draw_prefix()).items() if key not in ("cniVersion", "name")}
    chain = [own, {"type": "portmap", "capabilities": {"portMappings": True}}]
    network = parse_conf(json.dumps({"cniVersion": "1.0.0", "name": "mine", "plugins": chain}))
    port = 30_000 + secrets.randbelow(2_000)
    mapping = {"portMappings": [{"hostPort": port, "containerPort": 80, "protocol": "tcp"}]}
    with plug_in_pod(view, NODE, network=network, capabilities=mapping) as pod:
        read_given(pod.result)
