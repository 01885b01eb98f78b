"""What policies become, and what becomes of objects that are none: nothing of them gets into a line of iptables, and nobody dies of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.agents.calico.facts import parse_workloads
from labkit.agents.calico.felix import ipsets
from labkit.agents.calico.policy import kubernetes, native
from labkit.agents.calico.policy.model import Ports
from labkit.agents.calico.policy.parsing import BROKEN, simplify
from labkit.agents.calico.policy.policing import Policing, read_policing
from labkit.agents.calico.policy.workloads import plan_workloads
from labkit.agents.calico.selector import parse_selector
from labkit.errors import UsageError
from labkit.kube import Kind
from tests.agents.calico.policies import render_policy

Object = dict[str, Any]
LINE = re.compile(r"[\x20-\x7e]+")


class Listed:
    """A datastore of which one only reads lists."""

    def __init__(self, **objects: list[Object]) -> None:
        self._objects = {"Namespace": [{"metadata": {"name": "blue"}}], **objects}

    def list(self, kind: Kind) -> list[Object]:
        key = f"own{kind.name}" if kind.group == "crd.projectcalico.org" else kind.name
        return self._objects.get(key, [])


def read(pods: list[Object], **objects: list[Object]) -> Policing:
    found = read_policing(Listed(**objects), parse_workloads(pods))  # type: ignore[arg-type]
    assert found is not None
    return found


def render_pod(**annotations: str) -> Object:
    return {
        "metadata": {"name": "web", "namespace": "blue", "labels": {"app": "web"}, "annotations": annotations},
        "spec": {"nodeName": "node1"}, "status": {"podIP": "10.1.0.2"},
    }  # fmt: skip


def test_what_calicoctl_shows_of_kubernetes_policies() -> None:
    spec = {
        "podSelector": {"matchLabels": {"b": "2", "a": "1"}, "matchExpressions": [{"key": "c", "operator": "DoesNotExist"}]},
        "ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": "web"}, {"port": 81}, {"port": 80}, {"port": 53, "protocol": "UDP"}]}],
    }  # fmt: skip
    converted, refused = kubernetes.convert_policy(render_policy("p", "blue", spec))
    assert (converted["metadata"]["name"], refused) == ("knp.default.p", [])
    peer = {"namespaceSelector": "all()", "selector": "projectcalico.org/orchestrator == 'k8s'"}
    assert converted["spec"] == {
        "order": 1000.0, "types": ["Ingress"], "selector": "projectcalico.org/orchestrator == 'k8s' && a == '1' && b == '2' && ! has(c)",
        "ingress": [
            {"action": "Allow", "protocol": "TCP", "source": peer, "destination": {"ports": ["web", "80:81"]}},
            {"action": "Allow", "protocol": "UDP", "source": peer, "destination": {"ports": [53]}},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "types"),
    [({}, (True, False)), ({"egress": [{}]}, (True, True)), ({"policyTypes": ["Egress"]}, (False, True)), ({"policyTypes": ["Egress"], "ingress": [{}]}, (False, True))],
)  # fmt: skip
def test_the_directions_that_a_policy_is_about(spec: Object, types: tuple[bool, bool]) -> None:
    policy, _ = kubernetes.parse_policy(render_policy("p", "blue", spec))
    assert (policy.ingress is not None, policy.egress is not None) == types


def test_ports_become_as_few_ranges_as_there_can_be() -> None:
    assert simplify([80, 82, "web", (81, 90), 443, "web"]) == Ports(((80, 90), (443, 443)), ("web",))
    assert simplify([80, 0]) == Ports()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a=='x'&&(b in{'2','1'}||!has( c ))", '(a == "x" && (b in {"1", "2"} || !has(c)))'), ("", "all()"), ("! !has(a)", "has(a)"),
        ("((a != 'it\"s'))", "a != 'it\"s'"), ("a not in {}", "a not in {}"), ("in-a starts with 'x'", 'in-a starts with "x"'), ("global( )", "global()"),
    ],
)  # fmt: skip
def test_a_selectors_one_form(text: str, canonical: str) -> None:
    assert parse_selector(text).text == canonical


@pytest.mark.parametrize(("text", "fits"), [("k contains 'bc'", True), ("k starts with 'b'", False), ("k ends with 'cd'", True), ("n contains 'x'", False), ("n != 'x'", True), ("n not in {'x'}", True)])  # fmt: skip
def test_what_selectors_say_of_values(text: str, fits: bool) -> None:  # noqa: FBT001 - a case
    assert parse_selector(text)({"k": "abcd"}) is fits


def test_a_prefix_goes_before_every_label() -> None:
    assert parse_selector("a == 'x' && !has(b)", "pcns.").text == '(pcns.a == "x" && !has(pcns.b))'


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"podSelector": {"matchLabels": {"a": "it's"}}}, "no label's name or value"), ({"podSelector": {"matchExpressions": [{"key": "a", "operator": "in"}]}}, "operator 'in'"),
        ({"policyTypes": "Ingress"}, "policyTypes: a list is meant"),
    ],
)  # fmt: skip
def test_a_policy_of_which_nobody_knows_whom_it_selects_is_not_read(spec: Object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        kubernetes.parse_policy(render_policy("p", "blue", spec))


@pytest.mark.parametrize(
    "rule",
    [
        {"from": [{}]}, {"from": [{"ipBlock": {"cidr": "10.0.0.300/8"}}]}, {"from": [{"ipBlock": {"cidr": "fd00::/8"}}]}, {"from": "all"},
        {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}, {"ports": [{"port": 70000}]}, {"ports": [{"port": "a b"}]},
        {"ports": [{"endPort": 80}]}, {"ports": [{"port": 80, "endPort": 79}]}, {"ports": [{"port": "web", "endPort": 80}]}, {"ports": [{"protocol": "ICMP"}]},
        {"ports": [{"port": True}]}, {"from": [{"ipBlock": {"cidr": 10}}]}, {"ports": 80},
    ],
)  # fmt: skip
def test_a_rule_that_can_not_be_read_allows_nothing_and_the_others_what_they_say(rule: Object) -> None:
    policy, refused = kubernetes.parse_policy(
        render_policy("p", "blue", {"ingress": [rule, {"ports": [{"port": 80}]}]})
    )
    assert len(refused) == 1
    assert [each.destination.ports.numbers for each in policy.ingress or ()] == [((80, 80),)]


def test_what_a_pod_says_of_its_address_is_an_address_or_nothing() -> None:
    assert [each.address for each in parse_workloads([render_pod()])] == ["10.1.0.2"]
    for wrong in ("10.1.0.2\nadd cali40x 0.0.0.0/0", "10.1.0.2 comment", "::1", "010.1.0.2"):
        assert parse_workloads([render_pod(**{"cni.projectcalico.org/podIP": wrong})]) == ()


def test_names_that_are_none_do_not_get_into_a_chains_name() -> None:
    found = read([render_pod()], NetworkPolicy=[render_policy("x -j ACCEPT\nCOMMIT", "blue", {"ingress": [{}]})])
    chains = plan_workloads(found, "node1").chains
    assert all(re.fullmatch(r"[\w./-]{1,28}", name) for name in chains)
    assert all(LINE.fullmatch(line) for rules in chains.values() for line in rules)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70000) | st.sampled_from(["", "TCP", "Ingress", "10.0.0.0/8", "a == 'b'", "\n", "x y", "Allow", "In"]) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(
        st.sampled_from([
            "podSelector", "namespaceSelector", "ipBlock", "cidr", "except", "from", "to", "ports", "port", "endPort", "protocol", "matchLabels", "matchExpressions",
            "key", "operator", "values", "action", "source", "destination", "selector", "nets", "notNets", "notPorts", "serviceAccounts", "names", "icmp", "type", "a",
        ]), inner, max_size=3,
    ),
    max_leaves=12,
)  # fmt: skip
_specs = (
    st.dictionaries(
        st.sampled_from(
            [
                "podSelector",
                "policyTypes",
                "types",
                "ingress",
                "egress",
                "selector",
                "order",
                "nets",
                "namespaceSelector",
                "doNotTrack",
            ]
        ),
        _json,
    )
    | _json
)


@settings(max_examples=150, deadline=None)
@given(_specs, st.sampled_from(["NetworkPolicy", "ownNetworkPolicy", "ownGlobalNetworkPolicy", "ownGlobalNetworkSet"]))
def test_whatever_an_object_says_felix_plans_lines_that_are_lines(spec: Any, kind: str) -> None:
    value = {
        "kind": kind,
        "metadata": {"name": "p", **({} if "Global" in kind else {"namespace": "blue"})},
        "spec": spec,
    }
    planned = plan_workloads(read([render_pod()], **{kind: [value]}), "node1")
    assert all(LINE.fullmatch(line) for rules in planned.chains.values() for line in rules)
    assert all(LINE.fullmatch(line) for line in ipsets.plan(planned.sets).values())


@pytest.mark.parametrize("text", ["(" * 5000 + "a == 'b'" + ")" * 5000, "!" * 5000 + "has(a)"])
def test_a_selector_of_any_depth_is_read_or_refused(text: str) -> None:
    value = {"metadata": {"name": "p"}, "spec": {"selector": text}}
    try:
        native.parse_policy(value)
    except BROKEN:
        return
    assert text.startswith("!")
