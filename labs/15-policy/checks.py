"""Lab 15: who reaches whom and by which port; each silence has a control that was answered by the same pod at the same port."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from labkit.check import Evidence, Object, Place, View, check, expect, run_pods
from labkit.errors import CannotTell
from labkit.probe import Answer

SILENT = 0.7  # seconds for a call that nobody shall answer
FOLLOWS = 8.0  # seconds that Felix may take
PAUSE = 0.2
DNS = 53
METRICS = 9153  # CoreDNS' figures


@dataclass(frozen=True)
class Call:
    """A machine calls a port of another one, by TCP or UDP."""

    src: Place
    dst: Place
    port: int
    udp: bool = False

    def __str__(self) -> str:
        return f"{self.src.name} to {self.dst.name}, {'UDP' if self.udp else 'TCP'} port {self.port}"

    def ask(self, view: View, timeout: float) -> Answer:
        """Only the called machine itself counts; where no program of its own has the port the check holds it."""
        way = view.ask_udp if self.udp else view.connect_tcp
        return way(self.src.name, self.dst.address, self.port, at=self.dst.name, timeout=timeout)

    def prove(self, view: View, told: Answer) -> Evidence:
        """What shows it to a person: the way of such a packet, and the rule where it ended."""
        words = ("labkit", "journey", self.src.name, self.dst.name, "--udp" if self.udp else "--tcp", str(self.port))
        return view.note(Evidence("", words, told.detail, told.status))


def find(view: View, key: str) -> Place:
    """A pod of the lab, where the API says it is."""
    pod = view.values[key]
    return view.pod_place(view.object("Pod", pod["name"], pod["namespace"]))


def find_all(view: View, keys: str) -> list[Place]:
    """Several: a letter each."""
    return [find(view, key) for key in keys]


def port_of(view: View, key: str) -> int:
    """Where it serves."""
    return int(view.values[key]["port"])


def node_of(view: View, key: str) -> Place:
    """The node it is on."""
    return view.place("w1" if view.values[key]["node"] == "worker1" else "w2")


def ask_all(view: View, calls: Sequence[Call], timeout: float) -> list[Answer]:
    """All at the same time; a port that several of them call is held until the last one has its answer."""
    ports = dict.fromkeys((call.dst.name, call.port) for call in calls if not call.udp)
    with ExitStack() as stack, ThreadPoolExecutor(len(calls) or 1) as pool:
        for name, port in ports:
            stack.enter_context(view.hold_port(name, port))
        return list(pool.map(lambda call: call.ask(view, timeout), calls))


def expect_open(view: View, calls: Sequence[Call]) -> None:
    """Each is answered by the called machine, which sees the caller's own address."""
    for call, told in zip(calls, ask_all(view, calls, 1.5), strict=True):
        expect(told.reached, expected=f"{call}: answered", observed=told.detail, by=call.prove(view, told))
        expect(
            told.seen_source == call.src.address,
            expected=f"{call.dst.name} is called by {call.src.address}",
            observed=f"it is called by {told.seen_source}",
        )


def expect_shut(view: View, calls: Sequence[Call], controls: Iterable[Call]) -> None:
    """None is answered, though the controls are: somebody who may call the same ports of the same machines."""
    asked = list(dict.fromkeys(controls))
    for control, told in zip(asked, ask_all(view, asked, 1.5), strict=True):
        if not told.reached:
            raise CannotTell(
                f"{control}: {told.detail}; so silence there proves nothing",
                hint="make that work first, then check again",
            )
    for call, told in zip(calls, ask_all(view, calls, SILENT), strict=True):
        expect(not told.reached, expected=f"{call}: silence", observed=told.detail, by=call.prove(view, told))


def expect_shut_for_pods(view: View, calls: Sequence[tuple[str, str, int]]) -> None:
    """The same between pods of the lab; a pod's own node is the one that may."""
    places = {key: find(view, key) for key in dict.fromkeys(key for src, dst, _ in calls for key in (src, dst))}
    controls = [Call(node_of(view, dst), places[dst], port) for _, dst, port in calls]
    expect_shut(view, [Call(places[src], places[dst], port) for src, dst, port in calls], controls)


