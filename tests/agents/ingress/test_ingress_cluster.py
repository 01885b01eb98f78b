"""The ingress controller in a cluster, with the real kubectl and curl: what the source document types (rows 4-13 to 4-16), TLS, Gateway API, and objects that are no good."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.agents.ingress.gateway.values import CONTROLLER
from labkit.kube.pki import Authority
from labkit.lab.lab import Lab
from labkit.world import Machine, Result
from tests.waiting import wait_until
from tests.worlds import run_well, start_cluster

pytestmark = [pytest.mark.world, pytest.mark.timeout(600)]
INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: minimal-ingress
  annotations:
    nginx.ingress.kubernetes.io/rewrite-target: /
spec:
  ingressClassName: nginx-ingress
  rules:
  - http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: web-service
            port:
              number: 80
"""
PAGE = "Welcome to nginx!"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """With a controller whose webhook is asked, and a page behind the Service web-service."""
    lines = "dns = 0\nkubelets = ['worker1', 'worker2']\noffers = ['gateway-api', 'ingress-nginx']"
    with start_cluster(tmp_path_factory.mktemp("ingress"), "94-ingress", lines) as lab:
        control = lab.world.machine("control")
        run_well(
            control, "kubectl run web --image=nginx && kubectl expose pod web --name=web-service --port=80", timeout=60
        )
        run_well(control, "kubectl apply -f /root/ingress-nginx.yaml", timeout=60)
        wait = "kubectl -n ingress-nginx wait --timeout=60s"
        run_well(
            control,
            f"{wait} job --all --for=condition=Complete && {wait} pod -l app.kubernetes.io/component=controller --for=condition=Ready",
            timeout=150,
        )
        run_well(control, "kubectl wait pod web --for=condition=Ready --timeout=60s", timeout=90)
        yield lab


@pytest.fixture(scope="module")
def control(lab: Lab) -> Machine:
    return lab.world.machine("control")


@pytest.fixture(scope="module")
def worker(lab: Lab) -> Machine:
    return lab.world.machine("worker1")


def apply(control: Machine, *objects: dict[str, Any], verb: str = "apply") -> Result:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    return control.run(["kubectl", verb, "--validate=false", "-f", "-"], stdin=text, timeout=60)


def make_ingress(name: str, host: str, path: str = "/", service: str = "web-service", **more: Any) -> dict[str, Any]:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    rule = {"host": host, "http": {"paths": [{"path": path, "pathType": "Prefix", "backend": backend}]}}
    spec = {"ingressClassName": "nginx", "rules": [rule], **more}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name}, "spec": spec}


def curl(worker: Machine, words: str) -> str:
    return worker.run(f"curl -s -m 5 {words}", timeout=20).stdout


def read_status(worker: Machine, words: str) -> str:
    return curl(worker, f"-o /dev/null -w '%{{http_code}}' {words}")


def test_the_manifest_makes_the_real_ones_objects(control: Machine) -> None:
    """4-16."""
    said = run_well(control, "kubectl apply -f /root/ingress-nginx.yaml", timeout=60)
    assert {re.split(r"[./ ]", line)[0] for line in said.splitlines()} == {
        "namespace", "serviceaccount", "role", "rolebinding", "clusterrole", "clusterrolebinding", "configmap", "service", "deployment", "job",
        "ingressclass", "validatingwebhookconfiguration",
    }  # fmt: skip
    assert "service/ingress-nginx-controller-admission unchanged" in said
    assert run_well(control, "kubectl get ingressclass nginx -o jsonpath={.spec.controller}") == "k8s.io/ingress-nginx"


def test_nobody_gives_the_service_an_address(control: Machine) -> None:
    """4-13."""
    lines = run_well(control, "kubectl get svc -n ingress-nginx").splitlines()
    assert lines[0].split() == ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
    rows = [line.split() for line in lines[1:]]
    assert [(row[0], row[1], row[3], row[4]) for row in rows] == [
        ("ingress-nginx-controller", "LoadBalancer", "<pending>", "80:32446/TCP,443:30391/TCP"),
        ("ingress-nginx-controller-admission", "ClusterIP", "<none>", "443/TCP"),
    ]
    policy = "kubectl -n ingress-nginx get svc ingress-nginx-controller -o jsonpath={.spec.externalTrafficPolicy}"
    assert run_well(control, policy) == "Local"


