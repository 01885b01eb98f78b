"""Lab 12: from an object of the API to a pod with an address: by kubelet, by hand, by an add-on, by controllers."""

from __future__ import annotations

import contextlib
import ipaddress
from concurrent.futures import ThreadPoolExecutor

from labkit.check import Place, View, both_ways, check, expect, find_condition, find_owner, is_ready, plug_in_pod

NODES = ("w1", "w2")  # those with a kubelet
WORKERS = (*NODES, "w3")
KUBELET, WEB, HOST_PORT = 10250, 80, 8080
REPLICAS = 3
CALLS = 4  # at once: what serves now and then is seen
# what the plugins make with their first pod and leave for the next one
PLUGINS_LEAVE = ("*cni0*", "* CNI-*", "chain *", "rule *CNI-*", "sysctl *route_localnet*")


def expect_served(view: View, place: Place, address: str = "", port: int = WEB) -> None:
    """A web server on this machine answers control at its own address, or at another one that leads to it."""
    target = (address or place.address, port)
    for answer in view.ask_http("control", target, among=[place.name], times=CALLS):
        expect(answer.reached, expected=f"{place.name} answers at {target[0]}, port {port}", observed=answer.detail)


@check(
    points=1,
    hints=(
        "Which command makes a pod of an image?",
        "`kubectl get pods -o wide`: is there a line for web, and what do `kubectl describe pod web`'s last lines say?",
        "On control: `kubectl run web --image=nginx`.",
    ),
)
def web_runs(view: View) -> None:
    """A pod web runs, and control and the pod reach each other under the address that the API says."""
    web = view.pod_place(view.object("Pod", "web"))
    view.expect_seen(both_ways(web, view.place("control")))
    expect_served(view, web)


@check(
    points=3,
    hints=(
        "What did the kubelet do for web, in which order, and which of it is still missing for api?",
        "On worker3: `ip netns`, `ip -n api addr`, `ip netns exec api ss -ltn`. On control: `kubectl get pod api -o wide`.",
        "`ip netns add api`; the plugin with CNI_COMMAND=ADD; `ip netns exec api daemon start nginx`; then `kubectl patch pod api --subresource=status -p …` with the address that the plugin gave.",
    ),
)
def api_runs(view: View) -> None:
    """The pod api runs on worker3: what its status says is true, and others reach it there."""
    pod = view.object("Pod", "api")
    status, node = pod.get("status") or {}, pod["spec"].get("nodeName")
    expect(
        node == "worker3", expected="the pod api is bound to worker3", observed=f"it is bound to {node or 'no node'}"
    )
    phase, address = status.get("phase"), status.get("podIP")
    expect(
        phase == "Running" and address,
        expected="its status: phase Running, and a podIP",
        observed=f"phase {phase}, podIP {address or 'missing'}",
    )
    sandbox = view.machine("api")
    expect(sandbox.node == "worker3", expected="a namespace api on worker3", observed=f"it is on {sandbox.node}")
    own = [each.address for each in sandbox.addresses("eth0")]
    expect(address in own, expected=f"{address} on eth0 of api", observed=", ".join(own) or "no address there")
    place = Place("api", str(address))
    view.expect_seen(both_ways(place, view.place("control")))
    expect_served(view, place)


@check(
    points=2,
    hints=(
        "What does a kubelet miss before it says Ready? And who brings it?",
        "`kubectl describe node worker2` (the condition Ready), `kubectl get pods -n kube-system -o wide`, `ls /etc/cni/net.d` on worker2.",
        "`kubectl apply -f /root/addon.yaml`, with `hostNetwork: true` in the pods' spec.",
    ),
)
def nodes_are_ready(view: View) -> None:
    """worker1 and worker2 are ready: the kubelet answers, and the network add-on's pod runs there, worker2's on the node's network."""
    own = {pod["spec"].get("nodeName"): pod for pod in view.pods("kube-system", labels="app=bridge") if is_ready(pod)}
    for node in view.places(*NODES):
        answer = view.connect_tcp("control", node.address, KUBELET)
        expect(answer.reached, expected=f"{node.name}'s kubelet answers at port {KUBELET}", observed=answer.detail)
        found = view.object("Node", node.name)
        expect(is_ready(found), expected=f"{node.name} is Ready", observed=f"Ready is {find_condition(found, 'Ready')}")
        expect(
            find_owner(own.get(node.name, {"metadata": {}})).startswith("DaemonSet/"),
            expected=f"a pod of the DaemonSet bridge runs on {node.name}",
            observed=f"one runs on {', '.join(map(str, own)) or 'no node'}",
            by=view.find_evidence("control", "app=bridge"),
        )
    late = view.place("w2")  # the one that came without a network
    told = own[late.name]["status"].get("podIP")
    expect(
        told == late.address,
        expected=f"{late.name}'s pod of bridge has the node's address, {late.address}",
        observed=f"it has {told}",
        by=view.find_evidence("control", "app=bridge"),
    )


