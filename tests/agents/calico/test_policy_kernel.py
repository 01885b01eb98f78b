"""Random clusters: what the oracle says, and what the kernel does with the chains that Felix made. `--clusters 300 --seed 7` for more of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from labkit.agents.calico.policy.oracle import Question, ask
from tests.agents.calico.clusters import PODS, Cluster, clusters, find_address, list_questions
from tests.agents.calico.policed import PolicedNode, render_namespace, start_policed
from tests.agents.calico.shots import Range, Shot, start_range

FRESH = itertools.count(1024)


@pytest.fixture(scope="module")
def node() -> Iterator[PolicedNode]:
    with start_policed("policy-kernel", PODS) as node:
        yield node


@pytest.fixture(scope="module")
def range_(node: PolicedNode) -> Iterator[Range]:
    machines = {find_address(number): node.world.machine(f"{space}-{pod}") for number, (space, pod) in enumerate(PODS)}
    with start_range(machines) as opened:
        yield opened


def write(node: PolicedNode, cluster: Cluster) -> None:
    node.write({
        "namespaces": [render_namespace(name, labels) for name, labels in cluster.namespaces.items()],
        **node.set_pods(cluster.pods), "networkpolicies.networking.k8s.io": cluster.policies,
    })  # fmt: skip


def compare(range_: Range, cluster: Cluster) -> list[str]:
    """Where the oracle and the kernel differ."""
    mark = next(FRESH)
    asked: dict[Shot, Question] = {
        Shot(each.source.address, each.destination.address, each.protocol, each.port, mark): each
        for each in list_questions(cluster)
    }
    answers = {shot: ask(question, cluster.policies, cluster.namespaces) for shot, question in asked.items()}
    expected = frozenset(shot for shot, answer in answers.items() if answer.allowed)
    arrived = range_.shoot(asked, expected)
    return [
        f"{asked[shot].source} to {asked[shot].destination} {shot.protocol} {shot.port}: "
        f"{'arrived' if shot in arrived else 'did not arrive'}, but {answers[shot].why}"
        for shot in sorted(arrived ^ expected, key=str)
    ]


@pytest.mark.world
def test_the_kernel_answers_as_the_oracle_does(
    request: pytest.FixtureRequest, node: PolicedNode, range_: Range
) -> None:
    @seeded(request.config.getoption("seed"))
    @settings(
        max_examples=request.config.getoption("clusters"),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(clusters())
    def look(cluster: Cluster) -> None:
        write(node, cluster)
        assert not compare(range_, cluster)

    look()
