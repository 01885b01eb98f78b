"""Random clusters: what the oracle says, and what the kernel does with the chains that Felix made. `--clusters 300 --seed 7` for more of them."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from labkit.agents.calico.policy.oracle import Question, ask
from tests.agents.calico.clusters import PODS, Cluster, clusters, find_address, list_questions
from tests.agents.calico.policed import PodSpec, PolicedNode, render_namespace, start_policed
from tests.agents.calico.policies import render_policy
from tests.agents.calico.shots import Range, Shot, start_range
from tests.worlds import run_well

Object = dict[str, Any]
FRESH = itertools.count(1024)


PLAIN = Cluster(
    {"blue": {}, "green": {"team": "g"}, "red": {}}, [PodSpec(pod, space, {"app": pod}) for space, pod in PODS], []
)
A, B, C, GREEN = (find_address(number) for number in range(4))  # blue/a, blue/b, blue/c, green/a
CLOSED = render_policy("closed", "blue", {"podSelector": {"matchLabels": {"app": "a"}}})
KINDS = (
    "networkpolicies.crd.projectcalico.org",
    "globalnetworkpolicies.crd.projectcalico.org",
    "globalnetworksets.crd.projectcalico.org",
)


@pytest.fixture(scope="module")
def node() -> Iterator[PolicedNode]:
    with start_policed("policy-kernel", PODS) as node:
        yield node


@pytest.fixture(scope="module")
def range_(node: PolicedNode) -> Iterator[Range]:
    machines = {find_address(number): node.world.machine(f"{space}-{pod}") for number, (space, pod) in enumerate(PODS)}
    with start_range(machines) as opened:
        yield opened


def write(node: PolicedNode, cluster: Cluster, own: Mapping[str, Sequence[Object]] | None = None) -> None:
    """`own`: objects of Calico's own kinds."""
    node.write({
        **dict.fromkeys(KINDS, ()), **(own or {}),
        "namespaces": [render_namespace(name, labels) for name, labels in cluster.namespaces.items()],
        **node.set_pods(cluster.pods), "networkpolicies.networking.k8s.io": cluster.policies,
    })  # fmt: skip


def compare(range_: Range, cluster: Cluster) -> list[str]:
    """Where the oracle and the kernel differ."""
    mark = next(FRESH)
    asked: dict[Shot, Question] = {
        Shot(each.source.address, each.destination.address, each.protocol, each.port, mark): each
        for each in list_questions(cluster)
    }
    answers = {shot: ask(question, cluster.policies, cluster.namespaces) for shot, question in asked.items()}
    expected = frozenset(shot for shot, answer in answers.items() if answer.allowed)
    arrived = range_.shoot(asked, expected)
    return [
        f"{asked[shot].source} to {asked[shot].destination} {shot.protocol} {shot.port}: "
        f"{'arrived' if shot in arrived else 'did not arrive'}, but {answers[shot].why}"
        for shot in sorted(arrived ^ expected, key=str)
    ]


