"""Lab 16: two applications behind one way in, asked from outside by names and paths, by http and https."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from labkit.check import Evidence, Object, Place, View, check, expect, is_ready, make_objects
from labkit.errors import CannotTell, UsageError
from labkit.probe import Page, Served, Tls

BY_HAND = 8080
AUTHORITY = "/root/ca.crt"
CALLS = 24  # of which each of two pods takes fewer than SHARE once in 3,000 times
SHARE = 4
MOVED = (301, 302, 307, 308)
NOT_FOUND = 404
FOLLOWS = 10.0  # seconds from a new object to the first call that it serves
PAUSE = 0.1


# --- asking


def plan_page(view: View, url: str, tls: Tls | None = None) -> Page:
    """A page (HOST/PATH) as outside asks for it: at the node that the names lead to."""
    host, slash, path = url.partition("/")
    port = view.values["https" if tls else "http"]
    return Page(view.place("w1").address, int(port), host, slash + path, tls)


def list_pods(view: View) -> list[str]:
    """All that answer."""
    return [pod.name for pod in view.places("a", "b", "c")]


def open_page(view: View, url: str, *, src: str = "client", times: int = 4, more: Sequence[str] = ()) -> list[Served]:
    """As a browser does it: by http, and by https where it is sent there, whoever signed the certificate."""
    among, secure = [*list_pods(view), *more], f"https://{url.partition('/')[0]}"
    told = view.ask_http(src, plan_page(view, url), among=among, times=times)
    if all(each.code in MOVED and each.location.startswith(secure) for each in told):
        return view.ask_http(src, plan_page(view, url, Tls()), among=among, times=times)
    return told


def expect_served(view: View, answers: Sequence[Served], keys: Sequence[str], what: str) -> None:
    """Every call was answered, by these pods, and came to them from the ingress controller."""
    pods, controllers = [pod.name for pod in view.places(*keys)], find_controllers(view)
    wanted = f"{what} is answered by {' or '.join(pods)}"
    for each in answers:
        expect(each.reached, expected=wanted, observed=each.detail, by=note(view, each))
        expect(each.by in pods, expected=wanted, observed=f"{each.by} answers", by=note(view, each))
        expect(
            each.seen_source in controllers,
            expected=f"{each.by} is called by the ingress controller ({', '.join(controllers)})",
            observed=f"it is called by {each.seen_source}",
            by=note(view, each),
        )


def note(view: View, answer: Served, src: str = "client") -> Evidence:
    """What was asked, written down as what decided."""
    return view.note(Evidence(src, answer.argv, answer.detail, answer.status))


def find_controllers(view: View) -> list[str]:
    """The addresses of the controller's pods; the check is red when none is ready."""
    pods = view.pods("ingress-nginx", labels="app.kubernetes.io/component=controller")
    ready = [str(pod["status"]["podIP"]) for pod in pods if is_ready(pod)]
    expect(
        ready,
        expected="a pod of the ingress controller is ready, in the namespace ingress-nginx",
        observed=f"of {len(pods)} none is" if pods else "there is none",
    )
    return ready


# --- what must be true


@check(
    points=2,
    hints=(
        "Which location is the longest one that fits `PATH`, and which for `PATHs`?",
        "On worker1: `curl http://localhost:8080/PATH`, the same with an `s` behind it, and with `/7`; `cat /root/by-hand.conf`.",
        "`location = PATH { … }` for the path itself, `location PATH/ { … }` for what is below, both with proxy_pass to the second application's pod.",
    ),
)
def by_hand_is_right(view: View) -> None:
    """Your own nginx on worker1, port 8080, sends the path and what is below it to the second application, and all else to the first."""
    path, site, node = view.values["path"], view.values["site"], view.place("w1")
    first, second = view.place("a"), view.place("c")
    token = secrets.token_hex(3)
    wanted = dict.fromkeys(("/", f"{path}s", f"/{token}", f"{path}-{token}"), first.name)
    wanted |= dict.fromkeys((path, f"{path}/", f"{path}/{token}"), second.name)
    for each, pod in wanted.items():
        for told in view.ask_http("client", Page(node.address, BY_HAND, site, each), among=list_pods(view), times=2):
            expect(
                told.reached and told.by == pod,
                expected=f"{each} at worker1's port {BY_HAND} is answered by {pod}",
                observed=told.detail,
                by=note(view, told),
            )