@check(
    points=2,
    after=("nodes_are_ready",),
    acts=True,
    may_leave=PLUGINS_LEAVE,
    hints=(
        "What does a node need for a pod that comes now: which file, which program?",
        "`ls /etc/cni/net.d /opt/cni/bin` on each worker; `ip route` on all machines.",
        "The conf is the add-on's, the plugins are links to /usr/lib/cni, and each node has a route to the others' prefixes.",
    ),
)
def new_pods_are_served(view: View) -> None:
    """On every worker a new pod gets an address of the node's prefix, and they reach each other and control."""
    nodes = [view.place(key) for key in WORKERS]
    with contextlib.ExitStack() as stack:
        with ThreadPoolExecutor(len(nodes)) as pool:
            new = list(pool.map(lambda node: stack.enter_context(plug_in_pod(view, node.name)), nodes))
        for key, pod in zip(WORKERS, new, strict=True):
            expect_inside(view, key, pod)
        view.expect_seen(both_ways(*new, view.place("control")))


def expect_inside(view: View, key: str, pod: Place) -> None:
    """The pod's address is of its node's prefix."""
    prefix = view.values[key]["prefix"]
    inside = ipaddress.ip_address(pod.address) in ipaddress.ip_network(prefix)
    expect(inside, expected=f"a new pod on {view.place(key).name} has an address of {prefix}", observed=pod.address)


@check(
    points=2,
    hints=(
        "Who makes a new pod when one is deleted, and by which object does it know how many there shall be?",
        "`kubectl get deployments,replicasets,pods -o wide`; of a pod that is not Running `kubectl describe pod`.",
        "`kubectl create deployment db --image=nginx --replicas=3`.",
    ),
)
def db_has_three(view: View) -> None:
    """The Deployment db keeps three pods, and each of them answers."""
    wanted = view.object("Deployment", "db")["spec"].get("replicas")
    expect(wanted == REPLICAS, expected=f"a Deployment db with {REPLICAS} replicas", observed=str(wanted))
    pods = view.pods(labels="app=db")
    names = [pod["metadata"]["name"] for pod in pods if find_owner(pod).startswith("ReplicaSet/db-")]
    lost = [f"{each['metadata']['name']}: {each['status'].get('phase')}" for each in pods if not is_ready(each)]
    seen = view.find_evidence("control", "--selector=app=db")
    expect(not lost, expected="every pod of db is ready", observed="; ".join(lost), by=seen)
    expect(len(names) == REPLICAS, expected=f"{REPLICAS} pods of db", observed=f"{len(names)}", by=seen)
    places = [view.pod_place(pod) for pod in pods]
    view.expect_reach([pair for place in places for pair in both_ways(view.place("control"), place)])
    for place in places:
        expect_served(view, place)


@check(
    points=1,
    level="more",
    hints=(
        "What do the containers of one pod have in common?",
        "`kubectl logs two -c reader`, `kubectl get pod two`.",
        "`kubectl apply -f /root/two.yaml`.",
    ),
)
def two_share_a_network(view: View) -> None:
    """The pod two has two containers in one network: what one of them serves the other finds at localhost."""
    pod = view.object("Pod", "two")
    count = len(pod["spec"]["containers"])
    expect(count > 1, expected="two containers", observed=str(count))
    place = view.pod_place(pod)
    answer = view.connect_tcp(place.name, "127.0.0.1", WEB)
    expect(answer.reached, expected=f"port {WEB} answers at localhost in the pod", observed=answer.detail)
    programs = {argv[0] for _, argv in view.machine(place.name).list_processes() if argv}
    expect(
        any("nginx" in each for each in programs) and any("nginx" not in each for each in programs),
        expected="programs of both containers in this network",
        observed=", ".join(sorted(programs)) or "none",
    )


@check(
    points=1,
    level="more",
    hints=(
        "On which network would port 8080 of the node have to be, and where does nginx listen?",
        "The API server names the field that it does not take. `kubectl get pod shop -o wide`.",
        "Take `hostNetwork: true` out of /root/shop.yaml, then `kubectl apply -f /root/shop.yaml`.",
    ),
)
def shop_answers_at_its_node(view: View) -> None:
    """The pod shop, on a network of its own, is reached at port 8080 of its node."""
    pod = view.object("Pod", "shop")
    expect(not pod["spec"].get("hostNetwork"), expected="a network of its own", observed="it is on its node's")
    place = view.pod_place(pod)
    expect_served(view, place)
    expect_served(view, place, str(pod["status"]["hostIP"]), HOST_PORT)