@pytest.mark.world
def test_the_kernel_answers_as_the_oracle_does(
    request: pytest.FixtureRequest, node: PolicedNode, range_: Range
) -> None:
    @seeded(request.config.getoption("seed"))
    @settings(
        max_examples=request.config.getoption("clusters"),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(clusters())
    def look(cluster: Cluster) -> None:
        write(node, cluster)
        assert not compare(range_, cluster)

    look()


def passes(range_: Range, source: str, destination: str, protocol: str = "TCP", port: int = 80) -> bool:
    shot = Shot(source, destination, protocol, port, next(FRESH))
    return range_.passes(shot)


def render_own(name: str, spec: Object, namespace: str = "") -> Object:
    place = {"namespace": namespace} if namespace else {}
    return {"metadata": {"name": f"default.{name}", **place}, "spec": spec}


DENY = {"action": "Deny"}
FROM_B = {"source": {"selector": "app == 'b'"}}


@pytest.mark.world
@pytest.mark.parametrize(
    ("policies", "namespaced", "arriving"),
    [
        # of blue/b, blue/c, green/a: who reaches blue/a by TCP 80
        ([("all", {"selector": "app == 'a'", "order": 1, "ingress": [{"action": "Allow"}]})], [], "bcg"),
        ([("all", {"selector": "app == 'a'", "ingress": [{**DENY, **FROM_B}, {"action": "Allow"}]})], [], "cg"),
        ([("first", {"order": 1, "ingress": [DENY]}), ("second", {"order": 2, "ingress": [{"action": "Allow"}]})], [], ""),
        ([("first", {"order": 1, "ingress": [{"action": "Pass", **FROM_B}]}), ("second", {"order": 2, "ingress": [DENY]})], [], "b"),
        ([("log", {"order": 1, "ingress": [{"action": "Log"}, {"action": "Allow", "protocol": "TCP", **FROM_B}]})], [], "b"),
        ([("nets", {"ingress": [{"action": "Allow", "source": {"selector": "zone == 'out'"}}]})], [], "c"),
        ([("not", {"ingress": [{"action": "Allow", "source": {"notNets": [f"{B}/32", f"{C}/32"]}}]})], [], "g"),
        ([("not", {"ingress": [{"action": "Allow", "source": {"notSelector": "app in {'b', 'c'}"}}]})], [], "g"),
        ([("ports", {"ingress": [{"action": "Allow", "protocol": "TCP", "destination": {"notPorts": [80]}}]})], [], ""),
        ([("spaces", {"namespaceSelector": "team == 'g'", "egress": [DENY]})], [], "bc"),
        ([], [("own", {"selector": "app == 'a'", "ingress": [{"action": "Allow", "source": {"selector": "all()"}}]})], "bc"),
        ([], [("other", {"ingress": [{"action": "Allow", "source": {"namespaceSelector": "team == 'g'"}}]})], "g"),
        ([], [("account", {"ingress": [{"action": "Allow", "source": {"serviceAccounts": {"names": ["default"]}}}]})], "bc"),
    ],
)  # fmt: skip
def test_calicos_own_kinds(
    node: PolicedNode,
    range_: Range,
    policies: list[tuple[str, Object]],
    namespaced: list[tuple[str, Object]],
    arriving: str,
) -> None:
    own = {
        KINDS[0]: [render_own(name, spec, "blue") for name, spec in namespaced],
        KINDS[1]: [render_own(name, spec) for name, spec in policies],
        KINDS[2]: [
            {
                "metadata": {"name": "outside", "labels": {"zone": "out"}},
                "spec": {"nets": [f"{C}/32", "203.0.113.0/24"]},
            }
        ],
    }
    write(node, PLAIN, own)
    mark = next(FRESH)
    shots = {name: Shot(source, A, "TCP", 80, mark) for name, source in (("b", B), ("c", C), ("g", GREEN))}
    arrived = range_.shoot(shots.values(), frozenset(shots[name] for name in arriving))
    assert "".join(name for name, shot in shots.items() if shot in arrived) == arriving


@pytest.mark.world
def test_a_connection_that_stands_stays_and_a_new_one_does_not_come(node: PolicedNode, range_: Range) -> None:
    write(node, PLAIN)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(node.world.machine("blue-a").open_socket(socket.AF_INET, socket.SOCK_STREAM))
        client = stack.enter_context(node.world.machine("blue-b").open_socket(socket.AF_INET, socket.SOCK_STREAM))
        for each in (listener, client):
            each.settimeout(10)
        listener.bind(("", 81))
        listener.listen()
        client.connect((A, 81))
        server = stack.enter_context(listener.accept()[0])
        server.settimeout(10)
        write(node, replace(PLAIN, policies=[CLOSED]))
        client.sendall(b"still here")
        assert server.recv(10) == b"still here"
        assert not passes(range_, B, A, port=81)


@pytest.mark.world
def test_a_node_reaches_its_own_pods_and_nobody_sends_as_somebody_else(node: PolicedNode) -> None:
    write(node, replace(PLAIN, policies=[CLOSED]))
    run_well(node.node, f"ping -c 1 -W 5 {A}")
    assert node.world.machine("blue-c").run(f"ping -c 1 -W 1 {A}").status != 0
    write(node, PLAIN)
    run_well(node.world.machine("blue-c"), "ip addr add 10.1.0.99/32 dev eth0")
    assert node.world.machine("blue-c").run(f"ping -c 1 -W 1 -I 10.1.0.99 {A}").status != 0
    run_well(node.world.machine("blue-c"), f"ip addr del 10.1.0.99/32 dev eth0; ping -c 1 -W 5 {A}")


@pytest.mark.world
def test_what_is_closed_is_closed_at_every_moment(node: PolicedNode, range_: Range) -> None:
    """Other policies come, go and change, pods get other labels, chains are emptied behind Felix's back: nothing gets through meanwhile."""
    write(node, replace(PLAIN, policies=[CLOSED]))
    over, arrived = threading.Event(), list[frozenset[Shot]]()

    def knock() -> None:
        while not over.is_set():
            shots = [Shot(source, A, "UDP", 80, next(FRESH)) for source in (B, C, GREEN)]
            arrived.append(range_.shoot(shots, frozenset()))

    with ThreadPoolExecutor(1) as pool:
        knocking = pool.submit(knock)
        try:
            for number in range(4):
                others = [
                    render_policy(
                        f"p{each}",
                        "blue",
                        {"podSelector": {}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "z"}}}]}]},
                    )
                    for each in range(number)
                ]
                pods = [replace(pod, labels={**pod.labels, "turn": str(number)}) for pod in PLAIN.pods]
                write(node, replace(PLAIN, pods=pods, policies=[*others, CLOSED]))
        finally:
            over.set()
        knocking.result()
    assert arrived
    assert not frozenset[Shot]().union(*arrived)


