"""Lab 06: pods plugged in through CNI, a chain of plugins, and a plugin of one's own."""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from labkit.check import Place, Plugged, View, both_ways, check, expect, find_pod, plan_pods, plug_in_pod
from labkit.cni import Attachment, Network, parse_conf
from labkit.world import Result

NODE, NETWORK = "worker1", "mynet"
LEASES = f"/var/lib/cni/networks/{NETWORK}"
AT_ONCE = 12  # containers that come at the same moment
FEW = 29  # length of a prefix with five addresses for pods
MAY_LEAVE = ("* stayed",)  # a bridge, a route to it: the next pod's; what was there before has to be there still
PLUGIN = "/opt/cni/bin/my-plugin"
# the other variables say nothing here, but some shells stop at one that is not set
VERSION = {"CNI_COMMAND": "VERSION", "CNI_CONTAINERID": "", "CNI_IFNAME": "eth0", "CNI_PATH": "/opt/cni/bin"}
PODS = ("web", "api")
Given = TypeVar("Given")
# what the reference plugins make with their first pod and leave for the next one
PORTMAP_LEAVES = ("* CNI-*", "chain *", "rule *CNI-*", "sysctl *route_localnet*")


def read_pod(view: View, name: str, link: str = "eth0") -> Place:
    """A pod with the IPv4 address of its link."""
    found = view.machine(name).addresses(link)
    expect(found, expected=f"an address on {link} of {name}", observed="there is none")
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
    """A new pod gets an address of its own in mynet, reaches the others and outside, and leaves nothing behind."""
    outside, seen = Place("outside", view.values["outside_address"]), view.values["node_address"]
    old = [read_pod(view, name) for name in PODS]
    with plugged(view) as pod:
        expect(
            pod.address not in {each.address for each in old},
            expected="an address that no other pod has",
            observed=f"{pod.address} once more",
        )
        pairs = [(pod, outside), *(pair for each in old for pair in ((pod, each), (each, pod)))]
        view.expect_seen(pairs, source=lambda _, dst: seen if dst == outside else "")
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


def plan_network(prefix: str, *behind: Mapping[str, Any]) -> Network:
    """A network of my-plugin's, with these plugins behind it."""
    plugins = [{"type": "my-plugin", "prefix": prefix}, *behind]
    return parse_conf(json.dumps({"cniVersion": "1.0.0", "name": "mine", "plugins": plugins}))


def draw_prefix(length: int = 24) -> str:
    """A prefix that the plugin has not been told before."""
    return f"10.{90 + secrets.randbelow(100)}.{secrets.randbelow(250)}.0/{length}"


def draw_link() -> str:
    """What the container's end is to be called: whatever the runtime says, not always eth0."""
    return f"net{1 + secrets.randbelow(90)}"


def call(view: View, environment: Mapping[str, str], stdin: str) -> Result:
    """One call of my-plugin on the node."""
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


@dataclass(frozen=True)
class Mine:
    """A container for my-plugin in a network of its own, and the calls that a runtime makes for it."""

    view: View
    network: Network
    attachment: Attachment

    @property
    def pod(self) -> str:
        """The name of the pod."""
        return find_pod(self.attachment)

    @property
    def link(self) -> str:
        """CNI_IFNAME."""
        return self.attachment.link

    def ask(self, command: str, stdin: str | None = None, **also: Any) -> Result:
        """A call with the network's conf, and this besides, on stdin."""
        conf = {"cniVersion": self.network.version, "name": self.network.name, **self.network.plugins[0], **also}
        return call(self.view, self.attachment.plan_environment(command), stdin or json.dumps(conf))

    def add(self) -> dict[str, Any]:
        """The result of ADD."""
        result = self.ask("ADD")
        expect_success(result, f"ADD with CNI_IFNAME={self.link}")
        return parse_json(result, "ADD")

    def add_address(self) -> str:
        """The address that ADD gave, without its length: the result says it, and the pod has it."""
        given = read_given(self.add()).partition("/")[0]
        pod = read_pod(self.view, self.pod, self.link)
        expect(pod.address == given, expected=f"{given} on {self.link}", observed=pod.address)
        hosts = [str(each) for each in ipaddress.IPv4Network(self.network.plugins[0]["prefix"]).hosts()]
        expect(
            given in hosts,
            expected=f"an address from {hosts[0]} to {hosts[-1]}, of the conf's prefix",
            observed=f"{given} is none of them",
        )
        return given

    def delete(self, what: str = "DEL") -> None:
        """DEL has to succeed."""
        expect_success(self.ask("DEL"), what)

    def leave(self) -> Mine:
        """The same container when its namespace is gone."""
        return dataclasses.replace(self, attachment=dataclasses.replace(self.attachment, netns=""))


@contextlib.contextmanager
def planned(view: View, network: Network, count: int) -> Iterator[list[Mine]]:
    """Containers for my-plugin, without any link; DEL at the end."""
    with plan_pods(view, NODE, network, count=count, link=draw_link()) as attachments:
        yield [Mine(view, network, each) for each in attachments]


def do_at_once(act: Callable[[Mine], Given], containers: Sequence[Mine]) -> list[Given]:
    """The same for all at the same moment."""
    with ThreadPoolExecutor(len(containers)) as pool:
        return list(pool.map(act, containers))


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
    result = call(view, VERSION, '{"cniVersion": "1.0.0"}')
    expect_success(result, "VERSION")
    versions = parse_json(result, "VERSION").get("supportedVersions")
    expect(
        isinstance(versions, list) and "1.0.0" in versions,
        expected="supportedVersions with 1.0.0",
        observed=str(versions),
    )


