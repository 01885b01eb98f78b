"""Lab 06: pods plugged in through CNI, a chain of plugins, and a plugin of one's own."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from labkit.check import Failed, Plugged, View, check, expect, plug_in_pod
from labkit.cni import Attachment, CniError, Runtime, parse_conf
from labkit.net import read_addresses, read_links
from labkit.world import Result

NODE, NETWORK = "worker1", "mynet"
MINE = {"cniVersion": "1.0.0", "name": "mine", "type": "my-plugin", "prefix": "10.99.0.0/24"}
LEASES = f"/var/lib/cni/networks/{NETWORK}"


# Plugging in a pod puts things right on the way (cni0 up, forwarding on): what is there is looked at first.
LOOKED = {name: threading.Event() for name in ("pods_are_plugged", "pods_get_out")}


@contextlib.contextmanager
def looking(name: str) -> Iterator[None]:
    """Around a check that must see the node before any plugin is called again."""
    try:
        yield
    finally:
        LOOKED[name].set()


def wait_until_looked() -> None:
    """At most 3 s: one check alone has nobody to wait for."""
    until = time.monotonic() + 3
    for event in LOOKED.values():
        event.wait(max(0.0, until - time.monotonic()))


def read_address(lab: View, pod: str) -> str:
    """The IPv4 address of a pod's eth0."""
    found = [
        each.address for each in read_addresses(lab.machine(pod)) if each.link == "eth0" and ":" not in each.address
    ]
    expect(found, expected=f"an address on eth0 of {pod}", observed="there is none")
    return found[0]


@contextlib.contextmanager
def plugged(lab: View, **how: Any) -> Iterator[Plugged]:
    """A pod of the check's own in mynet, once the others have looked."""
    wait_until_looked()
    with plug_in_pod(lab, NODE, **how) as pod:
        expect(pod.network == NETWORK, expected=f"network {NETWORK}", observed=f"the first conf is of {pod.network}")
        yield pod


@check(
    points=2,
    once=True,
    hints=(
        "What does a plugin have to be told before it can plug in a pod, and how is it told?",
        "`ls /var/lib/cni/networks/mynet` on worker1: is there a file for each pod's address?",
        "`ip netns add web`, then bridge with CNI_COMMAND=ADD, CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH and the conf on stdin.",
    ),
)
def pods_are_plugged(lab: View) -> None:
    """web and api have addresses that host-local leased to them, and reach each other."""
    with looking("pods_are_plugged"):
        addresses = {pod: read_address(lab, pod) for pod in ("web", "api")}
        leased = lab.machine(NODE).behind.run(["ls", LEASES]).stdout.split()
        for pod, address in addresses.items():
            expect(
                address in leased,
                expected=f"a lease for {address} ({pod})",
                observed=f"leases: {' '.join(leased) or 'none'}",
            )
        lab.expect_answers([("web", addresses["api"]), ("api", addresses["web"])])


@check(
    points=1,
    once=True,
    hints=(
        "outside has never heard of pod addresses. Who can make it answer all the same?",
        "`iptables -t nat -S POSTROUTING` on worker1, and `sysctl net.ipv4.ip_forward`.",
        '"isGateway": true and "ipMasq": true in the conf of the bridge plugin; DEL and ADD the pods.',
    ),
)
def pods_get_out(lab: View) -> None:
    """web and api get answers from outside, which sees the node."""
    with looking("pods_get_out"):
        for pod in ("web", "api"):
            read_address(lab, pod)
            answer = lab.ping(pod, lab.values["outside_address"], at="outside")
            expect(answer.reached, expected=f"an answer from outside to {pod}", observed=answer.detail)
            seen = lab.values["node_address"]
            expect(
                answer.seen_source == seen, expected=f"outside sees {seen}", observed=f"it sees {answer.seen_source}"
            )


@check(
    points=3,
    once=True,
    after=("pods_are_plugged", "pods_get_out"),
    hints=(
        "A pod that comes next week: which file says what happens to it?",
        "`ls /etc/cni/net.d` on worker1: the first by name counts. `labkit cni add test --node worker1` shows every call.",
        "Leave one conf with the name mynet there, or make it the first by name.",
    ),
)
def new_pod_is_plugged(lab: View) -> None:
    """A new pod gets an address of its own in mynet, reaches the others, and leaves nothing behind."""
    old = {read_address(lab, pod) for pod in ("web", "api")}
    node = lab.machine(NODE)
    before = {link.name for link in read_links(node)}
    with plugged(lab) as pod:
        expect(pod.address not in old, expected="an address that no other pod has", observed=f"{pod.address} once more")
        lab.expect_answers((pod.name, other) for other in old)
        cables = {link.name for link in read_links(node)} - before
    left = node.behind.run(["ls", LEASES]).stdout.split()
    expect(
        pod.address not in left, expected=f"{pod.address} is free again after DEL", observed="its lease is still there"
    )
    gone = cables - {link.name for link in read_links(node)}
    expect(gone or not cables, expected="its cable is gone after DEL", observed=f"{', '.join(cables)} still there")