@pytest.mark.world
def test_what_somebody_changed_is_put_right(node: PolicedNode, range_: Range) -> None:
    write(node, replace(PLAIN, policies=[CLOSED]))
    saved = run_well(node.node, "iptables-save | grep -e cali | sed 's/\\[.*//'")
    run_well(
        node.node,
        "iptables -F cali-FORWARD; iptables -I FORWARD -j ACCEPT; iptables -t raw -F; kill $(cat /run/calico/felix.pid)",
    )
    assert passes(range_, B, A)
    run_well(node.node, "daemon start felix", timeout=30)
    assert not passes(range_, B, A)
    run_well(node.node, "iptables -D FORWARD -j ACCEPT")
    assert run_well(node.node, "iptables-save | grep -e cali | sed 's/\\[.*//'") == saved


@pytest.mark.world
def test_what_felix_can_not_read_it_says_and_goes_on(node: PolicedNode, range_: Range) -> None:
    broken = [
        render_policy("operator", "blue", {"podSelector": {"matchExpressions": [{"key": "a", "operator": "Like"}]}}),
        render_policy("block", "blue", {"podSelector": {"matchLabels": {"app": "b"}}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/40"}}]}, {}]}),
        {"kind": "NetworkPolicy", "metadata": {"name": "empty", "namespace": "blue"}, "spec": "nothing"},
    ]  # fmt: skip
    own = {
        KINDS[1]: [
            render_own(
                "wrong", {"order": 1, "selector": "app == 'c'", "ingress": [{"action": "Refuse"}, {"action": "Allow"}]}
            )
        ]
    }
    write(node, replace(PLAIN, policies=[*broken, CLOSED]), own)
    log = run_well(node.node, "cat /var/log/felix.log")
    for words in (
        "NetworkPolicy blue/operator is not read: operator 'Like'", "NetworkPolicy blue/block: ingress rule 1 is left out: '10.0.0.0/40' is no IPv4 network",
        "NetworkPolicy blue/empty is not read: it has another form", "default.wrong: ingress rule 1 is left out, and all behind it: action 'Refuse'",
    ):  # fmt: skip
        assert words in log
    assert (passes(range_, B, A), passes(range_, A, B), passes(range_, A, C)) == (False, True, False)