def draw_port() -> int:
    """One that nobody serves."""
    return secrets.randbelow(20000) + 10000


@check(
    points=2,
    hints=(
        "What is a pod that no policy selects?",
        "`kubectl get networkpolicy -A`: is there one whose POD-SELECTOR is empty, in the right namespace? `%journey` from guest to web names the rule.",
        "A NetworkPolicy with `podSelector: {}` and `policyTypes: [Ingress]`, without any rule.",
    ),
)
def strangers_get_silence(view: View) -> None:
    """Pods of the other namespace get no answer from client, web and db."""
    any_port = draw_port()
    doors = [("a", any_port), ("b", port_of(view, "b")), ("d", port_of(view, "d"))]
    expect_shut_for_pods(view, [(src, key, port) for src in "ef" for key, port in doors])


@check(
    points=3,
    hints=(
        "Which three calls does the application need? Each wants to be let in where it arrives, and later to be let out where it begins.",
        "`bash /root/calls` on control, then `%journey CALLER CALLED --tcp PORT` for the one that fails: at whose cable does it end?",
        "At the called: `from` a podSelector with the caller's label, `port` the one on which the pod listens. At the caller: its `-out` policy.",
    ),
)
def shop_is_served(view: View) -> None:
    """client calls web, web calls api, api calls db, by name too; and nobody of them calls in another direction."""
    places = dict(zip("abcd", find_all(view, "abcd"), strict=True))
    chain = [Call(places[src], places[dst], port_of(view, dst)) for src, dst in (("a", "b"), ("b", "c"), ("c", "d"))]
    expect_open(view, chain)
    for src, key in (("a", "b"), ("b", "c"), ("c", "d")):
        expect_served_by_name(view, places[src], key)
    others = (("a", "c"), ("a", "d"), ("b", "d"), ("c", "b"), ("d", "b"), ("d", "c"))
    expect_shut_for_pods(view, [(src, dst, port_of(view, dst)) for src, dst in others])


def expect_served_by_name(view: View, src: Place, key: str) -> None:
    """The Service's address leads this caller to the pod, and the answer comes whole."""
    pod = view.values[key]
    service = view.object("Service", pod["name"], pod["namespace"])
    target = (str(service["spec"]["clusterIP"]), int(pod["service"]))
    for served in view.ask_http(src.name, target, among=[pod["machine"]], times=2):
        expect(
            served.reached,
            expected=f"{pod['name']} answers {src.name} at its Service's address",
            observed=served.detail,
        )


@check(
    points=2,
    hints=(
        "Two conditions for one caller: its namespace, and its label. AND, or OR?",
        "`kubectl describe networkpolicy` of api: under `From:`, are NamespaceSelector and PodSelector in one block, or is there a line between them?",
        "`- namespaceSelector: {matchLabels: {team: ops}}`, and below it, without a hyphen, `podSelector: {matchLabels: {app: monitor}}`.",
    ),
)
def monitor_calls_api(view: View) -> None:
    """monitor calls api, and no other pod of its namespace does."""
    monitor, api = find_all(view, "ec")
    expect_open(view, [Call(monitor, api, port_of(view, "c"))])
    expect_shut_for_pods(view, [("f", "c", port_of(view, "c"))])


@check(
    points=2,
    after=("shop_is_served", "monitor_calls_api"),
    hints=(
        "Who may call may call what? A `from` without `ports` is every port.",
        "`kubectl describe networkpolicy`: what stands under To Port?",
        "`ports: [{protocol: TCP, port: NUMBER}]` beside each `from` and each `to`.",
    ),
)
def no_other_port(view: View) -> None:
    """Who may call a pod may call it at one TCP port: no neighbouring one, no UDP, no ping."""
    places = dict(zip("abcde", find_all(view, "abcde"), strict=True))
    shut, controls = [], []
    for src, dst in (("a", "b"), ("b", "c"), ("c", "d"), ("e", "c")):
        port, node = port_of(view, dst), node_of(view, dst)
        shut += [Call(places[src], places[dst], other) for other in (port - 1, port + 1, draw_port())]
        if src != "e":  # one socket of ours for each port
            shut.append(Call(places[src], places[dst], port, udp=True))
        controls += [Call(node, call.dst, call.port, call.udp) for call in shut if call.src == places[src]]
    expect_shut(view, shut, controls)
    expect_no_pings(
        view, [(places[src], places[dst], node_of(view, dst)) for src, dst in (("a", "b"), ("b", "c"), ("c", "d"))]
    )


