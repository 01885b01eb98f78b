"""What the source documents type about Services, in lab 13's cluster with its real kubectl and kube-proxy (rows 2-19, 3-03, 4-06, 4-17)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from labkit.lab.lab import Lab
from labkit.lab.session import start_hidden_lab
from labkit.probe import Journey
from tests.worlds import type_on

LAB = "13-services"
pytestmark = pytest.mark.lab(LAB)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with start_hidden_lab(LAB, "test-services", tmp_path_factory.mktemp("lab") / "journal.jsonl") as lab:
        lab.apply(lab.read_script("reference").cut(to="node-port"))
        yield lab


def follow(lab: Lab, src: str, node: str = "") -> Journey:
    """A call that is given to the pod of the other node; who gets it is left to chance."""
    values = lab.values
    address, port = (values[node]["address"], values["node_port"]) if node else (values["service"], 80)
    for _ in range(20):
        journey = lab.follow_packet(src, address, tcp=port)
        if journey.hops[-1].machine == values["b"]["name"]:
            return journey
    raise AssertionError("twenty calls, and none came to the other node's pod")


def list_destinations(journey: Journey) -> list[tuple[str, str, str]]:
    """Machine, link and the IP destination that was seen there."""
    found = []
    for hop in journey.hops:
        ip = next(layer.fields for layer in hop.layers if layer.name == "IP")
        found.append((hop.machine, hop.link, str(ip["dst"])))
    return found


def test_the_api_server_is_a_service_itself(lab: Lab) -> None:
    said = type_on(lab, "control", "kubectl get svc")
    assert said.splitlines()[0].split() == ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
    assert re.search(r"^kubernetes +ClusterIP +10\.96\.0\.1 +<none> +443/TCP +\d+", said, re.MULTILINE)
    assert re.search(rf"^web +NodePort +10\.96\.0\.80 +<none> +80:{lab.values['node_port']}/TCP", said, re.MULTILINE)


def test_the_configmap_tells_the_mode(lab: Lab) -> None:
    said = type_on(lab, "control", "kubectl describe cm -n kube-system kube-proxy-config | grep mode")
    assert said.split() == ["mode:", '"iptables"']


def test_a_pod_is_exposed_as_the_source_does_it(lab: Lab) -> None:
    run = "kubectl run nginx --image=nginx -n apps"
    type_on(
        lab,
        "control",
        "kubectl create ns apps && kubectl wait -n apps serviceaccount/default --for=create --timeout=60s",
    )
    assert "pod/nginx created" in type_on(lab, "control", run)
    assert "service/nginx-service exposed" in type_on(
        lab, "control", "kubectl expose pod nginx --name=nginx-service --port 80 --namespace apps"
    )
    said = type_on(lab, "control", "kubectl get svc -n apps").splitlines()
    found = re.fullmatch(r"nginx-service +ClusterIP +(10\.96\.\d+\.\d+) +<none> +80/TCP +\d+\w*", said[1])
    assert found, said
    type_on(lab, "control", "kubectl wait pod nginx -n apps --for=condition=Ready --timeout=60s")
    page = type_on(lab, "worker1", f"timeout 20 bash -c 'until curl -sf -m 2 http://{found[1]}; do :; done'")
    assert "Welcome to nginx!" in page


def test_one_flow_has_the_service_on_one_link_and_the_pod_on_the_other(lab: Lab) -> None:
    """And between them kube-proxy's rule, with the Service in its comment."""
    journey = follow(lab, lab.values["c"]["name"])
    service, pod = lab.values["service"], lab.values["b"]["address"]
    seen = list_destinations(journey)
    assert [dst for machine, link, dst in seen if machine == "worker1" and link.startswith("veth")] == [service]
    assert ("worker1", "eth0", pod) in seen
    assert {dst for machine, _, dst in seen if machine in ("fabric", "worker2")} == {pod}
    (changed,) = [hop for hop in journey.hops if hop.rule]
    assert (changed.machine, changed.link) == ("worker1", "cni0"), "a node hands bridged packets to its rules"
    assert changed.rule is not None
    assert changed.rule.to_json()["from"] == "Service default/web"
    assert re.fullmatch(
        rf'iptables -t nat -A KUBE-SEP-\w+ -p tcp -m comment --comment "?default/web"? -m tcp -j DNAT --to-destination {pod}:8080',
        changed.rule.text,
    )


def test_a_call_by_the_node_port_is_masqueraded(lab: Lab) -> None:
    """The hop names the rule that decided where it goes."""
    journey = follow(lab, "outside", "w1")
    node, pod = lab.values["w1"]["address"], lab.values["b"]["address"]
    (changed,) = [hop for hop in journey.hops if hop.rule]
    outside = lab.values["outside"]["address"]
    assert any(re.fullmatch(rf"source NAT {outside}:\d+ -> {node}:\d+", change) for change in changed.changes)
    assert changed.rule is not None
    assert changed.rule.chain.startswith("KUBE-SEP-")
    assert changed.rule.text.endswith(f"{pod}:8080")


def test_nobody_orders_a_load_balancer(lab: Lab) -> None:
    for kind, shown in (("LoadBalancer", "<pending>"), ("NodePort", "<none>")):
        type_on(lab, "control", f'kubectl patch service web --patch \'{{"spec": {{"type": "{kind}"}}}}\'')
        assert type_on(lab, "control", "kubectl get service web --no-headers").split()[3] == shown
