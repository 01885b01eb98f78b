"""resolv.conf and hosts of pods."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.agents.kubelet.names import plan_hostname, plan_resolver, render_hosts
from labkit.agents.kubelet.settings import Settings

SETTINGS = Settings("worker1", "192.168.50.11")
HOST = "nameserver 9.9.9.9\nsearch example.org\noptions timeout:1\n"


def make_pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", "namespace": "shop", "uid": "u"}, "spec": {"containers": [], **spec}}


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        (
            {},
            "search shop.svc.cluster.local svc.cluster.local cluster.local example.org\nnameserver 10.96.0.10\noptions ndots:5\n",
        ),
        ({"dnsPolicy": "Default"}, "search example.org\nnameserver 9.9.9.9\noptions timeout:1\n"),
        (
            {"hostNetwork": True, "dnsPolicy": "ClusterFirst"},
            "search example.org\nnameserver 9.9.9.9\noptions timeout:1\n",
        ),
        (
            {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"},
            "search shop.svc.cluster.local svc.cluster.local cluster.local example.org\nnameserver 10.96.0.10\noptions ndots:5\n",
        ),
        (
            {
                "dnsPolicy": "None",
                "dnsConfig": {"nameservers": ["1.1.1.1"], "options": [{"name": "ndots", "value": "2"}]},
            },
            "nameserver 1.1.1.1\noptions ndots:2\n",
        ),
        (
            {"dnsConfig": {"searches": ["x.y"], "options": [{"name": "ndots", "value": "1"}, {"name": "rotate"}]}},
            "search shop.svc.cluster.local svc.cluster.local cluster.local example.org x.y\nnameserver 10.96.0.10\noptions ndots:1 rotate\n",
        ),
    ],
)
def test_resolv_conf_follows_the_policy(spec: dict[str, Any], shown: str) -> None:
    assert plan_resolver(make_pod(**spec), SETTINGS, HOST).render() == shown


def test_hosts_has_the_pod_and_its_aliases() -> None:
    text = render_hosts(
        ["10.244.1.5"], "web", "sub.shop.svc.cluster.local", [{"ip": "1.2.3.4", "hostnames": ["a", "b"]}]
    )
    assert "10.244.1.5\tweb.sub.shop.svc.cluster.local\tweb\n" in text
    assert text.endswith("\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n")
    assert text.startswith("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n")


def test_a_pod_on_the_nodes_network_has_the_nodes_name() -> None:
    assert plan_hostname(make_pod(hostNetwork=True), "worker1") == "worker1"
    assert plan_hostname(make_pod(), "worker1") == "web"
    assert plan_hostname(make_pod(hostname="db"), "worker1") == "db"