def expect_no_pings(view: View, pairs: Sequence[tuple[Place, Place, Place]]) -> None:
    """Silence, though each pod answers its own node, which stands third."""
    controls = view.ping_many([(node.name, dst.address) for _, dst, node in pairs])
    told = view.ping_many([(src.name, dst.address) for src, dst, _ in pairs], timeout=SILENT)
    for (src, dst, _), answer, control in zip(pairs, told, controls, strict=True):
        view.expect_silence(answer, control=control, what=f"{src.name} gets no answer to a ping of {dst.name}")


@check(
    points=2,
    hints=(
        "Which direction is it when a pod calls, and which policy names it?",
        "`kubectl describe networkpolicy`: which say `Policy Types: Egress`? `%journey` from web to monitor, `--tcp 80`.",
        "`kubectl apply -f /root/out.yaml`.",
    ),
)
def way_out_is_shut(view: View) -> None:
    """No pod of the namespace calls out: neither pods of another namespace, nor nodes, nor the world."""
    monitor, guest, *inside = find_all(view, "efabcd")
    control, port = view.place("control"), draw_port()
    far = [
        Call(guest, monitor, port_of(view, "e")),
        Call(guest, control, port),
        Call(guest, view.place("g"), port),
    ]
    expect_shut(view, [Call(src, call.dst, call.port) for src in inside for call in far], far)


@check(
    points=2,
    hints=(
        "Whom does a pod ask for a name, by which protocols, at which port, and may it?",
        "In web: `dig +time=1 +tries=1 api.NAMESPACE.svc.cluster.local`, and the same with `+tcp`. `%journey` from web to kube-dns' address, `--udp 53`.",
        "Egress to pods with `k8s-app: kube-dns` of the namespace with `kubernetes.io/metadata.name: kube-system`, ports 53 of UDP and of TCP.",
    ),
)
def names_and_no_more(view: View) -> None:
    """Every pod of the namespace is told names, by UDP and TCP, and can't ask the name server's pods anything else."""
    guest, *inside = find_all(view, "fabcd")
    for src in inside:
        expect_named(view, src)
    servers = [view.pod_place(pod) for pod in view.pods("kube-system", labels="k8s-app=kube-dns")]
    others = [Call(guest, server, METRICS) for server in servers]
    expect_shut(view, [Call(src, call.dst, call.port) for src in inside for call in others], others)


def expect_named(view: View, src: Place) -> None:
    """By both protocols."""
    server, name = view.values["kube_dns"], f"{view.values['b']['name']}.{view.values['ns']}.svc.cluster.local."
    told = view.ask_dns(src.name, name, server=server)
    expect(told.code == "NOERROR", expected=f"{src.name} is told the address of {name} by UDP", observed=told.detail)
    opened = view.connect_tcp(src.name, server, DNS)
    expect(
        opened.reached, expected=f"{src.name} reaches the name server by TCP, for long answers", observed=opened.detail
    )


@check(
    points=1,
    level="more",
    hints=(
        "By what can a policy know somebody who has no label?",
        "`kubectl describe networkpolicy -n NAMESPACE`: what stands under IPBlock, CIDR and Except? Which caller does web see, and why must the Service say `externalTrafficPolicy: Local`?",
        "`from: [{ipBlock: {cidr: THE-WORLD, except: [CRAWLER/32]}}]` with web's port.",
    ),
)
def world_is_let_in(view: View) -> None:
    """outside calls web by worker1's node port, and web sees its address; crawler gets silence."""
    web, node, port = find(view, "b"), view.place("w1"), int(view.values["node_port"])
    outside, crawler = view.places("g", "h")
    told = view.connect_tcp(outside.name, node.address, port, at=web.name, at_port=port_of(view, "b"))
    expect(
        told.reached and told.seen_source == outside.address,
        expected=f"{web.name} is called by {outside.address} at {node.address}:{port}",
        observed=told.detail,
    )
    shut = view.connect_tcp(crawler.name, node.address, port, at=web.name, at_port=port_of(view, "b"), timeout=SILENT)
    view.expect_silence(shut, control=told, what=f"{crawler.name} gets no answer at {node.address}:{port}")


