"""The oracle says what Kubernetes' documentation and end-to-end suite say; Felix's model of the same policies allows the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from labkit.agents.calico.policy.oracle import Answer, End, Question, ask
from tests.agents.calico.cases import ADDRESSES, DOCUMENTED, SUITE, Case

PROTOCOLS = ("TCP", "UDP", "SCTP")
PORTS = tuple((f"serve-{port}-{protocol.lower()}", protocol, port) for protocol in PROTOCOLS for port in (80, 81))
NAMESPACES = {space: {"ns": space, "kubernetes.io/metadata.name": space} for space in ("x", "y", "z")}


def find_end(name: str, case: Case) -> End:
    space, _, pod = name.partition("/")
    return End(ADDRESSES[name], space, pod, {"pod": pod, **case.labels.get(name, {})}, PORTS, "node1")


def list_asked(case: Case) -> Iterator[tuple[str, str, Question]]:
    for source, destination in itertools.permutations(ADDRESSES, 2):
        for _, protocol, port in PORTS:
            yield source, destination, Question(find_end(source, case), find_end(destination, case), protocol, port)


def answer(case: Case, question: Question) -> Answer:
    namespaces = {space: {**labels, **case.labels.get(space, {})} for space, labels in NAMESPACES.items()}
    return ask(question, case.policies, namespaces)


@pytest.mark.parametrize("case", [*DOCUMENTED, *SUITE], ids=lambda case: case.name)
def test_what_policies_mean(case: Case) -> None:
    wrong = []
    for source, destination, question in list_asked(case):
        asked, allowed = f"{question.protocol} {question.port}", True
        for who, whom, what, verdict in case.expected:
            if fnmatchcase(source, who) and fnmatchcase(destination, whom) and fnmatchcase(asked, what):
                allowed = verdict
        said = answer(case, question)
        wrong += [f"{source} to {destination} {asked}: {said.why}"] if said.allowed is not allowed else []
    assert not wrong


def test_it_says_which_policy_and_rule() -> None:
    [case] = [each for each in DOCUMENTED if each.name == "two elements: either"]
    allowed = answer(case, Question(find_end("y/a", case), find_end("x/a", case)))
    assert (allowed.policies, allowed.direction, allowed.rule) == (("x/or",), "ingress", 1)
    refused = answer(case, Question(find_end("z/a", case), find_end("x/a", case)))
    assert refused.why == "x/a is isolated for ingress, and no rule of x/or fits"


def test_a_node_reaches_its_own_pods_and_a_pod_itself() -> None:
    [case] = [each for each in DOCUMENTED if each.name == "default deny all"]
    pod = find_end("x/a", case)
    assert answer(case, Question(pod, pod)).allowed
    assert answer(case, Question(End("192.168.0.1", node="node1"), pod)).allowed
    assert not answer(case, Question(End("192.168.0.2", node="node2"), pod)).allowed
    assert not answer(case, Question(pod, End("192.168.0.1", node="node1"))).allowed
    assert answer(case, Question(End("1.1.1.1"), End("2.2.2.2"))).allowed
