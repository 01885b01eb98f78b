"""A packet that a policy drops, with the chains that Felix really writes: the journey names rule and policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from labkit.probe import follow_packet
from tests.agents.calico.policed import PodSpec, PolicedNode, render_namespace, start_policed

pytestmark = pytest.mark.world
PODS = (
    PodSpec("db", "shop", {"app": "db"}),
    PodSpec("api", "shop", {"app": "api"}),
    PodSpec("web", "shop", {"app": "web"}),
)
FROM_API = {
    "podSelector": {"matchLabels": {"app": "db"}},
    "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "api"}}}], "ports": [{"port": 5432}]}],
}
DENY = {"podSelector": {}, "policyTypes": ["Ingress"]}
SILENT = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"]}


@pytest.fixture(scope="module")
def node() -> Iterator[PolicedNode]:
    with start_policed("policy-journey", [(pod.namespace, pod.name) for pod in PODS]) as node:
        yield node


def render(name: str, spec: dict[str, Any], namespace: str = "shop") -> dict[str, Any]:
    kind = "NetworkPolicy" if namespace else "GlobalNetworkPolicy"
    about = {"name": name, "resourceVersion": "1", **({"namespace": namespace} if namespace else {})}
    return {"kind": kind, "metadata": about, "spec": spec}


@pytest.mark.parametrize(
    ("policies", "native", "said"),
    [
        ([("db-from-api", FROM_API), ("default-deny", DENY)], {},
         ("cali-tw-", "NetworkPolicy shop/db-from-api, NetworkPolicy shop/default-deny", "Drop if no policies passed packet")),
        ([("db-from-api", FROM_API), ("silent", SILENT)], {},
         ("cali-fw-", "NetworkPolicy shop/silent", "Drop if no policies passed packet")),
        ([], {"selector": "app == 'db'", "order": 1, "ingress": [{"action": "Deny", "source": {"selector": "app == 'web'"}}, {"action": "Allow"}]},
         ("cali-pi-", "GlobalNetworkPolicy no-web", "Policy default.no-web ingress")),
    ],
    ids=["ingress", "egress", "a deny of Calico's"],
)  # fmt: skip
def test_the_policy_that_dropped_it_is_named(
    node: PolicedNode, policies: list[tuple[str, dict[str, Any]]], native: dict[str, Any], said: tuple[str, str, str]
) -> None:
    node.write({
        "namespaces": [render_namespace("shop")], **node.set_pods(PODS),
        "networkpolicies.networking.k8s.io": [render(*each) for each in policies],
        "globalnetworkpolicies.crd.projectcalico.org": [render("default.no-web", native, "")] if native else [],
    })  # fmt: skip
    chain, origin, comment = said
    lost = follow_packet(node.world, "shop-web", node.addresses["shop-db"], tcp=5432, timeout=0.25).lost
    assert lost is not None
    assert lost.rule is not None, lost
    assert lost.rule.told == "trace"
    assert (lost.rule.table, lost.rule.to_json()["from"]) == ("filter", origin)
    assert lost.rule.chain.startswith(chain)
    assert comment in lost.rule.text
    assert str(lost).endswith(f"(table filter, chain {lost.rule.chain}), which comes from {origin}")
    assert follow_packet(node.world, "shop-api", node.addresses["shop-db"], tcp=5432).answered, (
        "nobody listens, but the pod says so"
    )