@check(
    points=3,
    acts=True,
    may_leave=("*cali*", "* KUBE-*", "chain *", "rule *"),
    after=("shop_is_served", "monitor_calls_api"),
    hints=(
        "A pod that comes tomorrow has a label, and an address that you don't know today. By which of them do your policies choose?",
        "Make one: `kubectl -n NAMESPACE run test --image=nginx --labels app=web`, and follow its calls.",
        "Selectors in place of addresses, a policy for `podSelector: {}` in both directions, and calico-node on every node.",
    ),
)
def later_pods_too(view: View) -> None:
    """Pods that come now with these labels are served and shut out alike; one without a label reaches nobody, a monitor of a third namespace neither."""
    with run_pods(view, *plan_pods(view)) as (web, api, db, stray, monitor, foreign):
        calls = {key: port_of(view, key) for key in "bcd"}
        old = dict(zip("abcdf", find_all(view, "abcdf"), strict=True))
        allowed = [
            Call(old["a"], web, calls["b"]), Call(web, api, calls["c"]), Call(old["b"], api, calls["c"]), Call(api, db, calls["d"]),
            Call(old["c"], db, calls["d"]), Call(monitor, api, calls["c"]), Call(monitor, old["c"], calls["c"]),
        ]  # fmt: skip
        wait_open(view, allowed)
        expect_open(view, allowed)
        expect_named(view, web)
        w1, w2 = view.places("w1", "w2")
        nodes = {web: w2, api: w1, db: w1, stray: w2, old["c"]: w2, old["b"]: w1, old["d"]: w2}
        port = draw_port()
        shut = [
            Call(foreign, api, calls["c"]), Call(foreign, old["c"], calls["c"]), Call(old["f"], web, calls["b"]),
            Call(stray, web, calls["b"]), Call(stray, api, calls["c"]), Call(stray, db, calls["d"]), Call(old["f"], stray, port),
            Call(web, db, calls["d"]), Call(web, stray, port), Call(db, api, calls["c"]), Call(api, old["b"], calls["b"]),
            Call(web, api, port), Call(web, api, port, udp=True),
        ]  # fmt: skip
        expect_shut(view, shut, [Call(nodes[call.dst], call.dst, call.port, call.udp) for call in shut])
        out = Call(monitor, view.place("control"), port)
        expect_shut(view, [Call(src, out.dst, port) for src in (web, api, db, stray)], [out])


def plan_pods(view: View) -> list[Object]:
    """Each on the other node than the lab's own pod with this label."""
    ns, ops = view.values["ns"], view.values["ops"]
    wanted = [
        (ns, "web", "worker2"), (ns, "api", "worker1"), (ns, "db", "worker1"), (ns, "", "worker2"), (ops, "monitor", "worker2"),
        ("default", "monitor", "worker1"),
    ]  # fmt: skip
    ports = {str(view.values[key]["name"]): port_of(view, key) for key in "bcde"}
    mark = secrets.token_hex(3)
    return [
        {
            "metadata": {
                "name": f"check-{app or 'stray'}-{mark}",
                "namespace": place,
                "labels": {"app": app} if app else {},
            },
            "spec": {
                "nodeName": node,
                "containers": [{"ports": [{"name": "http", "containerPort": ports[app]}] if app else []}],
            },
        }
        for place, app, node in wanted
    ]


def wait_open(view: View, calls: Sequence[Call]) -> None:
    """Until they are answered, or Felix's time is over."""
    deadline, pause = time.monotonic() + view.limit(FOLLOWS), threading.Event()
    while not all(told.reached for told in ask_all(view, calls, 0.5)) and time.monotonic() < deadline:
        pause.wait(PAUSE)