def test_the_sources_ingress_names_a_class_that_nobody_serves(control: Machine, worker: Machine) -> None:
    """4-14 and 4-15: 404, and no Event; repaired, the page."""
    run_well(control, "cat > /root/ingress-resource.yaml", stdin=INGRESS)
    assert "created" in run_well(control, "kubectl create -f /root/ingress-resource.yaml", timeout=30)
    wait_until(lambda: "Ignoring ingress because of error" in read_log(control))
    assert "404 Not Found" in curl(worker, "http://localhost:32446")
    assert "Events:       <none>" in run_well(control, "kubectl describe ingress minimal-ingress")
    run_well(
        control, """kubectl patch ingress minimal-ingress --type=merge -p '{"spec":{"ingressClassName":"nginx"}}'"""
    )
    wait_until(lambda: PAGE in curl(worker, "http://localhost:32446"))
    wait_until(
        lambda: re.search(
            r"Normal +Sync .*nginx-ingress-controller +Scheduled for sync",
            run_well(control, "kubectl describe ingress minimal-ingress"),
        )
    )


def read_log(control: Machine) -> str:
    return run_well(control, "kubectl -n ingress-nginx logs deployment/ingress-nginx-controller", timeout=30)


def test_its_log_begins_with_what_it_stands_in_for(control: Machine) -> None:
    first = read_log(control).splitlines()[0]
    assert "in the place of ingress-nginx" in first
    assert "Lua" in first


def test_no_cloud_gives_an_ingress_an_address(control: Machine) -> None:
    assert run_well(control, "kubectl get ingress minimal-ingress -o jsonpath={.status.loadBalancer}") == "{}"


def test_a_service_without_pods_is_503_until_it_has_one(control: Machine, worker: Machine) -> None:
    spec = {"selector": {"app": "later"}, "ports": [{"port": 80}]}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "later"}, "spec": spec}
    assert apply(control, service, make_ingress("later", "later.example", service="later")).status == 0
    ask = "-H 'Host: later.example' http://localhost:32446/"
    wait_until(lambda: read_status(worker, ask) == "503")
    run_well(control, "kubectl label pod web app=later")
    wait_until(lambda: read_status(worker, ask) == "200")


def test_a_hosts_own_certificate_is_shown_and_else_the_fake_one(control: Machine, worker: Machine) -> None:
    authority = Authority("tests")
    pair = authority.sign_server("shop", ["shop.example"])
    metadata = {"name": "shop-tls"}
    texts = {"tls.crt": pair.certificate, "tls.key": pair.key}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "kubernetes.io/tls",
        "stringData": texts,
    }
    ingress = make_ingress("shop", "shop.example", tls=[{"hosts": ["shop.example"], "secretName": "shop-tls"}])
    assert apply(control, ingress).status == 0
    tls = "--cacert /root/ca.pem --resolve shop.example:30391:127.0.0.1 https://shop.example:30391/"
    run_well(worker, "cat > /root/ca.pem", stdin=authority.pair.certificate)
    wait_until(lambda: "Fake Certificate" in curl(worker, f"-kv 2>&1 {tls}"))
    assert apply(control, secret).status == 0
    wait_until(lambda: PAGE in curl(worker, tls))
    assert "Fake Certificate" in curl(worker, "-kv 2>&1 https://localhost:30391/")
    plain = "-i --resolve shop.example:32446:127.0.0.1 http://shop.example:32446/a/"
    assert re.search(r"308.*^Location: https://shop\.example/a\r$", curl(worker, plain), re.MULTILINE | re.DOTALL)


def make_gateway_objects() -> list[dict[str, Any]]:
    """A class, a Gateway, and a route with weights, a header, a redirect and a rewrite."""
    api = "gateway.networking.k8s.io/v1"
    old = {"path": {"type": "PathPrefix", "value": "/old"}}
    moved = {"scheme": "https", "statusCode": 301, "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}}
    app = {"path": {"type": "PathPrefix", "value": "/app"}}
    root = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}
    page, nobody = {"name": "web-service", "port": 80}, {"name": "nobody", "port": 80}
    rules = [
        {"backendRefs": [{**page, "weight": 1}, {**nobody, "weight": 0}]},
        {"matches": [{"headers": [{"name": "X-Version", "value": "v2"}]}], "backendRefs": [nobody]},
        {"matches": [old], "filters": [{"type": "RequestRedirect", "requestRedirect": moved}]},
        {"matches": [app], "filters": [{"type": "URLRewrite", "urlRewrite": root}], "backendRefs": [page]},
    ]
    route = {"parentRefs": [{"name": "gate"}], "hostnames": ["route.example"], "rules": rules}
    gateway = {"gatewayClassName": "nginx", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}
    return [
        {
            "apiVersion": api,
            "kind": "GatewayClass",
            "metadata": {"name": "nginx"},
            "spec": {"controllerName": CONTROLLER},
        },
        {"apiVersion": api, "kind": "Gateway", "metadata": {"name": "gate"}, "spec": gateway},
        {"apiVersion": api, "kind": "HTTPRoute", "metadata": {"name": "route"}, "spec": route},
    ]