@check(
    points=2,
    hints=(
        "Who says 404, and which field of the Ingress tells who shall serve it?",
        "On control: `kubectl get ingress,ingressclass`, `kubectl describe ingress`. On client: `curl -i http://NAME:32446`.",
        '`kubectl create ingress shop --class=nginx --rule="NAME/*=SERVICE:80"`.',
    ),
)
def pages_come_in(view: View) -> None:
    """By its name and the node port outside gets the pages, through the ingress controller, from both pods about equally."""
    site = view.values["site"]
    answers = open_page(view, f"{site}/", times=CALLS)
    expect_served(view, answers, ("a", "b"), f"http://{site}/ from outside")
    taken = Counter(each.by for each in answers)
    told = ", ".join(f"{pod.name} took {taken[pod.name]}" for pod in view.places("a", "b"))
    expect(
        all(taken[pod.name] >= SHARE for pod in view.places("a", "b")),
        expected=f"of {CALLS} calls each pod takes about half",
        observed=told,
        by=note(view, answers[0]),
    )
    path = f"/{secrets.token_hex(3)}/{secrets.token_hex(3)}"
    expect_served(view, open_page(view, site + path), ("a", "b"), f"http://{site}{path}")


@check(
    points=3,
    hints=(
        "A path of the type Prefix is compared element by element. Which type does the rule have, and which Service?",
        "On control: `kubectl describe ingress`: is there a line for the path, and one for the host status…? `kubectl get ingress -o yaml` tells the types.",
        '`--rule="NAME/PATH*=SERVICE:80"` (Prefix) and `--rule="status.NAME/health=SERVICE:80"` (Exact).',
    ),
)
def paths_lead_to_api(view: View) -> None:
    """The path and what is below it come to the second application, at the first host; at the second host only /health does."""
    site, path, token = view.values["site"], view.values["path"], secrets.token_hex(3)
    for each in (path, f"{path}/", f"{path}/{token}"):
        expect_served(view, open_page(view, site + each), ("c",), f"http://{site}{each}")
    for each in (f"{path}s", f"{path}-{token}"):
        expect_served(view, open_page(view, site + each), ("a", "b"), f"http://{site}{each}")
    expect_served(view, open_page(view, f"status.{site}/health"), ("c",), f"http://status.{site}/health")


@check(
    points=1,
    after=("pages_come_in", "paths_lead_to_api"),
    hints=(
        "Which name does a rule without a host serve?",
        "On client: `curl -i -H 'Host: nobody.example' http://WORKER1:32446`. On control: `kubectl get ingress`: a `*` under HOSTS?",
        "`kubectl delete ingress minimal-ingress`: its rule has no host.",
    ),
)
def nothing_else_comes_in(view: View) -> None:
    """A name or a path that no rule speaks of is 404."""
    site, token = view.values["site"], secrets.token_hex(3)
    node = view.place("w1").address
    others = [f"{token}.example/", f"{token}.{site}/", f"{node}/"]
    others += [f"status.{site}/{each}" for each in ("", "health/x", "healthz")]
    (control,) = open_page(view, f"{site}/", times=1)
    if not control.reached:
        raise CannotTell(f"http://{site}/ got no page ({control.detail})", hint="make that work first")
    for url in others:
        (told,) = view.ask_http("client", plan_page(view, url), among=list_pods(view))
        expect(
            told.code == NOT_FOUND and not told.by,
            expected=f"http://{url} is 404",
            observed=f"{told.by or 'somebody'} answers" if told.whole else told.detail,
            by=note(view, told),
        )


@check(
    points=3,
    after=("pages_come_in",),
    hints=(
        "Which object holds the certificate, and which one says for which host it is?",
        "On control: `curl -v --cacert /root/ca.crt https://NAME:30391`: which issuer? `kubectl describe ingress` (TLS), `kubectl get secrets`.",
        '`kubectl create secret tls shop-tls --cert=… --key=…`, and in the Ingress `"tls": [{"hosts": ["NAME"], "secretName": "shop-tls"}]`.',
    ),
)
def certificate_is_accepted(view: View) -> None:
    """Who trusts your CA, and nobody else, gets all pages of the first host by https."""
    site, path = view.values["site"], view.values["path"]
    tls = Tls(read_authority(view), AUTHORITY)
    for each, keys in (("/", ("a", "b")), (f"{path}/1", ("c",))):
        answers = view.ask_http("control", plan_page(view, site + each, tls), among=list_pods(view), times=4)
        pods = [pod.name for pod in view.places(*keys)]
        for told in answers:
            expect(
                told.reached and told.by in pods,
                expected=f"https://{site}{each} is answered by {' or '.join(pods)}, with a certificate of the CA in {AUTHORITY}",
                observed=told.detail,
                by=note(view, told, "control"),
            )


def read_authority(view: View) -> str:
    """The learner's CA, as a client would trust it; the check is red when there is none."""
    text = view.machine("control").run(["cat", AUTHORITY]).stdout
    try:
        Tls(text or "none", AUTHORITY).make_context()
    except UsageError as error:
        expect(False, expected=f"a CA's certificate in {AUTHORITY} on control", observed=error.message)
    return text


