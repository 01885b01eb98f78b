"""What the source document types about Ingress, in lab 16's cluster with real kubectl, curl and nginx (rows 4-13 to 4-16)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from labkit.lab.lab import Lab
from labkit.lab.session import start_hidden_lab
from labkit.probe import Page, Tls, ask_http
from tests.worlds import type_on

LAB = "16-ingress"
pytestmark = pytest.mark.lab(LAB)
WAY_IN = "http://localhost:32446"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with start_hidden_lab(LAB, "test-ingress", tmp_path_factory.mktemp("lab") / "journal.jsonl") as lab:
        yield lab


def test_the_controller_comes_from_a_file(lab: Lab) -> None:
    said = type_on(lab, "control", "kubectl apply -f /root/ingress-nginx.yaml")
    assert "namespace/ingress-nginx created" in said
    assert "service/ingress-nginx-controller-admission created" in said
    assert "ingressclass.networking.k8s.io/nginx created" in said
    type_on(lab, "control", "kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller --timeout=60s")


def test_its_service_waits_for_a_load_balancer_and_has_node_ports(lab: Lab) -> None:
    said = type_on(lab, "control", "kubectl get svc -n ingress-nginx")
    assert said.splitlines()[0].split() == ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
    assert re.search(
        r"^ingress-nginx-controller +LoadBalancer +10\.96\.\d+\.\d+ +<pending> +80:32446/TCP,443:30391/TCP +\d+",
        said,
        re.MULTILINE,
    )
    assert re.search(
        r"^ingress-nginx-controller-admission +ClusterIP +10\.96\.\d+\.\d+ +<none> +443/TCP", said, re.MULTILINE
    )


def test_the_sources_ingress_is_404_until_its_class_is_one_that_somebody_serves(lab: Lab) -> None:
    assert "ingress.networking.k8s.io/minimal-ingress created" in type_on(
        lab, "control", "kubectl create -f /root/ingress-resource.yaml"
    )
    assert "404 Not Found" in type_on(lab, "worker1", f"curl -sS -m 3 {WAY_IN}")
    mend = 'kubectl patch ingress minimal-ingress --patch \'{"spec": {"ingressClassName": "nginx"}}\''
    type_on(lab, "control", mend)
    page = type_on(lab, "worker1", f"timeout 20 bash -c 'until curl -sf -m 2 {WAY_IN}; do :; done'")
    assert re.match(r"web-[12]: you want /, your address is ", page)


def test_localhost_leads_to_the_controller_because_of_kube_proxys_rules(lab: Lab) -> None:
    assert type_on(lab, "worker1", "ss -Hltn 'sport = 32446'") == ""
    assert "32446" in type_on(lab, "worker1", "iptables -t nat -S KUBE-NODEPORTS")
    assert type_on(lab, "worker1", "sysctl -n net.ipv4.conf.all.route_localnet").strip() == "1"
    page = type_on(lab, "worker2", f"curl -sS -m 3 {WAY_IN}")
    assert page.startswith("web-"), "worker2, too: what comes from the node itself is passed on, Local or not"


def test_a_call_is_asked_by_name_and_tls_and_the_pod_is_told_who_called(lab: Lab) -> None:
    client, web = lab.machine("client"), [lab.machine(name) for name in ("web-1", "web-2")]
    address = lab.values["w1"]["address"]
    plain = ask_http(client, Page(address, 32446, "any.example", "/there"), among=web, times=4)
    assert all(each.reached and each.told == lab.values["client"]["address"] for each in plain)
    (fake,) = ask_http(client, Page(address, 30391, "any.example", "/", Tls()), among=web)
    assert fake.reached
    (known,) = ask_http(client, Page(address, 30391, "any.example", "/", Tls(_read_authority(lab))), among=web)
    assert known.detail.startswith("its certificate is not accepted: ")


def _read_authority(lab: Lab) -> str:
    return lab.machine("control").run(["cat", "/etc/kubernetes/pki/ca.crt"]).stdout