@check(
    points=2,
    once=True,
    after=("new_pod_is_plugged",),
    hints=(
        "One plugin wires. Who maps ports, who limits the rate, and how do they get to know the pod?",
        'Is the conf a .conflist with three plugins, two of them with "capabilities"?',
        '{"type": "portmap", "capabilities": {"portMappings": true}}, {"type": "bandwidth", "capabilities": {"bandwidth": true}}',
    ),
)
def chain_is_complete(lab: View) -> None:
    """A new pod's port mapping and rate limit are carried out."""
    port, rate = lab.values["port"] + 1000, 20_000_000  # the learner's own pods may have the lesson's port
    capabilities = {
        "portMappings": [{"hostPort": port, "containerPort": 80, "protocol": "tcp"}],
        "bandwidth": {"ingressRate": rate, "ingressBurst": rate, "egressRate": rate, "egressBurst": rate},
    }
    with plugged(lab, capabilities=capabilities) as pod:
        answer = lab.connect_tcp("outside", lab.values["node_address"], port, at=pod.name, at_port=80)
        expect(answer.reached, expected=f"outside reaches the pod by port {port} of the node", observed=answer.detail)
        limits = json.loads(lab.machine(NODE).probe(["tc", "-j", "qdisc", "show"]).stdout)
        rates = [each["options"].get("rate") for each in limits if each["kind"] == "tbf"]
        expect(rate // 8 in rates, expected="tbf with 20 Mbit/s on the pod's cable", observed=f"rates: {rates}")


# --- the plugin of one's own, asked through the protocol


def call(lab: View, command: str, container: str, *, netns: str = "", stdin: str) -> Result:
    """One call of my-plugin on the node."""
    environment = {
        "CNI_COMMAND": command, "CNI_CONTAINERID": container, "CNI_IFNAME": "eth0", "CNI_PATH": "/opt/cni/bin",
    }  # fmt: skip
    if netns:
        environment["CNI_NETNS"] = f"/run/netns/{netns}"
    node = lab.machine(NODE).behind
    there = node.run(["test", "-x", "/opt/cni/bin/my-plugin"]).status == 0
    expect(there, expected="a program /opt/cni/bin/my-plugin on worker1", observed="there is none")
    return node.run(["/opt/cni/bin/my-plugin"], stdin=stdin, env=environment, timeout=5)


def parse_json(result: Result, what: str) -> dict[str, Any]:
    """What a call printed."""
    try:
        data = json.loads(result.stdout)
    except ValueError:
        data = None
    expect(
        isinstance(data, dict),
        expected=f"JSON from {what}",
        observed=(result.stdout or result.stderr)[:200] or "nothing",
    )
    return dict(data)


def expect_success(result: Result, what: str) -> None:
    """Exit status 0."""
    expect(
        result.status == 0,
        expected=f"{what} succeeds",
        observed=f"status {result.status}: {result.stdout or result.stderr}",
    )


TURN = threading.RLock()  # one check at a time: a plugin that mixes up two containers shall fail one check, not all


@contextlib.contextmanager
def unplugged(lab: View) -> Iterator[tuple[str, str]]:
    """A pod for my-plugin, without any link: its name and container id; DEL at the end."""
    wait_until_looked()
    name, container = f"mine-{secrets.token_hex(4)}", secrets.token_hex(16)
    with TURN, lab.add_pod(NODE, name):
        try:
            yield name, container
        finally:
            call(lab, "DEL", container, netns=name, stdin=json.dumps(MINE))


def add_mine(lab: View, name: str, container: str) -> dict[str, Any]:
    """The result of my-plugin's ADD."""
    result = call(lab, "ADD", container, netns=name, stdin=json.dumps(MINE))
    expect_success(result, "ADD")
    return parse_json(result, "ADD")


@contextlib.contextmanager
def added(lab: View) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A pod that my-plugin was asked to ADD: its name, container id and result."""
    with unplugged(lab) as (name, container):
        yield name, container, add_mine(lab, name, container)


def read_given(result: Mapping[str, Any]) -> str:
    """The address in a result."""
    ips = result.get("ips")
    expect(ips and isinstance(ips, list), expected="ips with an address in the result", observed=json.dumps(result))
    return str(ips[0]["address"])


OWN_HINTS = (
    "What does the specification say that this call has to do, and what has to be on stdout?",
    "Call it by hand: `CNI_COMMAND=… CNI_CONTAINERID=x CNI_NETNS=/run/netns/POD CNI_IFNAME=eth0 /opt/cni/bin/my-plugin <CONF`.",
    "Compare with what /opt/cni/bin/bridge prints for the same call.",
)


@check(points=1, level="more", once=True, hints=OWN_HINTS)
def my_plugin_tells_versions(lab: View) -> None:
    """my-plugin: VERSION lists 1.0.0 among the versions it speaks."""
    result = call(lab, "VERSION", "", stdin='{"cniVersion": "1.0.0"}')
    expect_success(result, "VERSION")
    versions = parse_json(result, "VERSION").get("supportedVersions")
    expect(
        isinstance(versions, list) and "1.0.0" in versions,
        expected="supportedVersions with 1.0.0",
        observed=str(versions),
    )


@check(points=2, level="more", once=True, hints=OWN_HINTS)
def my_plugin_adds(lab: View) -> None:
    """my-plugin: ADD gives the pod the address that the result names, and the node reaches it."""
    with added(lab) as (name, _, result):
        address = read_given(result).partition("/")[0]
        expect(read_address(lab, name) == address, expected=f"{address} on eth0", observed=read_address(lab, name))
        lab.expect_answers([(NODE, address)])


@check(points=1, level="more", once=True, after=("my_plugin_adds",), hints=OWN_HINTS)
def my_plugin_deletes_twice(lab: View) -> None:
    """my-plugin: DEL takes the cable away, and succeeds when there is nothing left, not even the namespace."""
    with added(lab) as (name, container, _):
        for _ in range(2):
            expect_success(call(lab, "DEL", container, netns=name, stdin=json.dumps(MINE)), "DEL")
        links = [link.name for link in read_links(lab.machine(name))]
        expect("eth0" not in links, expected="no eth0 after DEL", observed=", ".join(links))
    expect_success(call(lab, "DEL", container, stdin=json.dumps(MINE)), "DEL without a namespace")


@check(points=1, level="more", once=True, after=("my_plugin_adds",), hints=OWN_HINTS)
def my_plugin_checks(lab: View) -> None:
    """my-plugin: CHECK succeeds while all is there, and fails when the address is gone."""
    with added(lab) as (name, container, result):
        read_given(result)
        stdin = json.dumps(MINE | {"prevResult": result})
        expect_success(call(lab, "CHECK", container, netns=name, stdin=stdin), "CHECK")
        lab.machine(name).behind.run(["ip", "addr", "flush", "dev", "eth0"])
        later = call(lab, "CHECK", container, netns=name, stdin=stdin)
        expect(later.status != 0, expected="an error once the address is gone", observed="CHECK still succeeds")
        expect("code" in parse_json(later, "a failing CHECK"), expected="an error with a code", observed=later.stdout)


@check(points=1, level="more", once=True, after=("my_plugin_adds",), hints=OWN_HINTS)
def my_plugin_refuses_nonsense(lab: View) -> None:
    """my-plugin: a conf that is not JSON gives an error result with code and msg."""
    with unplugged(lab) as (name, container):
        result = call(lab, "ADD", container, netns=name, stdin="{ this is no JSON")
        expect(result.status != 0, expected="an exit status that is not 0", observed="it succeeds")
        data = parse_json(result, "the error")
        expect({"code", "msg"} <= set(data), expected="code and msg", observed=result.stdout)


@check(points=1, level="more", once=True, after=("my_plugin_adds",), hints=OWN_HINTS)
def my_plugin_serves_two_at_once(lab: View) -> None:
    """my-plugin: two containers that come at the same moment get different addresses."""
    with unplugged(lab) as first, unplugged(lab) as second, ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda pod: add_mine(lab, *pod), (first, second))
        one, other = (read_given(result) for result in results)
    expect(one != other, expected="two different addresses", observed=f"{one} twice")


@check(points=1, level="more", once=True, after=("my_plugin_adds",), hints=OWN_HINTS)
def my_plugin_chains(lab: View) -> None:
    """my-plugin: the next plugin of a chain, portmap, can read its result."""
    own = {key: value for key, value in MINE.items() if key not in ("cniVersion", "name")}
    chain = [own, {"type": "portmap", "capabilities": {"portMappings": True}}]
    network = parse_conf(json.dumps({"cniVersion": "1.0.0", "name": "mine", "plugins": chain}))
    mapping = {"portMappings": [{"hostPort": 7999, "containerPort": 80, "protocol": "tcp"}]}
    runtime = Runtime(lab.machine(NODE).behind)
    with unplugged(lab) as (name, container):
        attachment = Attachment(container, f"/run/netns/{name}", capabilities=mapping)
        try:
            read_given(runtime.add(network, attachment))
        except CniError as error:
            raise Failed(expected="portmap takes the result of my-plugin", observed=error.message) from error
        finally:
            with contextlib.suppress(CniError):
                runtime.delete(network, attachment)
