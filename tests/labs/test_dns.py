"""Kubernetes' DNS specification (kubernetes/dns docs/specification.md, 1.1.0) against the real CoreDNS, and what the source documents type
about names (rows 4-04 to 4-12), in lab 14's cluster with its real kubectl, dig and nslookup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.lab.lab import Lab
from labkit.lab.session import start_hidden_lab
from tests.worlds import run_well, type_on

LAB = "14-dns"
SPEC = "spec.svc.cluster.local"
PLAIN, DATAGRAMS = "10.96.0.200", "10.96.0.201"
pytestmark = pytest.mark.lab(LAB)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with start_hidden_lab(LAB, "test-dns", tmp_path_factory.mktemp("lab") / "journal.jsonl") as lab:
        lab.apply(lab.read_script("reference").cut(to="service"))
        create(lab, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "spec"}})
        create(lab, {"apiVersion": "v1", "kind": "List", "items": list(plan_objects())})
        lab.machine("guest").run(f"timeout 20 bash -c 'until dig +short out.{SPEC} | grep -q .; do :; done'")
        yield lab


def create(lab: Lab, kind: dict[str, Any]) -> None:
    run_well(lab.machine("control"), "kubectl create --validate=false -f -", stdin=json.dumps(kind))


def plan_objects() -> Iterator[dict[str, Any]]:
    """A Service of each kind, their endpoints by hand; the alias comes last."""
    http, datagrams = {"name": "http", "port": 80, "protocol": "TCP"}, {"name": "talk", "port": 53, "protocol": "UDP"}
    headless = {"clusterIP": "None", "ports": [http]}
    for name, spec in (
        ("plain", {"clusterIP": PLAIN, "ports": [http, datagrams]}),
        ("unnamed", {"clusterIP": DATAGRAMS, "ports": [{"port": 53, "protocol": "UDP"}]}),
        ("headless", headless),
        ("empty", headless),
        ("out", {"type": "ExternalName", "externalName": "www.example.org"}),
    ):
        yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "spec"}, "spec": spec}
        if name == "headless":
            yield plan_slice(http)


def plan_slice(port: dict[str, Any]) -> dict[str, Any]:
    endpoints = [
        {"addresses": ["10.1.1.1"], "hostname": "one", "conditions": {"ready": True}},
        {"addresses": ["10.1.1.2"], "conditions": {"ready": True}},
        {"addresses": ["10.1.1.3"], "hostname": "busy", "conditions": {"ready": False}},
    ]
    labels = {"kubernetes.io/service-name": "headless"}
    return {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "headless", "namespace": "spec", "labels": labels}, "endpoints": endpoints, "ports": [port],
    }  # fmt: skip


def find_status(lab: Lab, name: str, kind: str = "A") -> str:
    found = re.search(r"status: (\w+)", type_on(lab, "guest", f"dig +noall +comments {name} {kind}"))
    assert found
    return found[1]


# --- the specification's table of records


@pytest.mark.parametrize(
    ("name", "kind", "records"),
    [
        ("dns-version.cluster.local", "TXT", ['"1.1.0"']),
        (f"plain.{SPEC}", "A", [PLAIN]),
        (f"_http._tcp.plain.{SPEC}", "SRV", [f"0 100 80 plain.{SPEC}."]),
        (f"_talk._udp.plain.{SPEC}", "SRV", [f"0 100 53 plain.{SPEC}."]),
        ("200.0.96.10.in-addr.arpa", "PTR", [f"plain.{SPEC}."]),
        (f"headless.{SPEC}", "A", ["10.1.1.1", "10.1.1.2"]),
        (f"one.headless.{SPEC}", "A", ["10.1.1.1"]),
        (f"10-1-1-2.headless.{SPEC}", "A", ["10.1.1.2"]),
        (
            f"_http._tcp.headless.{SPEC}",
            "SRV",
            [f"0 50 80 10-1-1-2.headless.{SPEC}.", f"0 50 80 one.headless.{SPEC}."],
        ),
        ("1.1.1.10.in-addr.arpa", "PTR", [f"one.headless.{SPEC}."]),
        (f"out.{SPEC}", "CNAME", ["www.example.org."]),
        (f"out.{SPEC}", "A", ["203.0.113.80", "www.example.org."]),
        ("10-1-1-1.spec.pod.cluster.local", "A", ["10.1.1.1"]),  # not in the specification: `pods insecure`
    ],
)
def test_a_record_of_the_specification(lab: Lab, name: str, kind: str, records: list[str]) -> None:
    assert sorted(type_on(lab, "guest", f"dig +short {name} {kind}").split("\n")[:-1]) == records


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        (f"nobody.{SPEC}", "A", "NXDOMAIN"),
        (f"empty.{SPEC}", "A", "NXDOMAIN"),  # headless, without endpoints
        (f"busy.headless.{SPEC}", "A", "NXDOMAIN"),  # not ready
        ("plain.nowhere.svc.cluster.local", "A", "NXDOMAIN"),  # no such namespace
        ("10-1-1-1.nowhere.pod.cluster.local", "A", "NXDOMAIN"),
        (f"_other._tcp.plain.{SPEC}", "SRV", "NXDOMAIN"),
        (f"plain.{SPEC}", "AAAA", "NOERROR"),  # the name is there, the type is not
        (f"PLAIN.{SPEC}", "A", "NOERROR"),
    ],
)
def test_what_is_said_of_a_name_without_records(lab: Lab, name: str, kind: str, status: str) -> None:
    assert find_status(lab, name, kind) == status


def test_a_port_without_name_has_no_srv_record(lab: Lab) -> None:
    assert type_on(lab, "guest", f"dig +short _53._udp.unnamed.{SPEC} SRV") == ""


# --- the source documents


def test_a_pod_asks_kube_dns_with_its_namespaces_list(lab: Lab) -> None:
    conf = type_on(lab, "control", "kubectl -n apps exec client -- cat /etc/resolv.conf")
    assert sorted(conf.splitlines()) == [
        "nameserver 10.96.0.10",
        "options ndots:5",
        "search apps.svc.cluster.local svc.cluster.local cluster.local",
    ]
    kubelet = type_on(lab, "worker1", "cat /var/lib/kubelet/config.yaml | grep -A2 clusterDNS")
    assert "10.96.0.10" in kubelet
    assert "clusterDomain: cluster.local" in kubelet


def test_kube_system_has_what_the_source_lists(lab: Lab) -> None:
    said = type_on(lab, "control", "kubectl get pods,deploy,configmaps,service -n kube-system")
    assert len(re.findall(r"^pod/coredns-\w+-\w+ +1/1 +Running", said, re.MULTILINE)) == 2
    assert re.search(r"^deployment.apps/coredns +2/2 +2 +2 ", said, re.MULTILINE)
    assert re.search(r"^configmap/coredns +1 ", said, re.MULTILINE)
    assert re.search(
        r"^service/kube-dns +ClusterIP +10\.96\.0\.10 +<none> +53/UDP,53/TCP,9153/TCP ", said, re.MULTILINE
    )


def test_the_configmap_is_the_corefile_that_runs(lab: Lab) -> None:
    said = type_on(lab, "control", "kubectl describe cm coredns -n kube-system")
    assert "Corefile:\n----\n.:53 {\n    errors" in said
    assert "kubernetes cluster.local in-addr.arpa ip6.arpa {" in said
    kept = type_on(lab, "control", "kubectl -n kube-system get cm coredns -o jsonpath={.data.Corefile}")
    pod = "$(kubectl -n kube-system get pods -l k8s-app=kube-dns -o name | head -1)"
    assert type_on(lab, "control", f"kubectl -n kube-system exec {pod} -- cat /etc/coredns/Corefile") == kept


@pytest.mark.parametrize("name", ["nginx-service.apps.svc.cluster.local", "nginx-service"])
def test_nslookup_finds_the_service(lab: Lab, name: str) -> None:
    address = type_on(lab, "control", "kubectl -n apps get service nginx-service -o jsonpath={.spec.clusterIP}")
    assert_found(
        type_on(lab, "client.apps", f"nslookup {name}"), "nginx-service.apps.svc.cluster.local", address.strip()
    )


def test_nslookup_finds_a_pod_by_its_address(lab: Lab) -> None:
    address = type_on(lab, "control", "kubectl -n apps get pod nginx -o jsonpath={.status.podIP}").strip()
    name = f"{address.replace('.', '-')}.apps.pod.cluster.local"
    assert_found(type_on(lab, "client.apps", f"nslookup {name}"), name, address)


def assert_found(said: str, name: str, address: str) -> None:
    """nslookup's form, without its remark that CoreDNS offers no recursion."""
    lines = [line for line in said.splitlines() if line and not line.startswith(";;")]
    assert [line.split() for line in lines] == [
        ["Server:", "10.96.0.10"],
        ["Address:", "10.96.0.10#53"],
        ["Name:", name],
        ["Address:", address],
    ]


def test_a_pod_that_is_run_for_one_question_answers_it(lab: Lab) -> None:
    run = "kubectl run -i --rm probe --image=busybox --restart=Never -n apps --command -- nslookup nginx-service.apps.svc.cluster.local"
    assert "Name:\tnginx-service.apps.svc.cluster.local" in type_on(lab, "control", run)
