"""Clusters drawn by hypothesis: namespaces, pods with labels and named ports, NetworkPolicies of every form; and all that can be asked of one."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from labkit.agents.calico.policy.oracle import End, Question
from tests.agents.calico.policed import PodSpec

Object = dict[str, Any]
SPACES: Final = ("blue", "green", "red")
PODS: Final = (("blue", "a"), ("blue", "b"), ("blue", "c"), ("green", "a"), ("green", "b"), ("red", "a"), ("red", "b"))
PORTS: Final = (80, 81, 443)
NAMED: Final = (
    ("web", "TCP", 80),
    ("web", "TCP", 443),
    ("web", "UDP", 81),
    ("dns", "UDP", 80),
    ("dns", "TCP", 81),
    ("call", "SCTP", 80),
)
ASKED: Final = (*(("TCP", port) for port in PORTS), ("UDP", 80), ("UDP", 81), ("SCTP", 80), ("SCTP", 81), ("ICMP", 0))
_KEYS, _VALUES = ("app", "tier"), ("x", "y")


@dataclass(frozen=True)
class Cluster:
    """`namespaces`: name -> labels."""

    namespaces: Mapping[str, Mapping[str, str]]
    pods: Sequence[PodSpec]
    policies: Sequence[Object]


def find_address(number: int) -> str:
    """Of the n-th of PODS."""
    return f"10.1.0.{number + 2}"


_labels = st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(_VALUES), max_size=2)
_some = st.lists(st.sampled_from(_VALUES), min_size=1, max_size=2, unique=True)
_expressions = st.one_of(
    st.fixed_dictionaries(
        {"key": st.sampled_from(_KEYS), "operator": st.sampled_from(["In", "NotIn"]), "values": _some}
    ),
    st.fixed_dictionaries({"key": st.sampled_from(_KEYS), "operator": st.sampled_from(["Exists", "DoesNotExist"])}),
)
_selectors = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"matchLabels": _labels}),
    st.fixed_dictionaries({"matchExpressions": st.lists(_expressions, min_size=1, max_size=2)}),
)
_spaces = st.one_of(
    _selectors, st.sampled_from([{"matchLabels": {"kubernetes.io/metadata.name": name}} for name in SPACES])
)
_nets = st.one_of(
    st.sampled_from(["0.0.0.0/0", "10.1.0.0/29", "10.1.0.4/30", "10.1.0.0/24", "172.16.0.0/12"]),
    st.integers(0, len(PODS) - 1).map(lambda number: f"{find_address(number)}/32"),
)
_excepted = st.lists(
    st.one_of(st.just("10.1.0.4/31"), st.integers(0, len(PODS) - 1).map(lambda number: f"{find_address(number)}/32")),
    max_size=2,
)
_blocks = st.fixed_dictionaries({"ipBlock": st.fixed_dictionaries({"cidr": _nets, "except": _excepted})})
_peers = st.one_of(
    st.fixed_dictionaries({"podSelector": _selectors}), st.fixed_dictionaries({"namespaceSelector": _spaces}),
    st.fixed_dictionaries({"podSelector": _selectors, "namespaceSelector": _spaces}), _blocks,
)  # fmt: skip
_protocols = st.sampled_from(["TCP", "UDP", "SCTP"])
_ports = st.one_of(
    st.fixed_dictionaries({}, optional={"protocol": _protocols, "port": st.sampled_from(PORTS)}),
    st.fixed_dictionaries({"port": st.sampled_from(["web", "dns", "call"])}, optional={"protocol": _protocols}),
    st.fixed_dictionaries({"port": st.sampled_from(PORTS), "endPort": st.just(443)}, optional={"protocol": _protocols}),
)


def _rules(peers: str) -> st.SearchStrategy[list[Object]]:
    rule = st.fixed_dictionaries(
        {}, optional={peers: st.lists(_peers, max_size=2), "ports": st.lists(_ports, max_size=3)}
    )
    return st.lists(rule, max_size=2)


@st.composite
def _policies(draw: st.DrawFn, number: int) -> Object:
    spec: Object = {"podSelector": draw(_selectors), "ingress": draw(_rules("from")), "egress": draw(_rules("to"))}
    types = draw(st.sampled_from([None, ["Ingress"], ["Egress"], ["Ingress", "Egress"]]))
    return {
        "kind": "NetworkPolicy", "metadata": {"name": f"p{number}", "namespace": draw(st.sampled_from(SPACES))},
        "spec": spec if types is None else {**spec, "policyTypes": types},
    }  # fmt: skip


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    """One."""
    namespaces = {name: {"kubernetes.io/metadata.name": name, **draw(_labels)} for name in SPACES}
    named = st.lists(st.sampled_from(NAMED), max_size=3, unique_by=lambda each: (each[0], each[1]))
    pods = [PodSpec(name, space, draw(_labels), draw(named)) for space, name in PODS]
    return Cluster(namespaces, pods, [draw(_policies(number)) for number in range(draw(st.integers(0, 5)))])


def list_questions(cluster: Cluster) -> list[Question]:
    """Every pod to every other one, by every protocol and port that is asked."""
    ends = [
        End(find_address(number), pod.namespace, pod.name, pod.labels, pod.ports)
        for number, pod in enumerate(cluster.pods)
    ]
    return [Question(*pair, *asked) for pair in itertools.permutations(ends, 2) for asked in ASKED]