@check(points=2, level="more", acts=True, hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_adds(view: View) -> None:
    """my-plugin: ADD gives the pod a link of the name that is asked for and an address of the conf's prefix, which the result names; pod and node reach each other."""
    node = Place(NODE, view.values["node_address"])
    with planned(view, plan_network(draw_prefix()), 1) as [mine]:
        pod = Place(mine.pod, mine.add_address())
        view.expect_reach(both_ways(node, pod))


@check(points=1, level="more", acts=True, after=("my_plugin_adds",), hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_deletes_twice(view: View) -> None:
    """my-plugin: DEL takes the cable away, of this container only, and succeeds when there is nothing left, not even the namespace."""
    with planned(view, plan_network(draw_prefix()), 2) as [mine, other]:
        mine.add()
        other.add()
        for _ in range(2):
            mine.delete()
        links = view.machine(mine.pod).links()
        expect(mine.link not in links, expected=f"no {mine.link} after DEL", observed=", ".join(links))
        kept = view.machine(other.pod).links()
        expect(
            other.link in kept,
            expected=f"{other.pod}, which nobody deleted, keeps its {other.link}",
            observed=", ".join(kept),
        )
        mine.leave().delete("DEL without a namespace")


@check(points=1, level="more", acts=True, after=("my_plugin_adds",), hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_checks(view: View) -> None:
    """my-plugin: CHECK succeeds while all is there, and fails when the address is gone."""
    with planned(view, plan_network(draw_prefix()), 1) as [mine]:
        result = mine.add()
        read_given(result)
        expect_success(mine.ask("CHECK", prevResult=result), "CHECK")
        view.machine(mine.pod).run(["ip", "addr", "flush", "dev", mine.link])
        later = mine.ask("CHECK", prevResult=result)
        expect(later.status != 0, expected="an error once the address is gone", observed="CHECK still succeeds")
        expect("code" in parse_json(later, "a failing CHECK"), expected="an error with a code", observed=later.stdout)


@check(points=1, level="more", acts=True, after=("my_plugin_adds",), hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_refuses_nonsense(view: View) -> None:
    """my-plugin: a conf that is not JSON gives an error result with code and msg."""
    with planned(view, plan_network(draw_prefix()), 1) as [mine]:
        result = mine.ask("ADD", "{ this is no JSON")
        expect(result.status != 0, expected="an exit status that is not 0", observed="it succeeds")
        data = parse_json(result, "the error")
        expect({"code", "msg"} <= set(data), expected="code and msg", observed=result.stdout)


@check(points=1, level="more", acts=True, after=("my_plugin_adds",), hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_serves_two_at_once(view: View) -> None:
    """my-plugin: containers that come at the same moment get different addresses."""
    with planned(view, plan_network(draw_prefix()), AT_ONCE) as containers:
        given = do_at_once(Mine.add_address, containers)
    twice = sorted({each for each in given if given.count(each) > 1})
    expect(not twice, expected=f"{AT_ONCE} different addresses", observed=f"more than once: {', '.join(twice)}")


@check(
    points=1,
    level="more",
    acts=True,
    after=("my_plugin_adds", "my_plugin_serves_two_at_once"),
    hints=(
        "Who may have the address of a container that is gone? And of one whose ADD broke off half way?",
        "Where does your plugin write down who has an address? Look there after ADD and DEL, and after an ADD with CNI_NETNS=/run/netns/none and its DEL.",
        "Write down whose it is before anything else is done, and let DEL look for the container's id, whatever else is left.",
    ),
    may_leave=MAY_LEAVE,
)
def my_plugin_gives_back(view: View) -> None:
    """my-plugin: DEL gives the address back, also after an ADD that failed: a small prefix serves any number of containers, one after the other."""
    network = plan_network(draw_prefix(FEW))
    with planned(view, network, 3) as containers:
        lost = [Mine(view, network, plan_lost()) for _ in range(5)]
        for failed in do_at_once(lambda each: each.ask("ADD"), lost):
            expect(failed.status != 0, expected="ADD without the container's namespace fails", observed="it succeeds")
        do_at_once(lambda each: each.delete("DEL after an ADD that failed"), lost)
        for _ in range(2):
            do_at_once(Mine.add_address, containers)
            do_at_once(Mine.delete, containers)


def plan_lost() -> Attachment:
    """A container whose namespace is gone before ADD."""
    return Attachment(secrets.token_hex(32), f"/run/netns/gone-{secrets.token_hex(4)}", draw_link())


@check(points=1, level="more", acts=True, after=("my_plugin_adds",), hints=OWN_HINTS, may_leave=MAY_LEAVE)
def my_plugin_chains(view: View) -> None:
    """my-plugin: the next plugin of a chain, portmap, can read its result."""
    network = plan_network(draw_prefix(), {"type": "portmap", "capabilities": {"portMappings": True}})
    port = 30_000 + secrets.randbelow(2_000)
    mapping = {"portMappings": [{"hostPort": port, "containerPort": 80, "protocol": "tcp"}]}
    with plug_in_pod(view, NODE, network=network, capabilities=mapping) as pod:
        read_given(pod.result)