def test_a_gateway_and_a_route_are_served_by_the_same_nginx(control: Machine, worker: Machine) -> None:
    run_well(
        control,
        "kubectl apply -f /root/gateway-api.yaml && kubectl wait crd/httproutes.gateway.networking.k8s.io --for=condition=Established",
        timeout=60,
    )
    made = apply(control, *make_gateway_objects())
    assert made.status == 0, made.stderr
    host = "-H 'Host: route.example' http://localhost:32446"
    wait_until(lambda: read_status(worker, f"-H 'X-Version: v2' {host}/") == "500")  # a backend that is none
    assert read_status(worker, f"-H 'X-Version: v3' {host}/") == "200"
    assert "Location: https://route.example/new/a?b=1" in curl(worker, f"-i {host}/old/a?b=1")
    assert PAGE in curl(worker, f"{host}/app/index.html")
    wait_until(
        lambda: run_well(control, "kubectl get gateway gate --no-headers").split()[:3] == ["gate", "nginx", "True"]
    )
    reasons = "kubectl get httproute route -o jsonpath='{.status.parents[0].conditions[*].reason}'"
    wait_until(lambda: run_well(control, reasons) == "Accepted BackendNotFound")


REFUSED = {
    "quote": (make_ingress("evil", "evil.example", '/a"; return 200; '), "cannot be used with pathType Prefix"),
    "newline": (make_ingress("evil", "evil.example", "/a\n}\nserver {"), "cannot be used with pathType Prefix"),
    "taken": (make_ingress("evil", "later.example"), "is already defined in ingress default/later"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_api_server_asks_before_it_takes_an_ingress(control: Machine, case: str) -> None:
    ingress, said = REFUSED[case]
    told = apply(control, ingress, verb="create")
    assert told.status != 0
    assert 'admission webhook "validate.nginx.ingress.kubernetes.io" denied the request' in told.stderr
    assert said in told.stderr


def test_without_the_webhook_an_event_says_why_and_the_others_are_served(control: Machine, worker: Machine) -> None:
    """The last test: what is created here is no good, and the controller lives."""
    run_well(control, "kubectl delete validatingwebhookconfiguration ingress-nginx-admission", timeout=30)
    regex = make_ingress("refused", "refused.example", "/a(b)")
    regex["metadata"]["annotations"] = {"nginx.ingress.kubernetes.io/rewrite-target": "/$nobody_knows"}
    evil = [
        make_ingress(f"evil-{number}", f"evil{number}.example", path)
        for number, path in enumerate(('/"', "/a{", "/a;b", "/a\nb"))
    ]
    made = wait_until(
        lambda: apply(control, *evil, regex).status == 0
    )  # the API server forgets the webhook a moment later
    assert made
    assert (
        apply(
            control, make_ingress("good", "good.example"), make_ingress("nobody", "nobody.example", service="nobody")
        ).status
        == 0
    )
    wait_until(lambda: read_status(worker, "-H 'Host: good.example' http://localhost:32446/") == "200")
    for name, why in (
        ("evil-3", "cannot be used with pathType"),
        ("refused", "unknown.*nobody_knows"),
        ("nobody", "Error obtaining Endpoints"),
    ):
        wait_until(lambda name=name, why=why: re.search(why, run_well(control, f"kubectl describe ingress {name}")))  # type: ignore[misc]
    assert read_status(worker, "-H 'Host: evil0.example' http://localhost:32446/x") == "404"
    pod = "kubectl -n ingress-nginx get pod -l app.kubernetes.io/component=controller"
    assert run_well(control, f"{pod} -o jsonpath='{{.items[0].status.containerStatuses[0].restartCount}}'") == "0"
