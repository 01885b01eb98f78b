"""Lab 14: names of Services, of pods, of the company's and of the world, asked as the pods' own resolv.conf says."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from typing import Any

from labkit.check import Object, View, check, expect, make_service, plug_in_pod

CALLERS = ("a", "b")
DOMAIN = "cluster.local"
TIMES = 6  # so many answers in a row, for there are two servers
CALLS = 4  # of a web page, at once
FOLLOWS = 8.0  # seconds in which a new Service has to have its name
PAUSE = 0.1


def list_callers(view: View) -> list[str]:
    """The machines of the two pods that ask."""
    return [str(view.values[key]["machine"]) for key in CALLERS]


def ask(view: View, src: str, name: str, kind: str = "A") -> Any:
    """What kube-dns says: a DnsAnswer."""
    return view.ask_dns(src, name, server=view.values["kube_dns"], kind=kind)


def expect_records(view: View, name: str, wanted: Sequence[str], *, kind: str = "A", times: int = TIMES) -> None:
    """Both callers are told these records, every time, whichever server answers."""
    for src in list_callers(view):
        for _ in range(times):
            told = ask(view, src, name, kind)
            expect(
                told.code == "NOERROR" and sorted(told.records) == sorted(wanted),
                expected=f"{src} is told {', '.join(wanted)} for {name} ({kind})",
                observed=told.detail,
            )


def in_cluster(view: View, name: str) -> str:
    """A name of the lab's namespace, in full."""
    return f"{name}.{view.values['ns']}.svc.{DOMAIN}."


def find_addresses(view: View, names: Sequence[str]) -> dict[str, str]:
    """Pods of the lab's namespace and where they are."""
    return {name: view.pod_place(view.object("Pod", name, view.values["ns"])).address for name in names}


@check(
    points=2,
    hints=(
        "CoreDNS makes names of objects. Which object is missing, and in which namespace?",
        "On control: `kubectl get service -n NAMESPACE`. In client: `nslookup nginx-service`.",
        "On control: `kubectl expose pod nginx --name=nginx-service --port 80 -n NAMESPACE`.",
    ),
)
def service_has_a_name(view: View) -> None:
    """Pods on both nodes get the Service's address by the name nginx-service, by UDP and TCP, and nginx answers there."""
    service = view.object("Service", "nginx-service", view.values["ns"])
    address = str(service["spec"]["clusterIP"])
    expect_records(view, in_cluster(view, "nginx-service"), [address])
    pod = view.pod_place(view.object("Pod", "nginx", view.values["ns"]))
    for src in list_callers(view):
        told = view.connect_tcp(src, view.values["kube_dns"], 53)
        expect(told.reached, expected=f"{src} reaches kube-dns by TCP, for long answers", observed=told.detail)
        for served in view.ask_http(src, (address, 80), among=[pod.name], times=CALLS):
            expect(served.reached, expected=f"nginx answers {src} at {address}:80", observed=served.detail)


@check(
    points=2,
    hints=(
        "Who tells a pod whom to ask, and what to put behind a short name?",
        "`cat /etc/resolv.conf` in client and in guest: are nameserver and search those of their namespace?",
        "The kubelet writes it when a pod begins: from `clusterDNS` of its node's /var/lib/kubelet/config.yaml, and the pod's `dnsPolicy`.",
    ),
)
def short_names_do(view: View) -> None:
    """In client nginx-service is enough, in guest nginx-service with its namespace: by their own resolv.conf."""
    address = str(view.object("Service", "nginx-service", view.values["ns"])["spec"]["clusterIP"])
    for src, name in zip(list_callers(view), ("nginx-service", f"nginx-service.{view.values['ns']}"), strict=True):
        told = resolve(view, src, name)
        expect(
            told is not None and told.records == (address,),
            expected=f"{src} finds {address} by the name {name}",
            observed=told.detail if told else "its /etc/resolv.conf has no nameserver",
        )


def resolve(view: View, src: str, name: str) -> Any:
    """As resolv.conf(5) has it: the search list first for a name with few dots. The last answer; None when there is nobody to ask."""
    conf = view.machine(src).run(["cat", "/etc/resolv.conf"]).stdout
    lines = [line.split() for line in conf.splitlines() if line.strip()]
    servers = [line[1] for line in lines if line[0] == "nameserver"]
    suffixes = [each for line in lines if line[0] == "search" for each in line[1:]]
    ndots = [each[6:] for line in lines if line[0] == "options" for each in line[1:] if each.startswith("ndots:")]
    longer = [f"{name}.{each}." for each in suffixes]
    names = [*longer, f"{name}."] if name.count(".") < int((ndots or ["1"])[-1]) else [f"{name}.", *longer]
    told = None
    for each in names if servers else ():
        told = view.ask_dns(src, each, server=servers[0])
        if told.records or not told.reached:
            break
    return told


