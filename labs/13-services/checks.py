"""Lab 13: one Service with a pod on each of two nodes, called from pods, nodes and outside."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Sequence

from labkit.check import Evidence, Object, Place, View, check, expect, make_service, plug_in_pod
from labkit.probe import Served

PODS = ("a", "b")
PORT = 80
CALLS = 24  # of which each of two pods takes fewer than SHARE once in 3,000 times
SHARE = 4
FOLLOWS = 8.0  # seconds that kube-proxy may take, which writes once a second at most
PAUSE = 0.1


def call(view: View, src: str, address: str, port: int, times: int = CALLS) -> list[Served]:
    """Calls at once; every one has to be answered by a pod of the Service."""
    pods = [pod.name for pod in view.places(*PODS)]
    answers = view.ask_http(src, (address, port), among=pods, times=times)
    lost = [each for each in answers if not each.reached]
    expect(
        not lost,
        expected=f"each of {times} calls from {src} to {address}:{port} is answered by {' or '.join(pods)}",
        observed=f"{len(lost)} are not: {lost[0].detail}" if lost else "",
    )
    return answers


def expect_shared(view: View, src: str, answers: Sequence[Served]) -> None:
    """Both pods take their share."""
    taken = Counter(each.by for each in answers)
    told = ", ".join(f"{pod.name} took {taken[pod.name]}" for pod in view.places(*PODS))
    expect(
        all(taken[pod.name] >= SHARE for pod in view.places(*PODS)),
        expected=f"of {len(answers)} calls from {src} each pod takes about half",
        observed=told,
        by=view.note(Evidence(src, ("curl", "-sS", "-m", "2", f"http://{view.values['service']}/"), told, 0)),
    )


@check(
    points=3,
    hints=(
        "Nobody has the Service's address. Whose address must the packet get, on which machine, at which hook?",
        "`%journey client SERVICE-ADDRESS --tcp 80`, and `iptables -t nat -L PREROUTING -nv` on worker1: does the rule count?",
        "On worker1, in PREROUTING: `-d SERVICE-ADDRESS -p tcp --dport 80`, with `-m statistic --mode random --probability 0.5` DNAT to the first pod's port 8080, and behind it DNAT to the second one's.",
    ),
)
def client_is_served(view: View) -> None:
    """The client's calls to the Service's address are answered, by both pods about equally, and they see the client."""
    client = view.place("c")
    answers = call(view, client.name, view.values["service"], PORT)
    expect_shared(view, client.name, answers)
    others = {f"{each.by} is called by {each.seen_source}" for each in answers if each.seen_source != client.address}
    expect(not others, expected=f"the pods are called by {client.address}", observed="; ".join(sorted(others)))


@check(
    points=1,
    after=("client_is_served",),
    hints=(
        "A Service is an address and a port. What becomes of a call to the port beside it?",
        "`curl -m 1 SERVICE-ADDRESS:81` from the client; `iptables -t nat -S PREROUTING` on worker1.",
        "`-d SERVICE-ADDRESS/32 -p tcp --dport 80` in the rule.",
    ),
)
def nothing_else_is_served(view: View) -> None:
    """No other port of the Service's address leads to its pods, and no other address does."""
    client, service, empty = view.place("c"), view.values["service"], view.values["empty"]
    pods = [pod.name for pod in view.places(*PODS)]
    control = view.ask_http(client.name, (service, PORT), among=pods)[0]
    others = [(service, PORT + 1), (service, 8080), (service, secrets.randbelow(30000) + 1024), (empty, PORT)]
    for address, port in others:
        told = view.ask_http(client.name, (address, port), among=pods, timeout=0.3)[0]
        view.expect_silence(told, control=control, what=f"{address}:{port} does not lead to the pods")


@check(
    points=2,
    hints=(
        "Rules are a node's own. Which node has them, and at which hook do a node's own packets begin?",
        "`curl -m 1 SERVICE-ADDRESS` on worker1, on worker2, and in the pods of both.",
        "kube-proxy on every node: `kubectl apply -f /root/kube-proxy.yaml` on control; `kubectl -n kube-system get pods -o wide`.",
    ),
)
def every_node_serves(view: View) -> None:
    """The Service answers pods of the other node, and the nodes themselves."""
    for src in (view.place("d").name, "worker1", "worker2"):
        expect_shared(view, src, call(view, src, view.values["service"], PORT))


