import pytest

from labkit.errors import UsageError
from labkit.fabric.growth import count_routes, plan_growth


def test_mesh_has_a_route_for_each_pair_of_nodes() -> None:
    topology = plan_growth(5, "mesh")
    assert sum(len(machine.routes) for machine in topology.machines) == 5 * 4


def test_router_alone_knows_every_prefix() -> None:
    machines = {machine.name: machine for machine in plan_growth(5, "router").machines}
    assert len(machines["router1"].routes) == 5
    assert [len(machines[f"node{each}"].routes) for each in range(1, 6)] == [1] * 5


@pytest.mark.parametrize(("nodes", "design"), [(0, "mesh"), (201, "mesh"), (3, "star")])
def test_what_cannot_be_built_is_refused(nodes: int, design: str) -> None:
    with pytest.raises(UsageError):
        plan_growth(nodes, design)


@pytest.mark.world
def test_the_kernel_has_as_many_as_planned() -> None:
    assert count_routes(4, design="mesh") == 12
    assert count_routes(4, design="router") == 8