@check(
    points=3,
    hints=(
        "An ordinary Service hides its pods behind one address. What has to be absent from a Service whose name is to lead to the pods?",
        "On control: `kubectl get service db -n NAMESPACE`: what stands under CLUSTER-IP? In client: `dig +search db`.",
        "`clusterIP: None` in the Service's spec, before it is made: `kubectl delete service db -n NAMESPACE` and `kubectl apply -f /root/db.yaml` again.",
    ),
)
def pods_have_names(view: View) -> None:
    """The name db leads to both pods, db-0.db and db-1.db to one each, and SRV records tell their port."""
    addresses = find_addresses(view, ("db-0", "db-1"))
    expect_records(view, in_cluster(view, "db"), list(addresses.values()))
    for name, address in addresses.items():
        expect_records(view, in_cluster(view, f"{name}.db"), [address], times=2)
    for src in list_callers(view):
        told = ask(view, src, in_cluster(view, "_sql._tcp.db"), "SRV")
        found = {tuple(each.split()[2:]) for each in told.records}
        wanted = {("5432", in_cluster(view, f"{name}.db")) for name in addresses}
        expect(found == wanted, expected=f"{src} is told port 5432 of db-0.db and db-1.db", observed=told.detail)


@check(
    points=1,
    level="more",
    hints=(
        "Which kind of Service is nothing but another name?",
        "On control: `kubectl get service site -n NAMESPACE`. In client: `dig +search site`.",
        "On control: `kubectl create service externalname site --external-name NAME -n NAMESPACE`.",
    ),
)
def alias_leads_out(view: View) -> None:
    """The name site leads to the world's web site."""
    site = view.values["site"]
    expect_records(view, in_cluster(view, "site"), [f"{site['name']}."], kind="CNAME", times=1)
    expect_records(view, in_cluster(view, "site"), [site["address"]])


@check(
    points=3,
    hints=(
        "CoreDNS takes the server block whose zone fits a name best. Which zone needs one?",
        "On ns2: `dig @ADDRESS-OF-NS2 wiki.ZONE`. On control: `kubectl -n kube-system describe cm coredns`; has CoreDNS been restarted since?",
        "A block `ZONE:53 { … forward . ADDRESS-OF-NS2 }` at the end of the Corefile, then `kubectl -n kube-system rollout restart deployment coredns`.",
    ),
)
def company_is_asked(view: View) -> None:
    """The company's names are known, those too that nobody has asked for yet, and the world's as before."""
    wiki, site, zone = view.values["wiki"], view.values["site"], view.values["zone"]
    number = secrets.randbelow(250) + 1
    told = view.object("ConfigMap", "coredns", "kube-system").get("data") or {}
    expect(
        any(zone in text for text in told.values()),
        expected=f"the ConfigMap coredns tells about {zone}, for CoreDNS reads it when it begins",
        observed=f"{zone} is not in it",
    )
    expect_records(view, f"{wiki['name']}.", [wiki["address"]])
    expect_records(view, f"pc-{number}.{zone}.", [f"10.9.8.{number}"])
    expect_records(view, f"{site['name']}.", [site["address"]])


@check(
    points=1,
    after=("service_has_a_name", "company_is_asked"),
    hints=(
        "What shall somebody be told who mistypes a name?",
        "`dig +noall +comments nope.example.org` in client: which status?",
        "Look for a plugin in the Corefile that makes answers by itself: template, rewrite, hosts.",
    ),
)
def nothing_else_has_a_name(view: View) -> None:
    """A name that nobody has is NXDOMAIN: in the cluster, of the company, in the world."""
    name = f"nope-{secrets.token_hex(3)}"
    zones = [in_cluster(view, "x")[2:], f"nowhere.svc.{DOMAIN}.", f"{view.values['zone']}.", "example.org."]
    for src in list_callers(view):
        for zone in zones:
            told = ask(view, src, f"{name}.{zone}")
            expect(told.code == "NXDOMAIN", expected=f"{src} is told NXDOMAIN for {name}.{zone}", observed=told.detail)


@check(
    points=2,
    acts=True,
    may_leave=("* KUBE-*", "chain *", "rule *KUBE-*"),
    after=("service_has_a_name", "pods_have_names"),
    hints=(
        "Who tells CoreDNS of a Service that is made now?",
        "On control: `kubectl -n kube-system describe cm coredns`: does the Corefile have the plugin that watches the API?",
        "`kubernetes cluster.local in-addr.arpa ip6.arpa` with its lines, in the block for all names.",
    ),
)
def names_follow(view: View) -> None:
    """A Service that is made now has a name at once, in a new pod too, and its address leads back to the name."""
    name = f"check-{secrets.token_hex(3)}"
    with plug_in_pod(view, "worker1") as new, make_service(view, plan_service(view, name)) as address:
        back = ".".join(reversed(address.split("."))) + ".in-addr.arpa."
        wait_for_name(view, in_cluster(view, name), address)
        expect_records(view, in_cluster(view, name), [address], times=1)
        expect_records(view, back, [in_cluster(view, name)], kind="PTR", times=1)
        told = ask(view, new.name, in_cluster(view, name))
        expect(told.records == (address,), expected=f"a new pod is told {address} for {name}", observed=told.detail)


def plan_service(view: View, name: str) -> Object:
    """A Service of the lab's namespace, without pods."""
    return {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": view.values["ns"]},
        "spec": {"ports": [{"port": 80}]},
    }  # fmt: skip


def wait_for_name(view: View, name: str, address: str) -> None:
    """Until both callers are told the address several times in a row, or the time is over."""
    deadline, pause, row = time.monotonic() + view.limit(FOLLOWS), threading.Event(), 0
    while row < TIMES and time.monotonic() < deadline:
        told = [ask(view, src, name) for src in list_callers(view)]
        row = row + 1 if all(each.records == (address,) for each in told) else 0
        if not row:
            pause.wait(PAUSE)
