"""The parts that Felix keeps, in their order, and one round: each is planned, read, and put right where the two differ.

A new part is one line more in PARTS: it needs a plan, a reading, lines, and who carries them out. Who may talk to whom comes first: a pod
has no route until that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from labkit.agents.calico.felix import devices, firewall, ipsets, neighbours, routes, sysctls, tables
from labkit.agents.calico.felix.difference import Difference, State, plan_difference
from labkit.agents.calico.felix.site import Site
from labkit.agents.kit.kernel import force_batch

_ROUNDS: Final = 4  # what is made anew has lost what belonged to it, and the last one finds nothing
_SAID: Final = 60  # lines of one change: nobody reads a thousand


@dataclass(frozen=True)
class Part:
    """`plan` and `render` are pure; `read` looks; `carry_out` changes the kernel and gives lines of what was refused.

    `quick`: whether to write before looking, by what was seen at last.
    """

    name: str
    plan: Callable[[Site], State]
    read: Callable[[Site], State]
    render: Callable[[Site, Difference], list[str]]
    carry_out: Callable[[list[str]], list[str]]
    quick: bool = False


def _run_lines(lines: list[str]) -> list[str]:
    """`bridge` has the lines that begin with fdb, `ip` the others."""
    forwarding = [line for line in lines if line.startswith("fdb ")]
    others = [line for line in lines if not line.startswith("fdb ")]
    return force_batch(others) + force_batch(forwarding, program="bridge")


PARTS: Final = (
    Part("ipset", firewall.plan_sets, firewall.read_sets, firewall.render_sets, ipsets.carry_out, quick=True),
    Part("iptables", firewall.plan_chains, firewall.read_chains, firewall.render_chains, tables.carry_out, quick=True),
    Part("ipset", firewall.plan_sets, firewall.read_sets, firewall.render_gone_sets, ipsets.carry_out),
    Part("device", devices.plan, devices.read, devices.render, _run_lines),
    Part("neighbour", neighbours.plan, neighbours.read, neighbours.render, _run_lines),
    Part("route", routes.plan, routes.read, routes.render, _run_lines),
    Part("sysctl", sysctls.plan, sysctls.read, sysctls.render, sysctls.carry_out),
)  # fmt: skip


class Repairs:
    """One node's, round by round; every change and every refusal is a line of the log."""

    def __init__(self, parts: Sequence[Part] = PARTS) -> None:
        self._parts = parts
        self._seen: dict[int, State] = {}

    def guess(self, site: Site, say: Callable[[str], None]) -> None:
        """Reading takes longer than writing, so what was seen at last is believed. Where that was wrong, the next repair puts it right."""
        for number, part in enumerate(self._parts):
            if part.quick and number in self._seen:
                self._write(number, site, plan_difference(part.plan(site), self._seen[number]), say)

    def repair(self, find_site: Callable[[], Site], say: Callable[[str], None]) -> bool:
        """Until the kernel is as it should be, which is seen when nothing differs, at most four rounds; whether it is. Raises KernelError.

        `find_site` is asked before each part: what has changed meanwhile need not wait.
        """
        return any(not self._repair_once(find_site, say) for _ in range(_ROUNDS))

    def _repair_once(self, find_site: Callable[[], Site], say: Callable[[str], None]) -> bool:
        """Whether anything differed."""
        differed = False
        for number, part in enumerate(self._parts):
            site = find_site()
            self._seen[number] = part.read(site)
            difference = plan_difference(part.plan(site), self._seen[number])
            differed = differed or bool(difference)
            self._write(number, site, difference, say)
        return differed

    def _write(self, number: int, site: Site, difference: Difference, say: Callable[[str], None]) -> None:
        """What was written is believed; of what was refused nobody knows how it is now."""
        part = self._parts[number]
        if difference and _carry_out(site, part, difference, say):
            del self._seen[number]
        else:
            self._seen[number] = part.plan(site)


def _carry_out(site: Site, part: Part, difference: Difference, say: Callable[[str], None]) -> list[str]:
    """What was refused."""
    lines = part.render(site, difference)
    _say_all(say, part.name, lines)
    refused = part.carry_out(lines) if lines else []
    _say_all(say, "refused", refused)
    return refused


def _say_all(say: Callable[[str], None], name: str, lines: Sequence[str]) -> None:
    for line in lines[:_SAID]:
        say(f"{name}: {line}")
    if len(lines) > _SAID:
        say(f"{name}: … and {len(lines) - _SAID} lines more")