@check(
    points=2,
    hints=(
        "A pod may be given its own call. Whose source address does that call come with?",
        "Ten times `curl -m 1 SERVICE-ADDRESS` in a pod of the Service: how many are answered? `conntrack -L` on its node.",
        "What a pod sends to itself has to be masqueraded. kube-proxy does (KUBE-MARK-MASQ), where no rule of yours stands before its own.",
    ),
)
def pods_reach_themselves(view: View) -> None:
    """A pod of the Service can call the Service, also when its call is given to itself."""
    for pod in view.places(*PODS):
        call(view, pod.name, view.values["service"], PORT)


@check(
    points=2,
    hints=(
        "outside does not know the Service's address. Which addresses of the cluster does it know?",
        "`kubectl get service` on control: is there a port behind the colon? `curl -m 1 WORKER1:PORT` on outside.",
        "A Service of the type NodePort, with the lab's number: `kubectl patch service`, as the lesson shows it.",
    ),
)
def outside_is_served(view: View) -> None:
    """Outside reaches the Service by the node port of every node."""
    for node in view.places("w1", "w2"):
        call(view, "outside", node.address, view.values["node_port"], times=8)


@check(
    points=1,
    hints=(
        "Nobody is behind the Service `none`. Shall its callers wait for a time-out?",
        "`curl -m 2 ADDRESS` of the Service `none` from the client: refused, or silence?",
        "kube-proxy rejects such calls: does it run on the client's node?",
    ),
)
def nobody_is_said_at_once(view: View) -> None:
    """A Service without pods refuses its callers at once."""
    for caller in view.places("c", "d"):
        told = view.connect_tcp(caller.name, view.values["empty"], PORT)
        expect(
            not told.reached and any(word in told.detail for word in ("refused", "port unreachable")),
            expected=f"{caller.name} is refused by {view.values['empty']}:{PORT}",
            observed=told.detail,
        )


@check(
    points=3,
    acts=True,
    may_leave=("* KUBE-*", "chain *", "rule *KUBE-*"),
    after=("client_is_served", "every_node_serves"),
    hints=(
        "Pods come and go. Who tells the rules?",
        "Make a pod busy and read the rules again: `kubectl exec POD -- touch /tmp/busy`. Whose rules have not changed?",
        "kube-proxy on every node, and no rule of your own before its rules: `iptables -t nat -S PREROUTING`.",
    ),
)
def services_follow(view: View) -> None:
    """A Service that is made now is served on every node, by a pod that is plugged in now; and a new pod can call."""
    name = f"check-{secrets.token_hex(3)}"
    with (
        plug_in_pod(view, "worker1") as new,
        plug_in_pod(view, "worker2") as pod,
        make_service(view, *plan_service(name, pod)) as address,
    ):
        for caller in (*view.places("c", "d"), new):
            told = wait_served(view, caller, address, pod)
            expect(
                told,
                expected=f"{caller.name} reaches {pod.name} by the new Service {address}:{PORT}",
                observed="it does not",
            )
        call(view, new.name, view.values["service"], PORT, times=8)


def plan_service(name: str, pod: Place) -> tuple[Object, Object]:
    """A Service without selector, and its one endpoint."""
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"ports": [{"port": PORT, "targetPort": 8080, "protocol": "TCP"}]},
    }  # fmt: skip
    endpoint = {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}},
        "endpoints": [{"addresses": [pod.address], "conditions": {"ready": True}}], "ports": [{"port": 8080, "protocol": "TCP"}],
    }  # fmt: skip
    return service, endpoint


def wait_served(view: View, caller: Place, address: str, pod: Place) -> bool:
    """Whether the pod is reached through the address before kube-proxy's time is over."""
    deadline, pause = time.monotonic() + view.limit(FOLLOWS), threading.Event()
    while not view.connect_tcp(caller.name, address, PORT, at=pod.name, at_port=8080, timeout=0.5).reached:
        if time.monotonic() > deadline:
            return False
        pause.wait(PAUSE)  # an address that is not served yet may be refused at once, by a router
    return True
