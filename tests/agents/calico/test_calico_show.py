"""calicoctl's tables of addresses, as the source document shows them."""

from __future__ import annotations

from typing import Any

from labkit.agents.calico.block import assign_next, plan_block
from labkit.agents.calico.show import render_address, render_borrowed, render_usage

POOL = "10.233.64.0/18"


def fill(cidr: str, owner: str, *pods: tuple[str, str]) -> dict[str, Any]:
    """A block with an address for each (node, pod)."""
    block = plan_block(cidr, owner)
    for node, pod in pods:
        assigned = assign_next(block, f"cni0.{pod}", {"node": node, "pod": pod, "namespace": "default"})
        assert assigned is not None
        block = assigned[0]
    return block


def test_show_blocks_as_the_source_has_it() -> None:
    """Its very numbers: 25 of 16384 in use, in five blocks."""
    used = {"106": 9, "113": 2, "77": 2, "88": 3, "99": 9}
    blocks = [
        fill(f"10.233.{octet}.0/24", "node", *(("node", str(pod)) for pod in range(count)))
        for octet, count in reversed(used.items())
    ]
    assert render_usage([POOL], blocks, with_blocks=True).splitlines() == [
        "+----------+-----------------+-----------+------------+--------------+",
        "| GROUPING |      CIDR       | IPS TOTAL | IPS IN USE |   IPS FREE   |",
        "+----------+-----------------+-----------+------------+--------------+",
        "| IP Pool  | 10.233.64.0/18  |     16384 | 25 (0%)    | 16359 (100%) |",
        "| Block    | 10.233.106.0/24 |       256 | 9 (4%)     | 247 (96%)    |",
        "| Block    | 10.233.113.0/24 |       256 | 2 (1%)     | 254 (99%)    |",
        "| Block    | 10.233.77.0/24  |       256 | 2 (1%)     | 254 (99%)    |",
        "| Block    | 10.233.88.0/24  |       256 | 3 (1%)     | 253 (99%)    |",
        "| Block    | 10.233.99.0/24  |       256 | 9 (4%)     | 247 (96%)    |",
        "+----------+-----------------+-----------+------------+--------------+",
    ]


def test_without_blocks_pools_only_and_large_numbers_as_go_prints_them() -> None:
    assert "| IP Pool  | 10.0.0.0/15 | 1.3107e+05 | 0 (0%)" in render_usage(["10.0.0.0/15"], [], with_blocks=False)


def test_who_has_an_address() -> None:
    block = fill("10.233.99.0/24", "worker01", ("worker01", "web"))
    assert render_address("10.233.99.0", [block]) == (
        "IP 10.233.99.0 is in use\nAttributes:\n  namespace: default\n  node: worker01\n  pod: web\n"
    )
    assert render_address("10.233.99.1", [block]) == "10.233.99.1 is not assigned\n"
    assert render_address("10.9.9.9", [block]) == "10.9.9.9 is not assigned\n"


def test_what_is_borrowed() -> None:
    block = fill("10.233.99.0/24", "worker01", ("worker01", "web"), ("worker02", "api"))
    assert "| 10.233.99.1 | worker02       | 10.233.99.0/24 | worker01    | pod  | default/api  |" in render_borrowed(
        [block]
    )