@check(
    points=1,
    after=("certificate_is_accepted",),
    hints=(
        "What does plain http answer for a host that has a certificate?",
        "On client: `curl -i http://NAME:32446`.",
        'Without the annotation `ssl-redirect: "false"` a host with a certificate redirects by itself.',
    ),
)
def http_leads_to_https(view: View) -> None:
    """Plain http for the first host is sent to https, and for the second one it is not."""
    site, path = view.values["site"], view.values["path"]
    for each in ("/", f"{path}/1", f"/{secrets.token_hex(3)}"):
        (told,) = view.ask_http("client", plan_page(view, site + each), among=list_pods(view))
        led = urlsplit(told.location)
        expect(
            told.code in MOVED
            and (led.scheme, led.hostname, led.path.rstrip("/")) == ("https", site, each.rstrip("/")),
            expected=f"http://{site}{each} is redirected to https://{site}{each}",
            observed=f"{told.code}, {told.location}" if told.location else told.detail,
            by=note(view, told),
        )
    (told,) = view.ask_http("client", plan_page(view, f"status.{site}/health"), among=list_pods(view))
    expect(told.reached, expected=f"http://status.{site}/health is answered", observed=told.detail, by=note(view, told))


@check(
    points=2,
    after=("pages_come_in",),
    hints=(
        "A node that passes a call on to another one has to masquerade it. When need it not?",
        "On client: `curl -k https://NAME:30391`: which address does the page say? On control: `kubectl -n ingress-nginx get svc -o yaml | grep Policy`.",
        "externalTrafficPolicy: Local for the Service ingress-nginx-controller.",
    ),
)
def pods_know_the_caller(view: View) -> None:
    """The pods are told the address of whoever called from outside."""
    site, path = view.values["site"], view.values["path"]
    for caller, each in ((view.place("client"), "/"), (view.place("client"), path), (view.place("control"), "/")):
        for told in open_page(view, site + each, src=caller.name):
            expect(
                told.reached and told.told == caller.address,
                expected=f"the pod is told that {caller.address} called (X-Real-IP)",
                observed=f"it is told {told.told or 'nothing'}" if told.reached else told.detail,
                by=note(view, told, caller.name),
            )


@check(
    points=3,
    acts=True,
    may_leave=(
        "* KUBE-*",
        "chain *",
        "rule *KUBE-*",
        "* veth*",
    ),  # the kubelet takes its pod's cable away in its own time
    after=("pages_come_in",),
    hints=(
        "Pods and Ingresses come and go. Who tells nginx?",
        "On control: `kubectl -n ingress-nginx get pods`, `kubectl get ingress,endpointslices`: does the Service select pods, or do addresses stand there by hand?",
        "The controller runs, and the Services are those of the lab, with their selectors.",
    ),
)
def new_ones_are_served(view: View) -> None:
    """A pod that starts now gets its share of the calls, and an Ingress that is made now is served."""
    name, site = f"check-{secrets.token_hex(3)}", view.values["site"]
    host = f"{name}.example"
    pod, ingress = plan_pod(view, name), plan_ingress(view, name, host)
    with make_objects(view, pod, ingress, wait=True):
        new = wait_pod(view, name)
        slices = Evidence("control", ("kubectl", "get", "endpointslices", "-o", "wide"), "", 0)
        for each in (host, site):
            expect(
                wait_served(view, each, new),
                expected=f"http://{each}/ is answered by {new.name} too, a pod of {view.values['app']}-service that started now",
                observed="it is not",
                by=view.note(slices),
            )


def plan_pod(view: View, name: str) -> Object:
    """One more pod of the first application."""
    container = {
        "name": "nginx", "image": "nginx",
        "volumeMounts": [{"name": "conf", "mountPath": "/etc/nginx/conf.d"}],
    }  # fmt: skip
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": view.values["app"]}},
        "spec": {
            "nodeName": "worker2", "terminationGracePeriodSeconds": 1, "containers": [container],
            "volumes": [{"name": "conf", "configMap": {"name": "page"}}],
        },
    }  # fmt: skip


def plan_ingress(view: View, name: str, host: str) -> Object:
    """A new host for the first application."""
    service = {"name": f"{view.values['app']}-service", "port": {"number": 80}}
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": service}}
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name},
        "spec": {"ingressClassName": "nginx", "rules": [{"host": host, "http": {"paths": [path]}}]},
    }  # fmt: skip


def wait_pod(view: View, name: str) -> Place:
    """The new pod, when it is ready."""
    deadline, pause = time.monotonic() + view.limit(FOLLOWS), threading.Event()
    while not is_ready(pod := view.object("Pod", name)) and time.monotonic() < deadline:
        pause.wait(PAUSE)
    return view.pod_place(pod)


def wait_served(view: View, host: str, new: Place) -> bool:
    """Whether all calls are answered and the new pod takes some of them, before the time is over."""
    deadline, pause = time.monotonic() + view.limit(FOLLOWS), threading.Event()
    while time.monotonic() < deadline:
        told = open_page(view, f"{host}/", times=12, more=[new.name])
        if all(each.reached for each in told) and any(each.by == new.name for each in told):
            return True
        pause.wait(PAUSE)
    return False
