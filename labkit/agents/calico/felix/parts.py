"""The parts that Felix keeps, in their order, and one round: each is planned, read, and put right where the two differ.

A new part, such as policy's chains, is one line more in PARTS: it needs a plan, a reading, lines, and who carries them out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from labkit.agents.calico.felix import devices, masquerade, neighbours, routes, sysctls
from labkit.agents.calico.felix.difference import Difference, State, plan_difference
from labkit.agents.calico.felix.site import Site
from labkit.agents.kit.kernel import force_batch

_ROUNDS: Final = 3  # what is made anew has lost what belonged to it


@dataclass(frozen=True)
class Part:
    """`plan` and `render` are pure; `read` looks; `carry_out` changes the kernel and gives lines of what was refused."""

    name: str
    plan: Callable[[Site], State]
    read: Callable[[Site], State]
    render: Callable[[Site, Difference], list[str]]
    carry_out: Callable[[list[str]], list[str]]


def _run_lines(lines: list[str]) -> list[str]:
    """`bridge` has the lines that begin with fdb, `ip` the others."""
    forwarding = [line for line in lines if line.startswith("fdb ")]
    others = [line for line in lines if not line.startswith("fdb ")]
    return force_batch(others) + force_batch(forwarding, program="bridge")


PARTS: Final = (
    Part("device", devices.plan, devices.read, devices.render, _run_lines),
    Part("neighbour", neighbours.plan, neighbours.read, neighbours.render, _run_lines),
    Part("route", routes.plan, routes.read, routes.render, _run_lines),
    Part("sysctl", sysctls.plan, sysctls.read, sysctls.render, sysctls.carry_out),
    Part("ipset", masquerade.plan_sets, masquerade.read_sets, masquerade.render_sets, masquerade.carry_out_sets),
    Part("iptables", masquerade.plan_chains, masquerade.read_chains, masquerade.render_chains, masquerade.carry_out_chains),
)  # fmt: skip


def repair(site: Site, say: Callable[[str], None], parts: Sequence[Part] = PARTS) -> bool:
    """Until the kernel is as it should be, at most three rounds; whether it is. Every change is said, and every refusal. Raises KernelError."""
    refused = [line for _ in range(_ROUNDS) for line in _repair_once(site, say, parts)]
    return not refused and not any(_compare(site, part) for part in parts)


def _repair_once(site: Site, say: Callable[[str], None], parts: Sequence[Part]) -> list[str]:
    refused = []
    for part in parts:
        difference = _compare(site, part)
        lines = part.render(site, difference) if difference else []
        for line in lines:
            say(f"{part.name}: {line}")
        refused += part.carry_out(lines) if lines else []
    for line in refused:
        say(f"refused: {line}")
    return refused


def _compare(site: Site, part: Part) -> Difference:
    return plan_difference(part.plan(site), part.read(site))
