"""Everything the doctor found, as JSON and as text; what a lab misses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Protocol

from labkit.doctor.capability import Finding, list_capabilities, try_capabilities
from labkit.doctor.cluster import list_cluster_programs
from labkit.doctor.limits import Limit, list_limits, list_world_limits
from labkit.doctor.programs import Program, find_missing_program, list_packages, list_programs
from labkit.errors import UsageError


class Needs(Protocol):
    """What a lab's lab.toml says under [needs]."""

    @property
    def kernel(self) -> Sequence[str]: ...
    @property
    def programs(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Report:
    """What this machine can do."""

    capabilities: tuple[Finding, ...]
    programs: tuple[Program, ...]
    limits: tuple[Limit, ...]

    def to_data(self) -> dict[str, Any]:
        """As `labkit doctor --json` prints it."""
        return {
            "capabilities": [asdict(each) for each in self.capabilities],
            "programs": [asdict(each) for each in self.programs],
            "limits": [asdict(each) for each in self.limits],
            "version": 1,
        }


def examine() -> Report:
    """Try every feature, look for every program a learner needs, read the limits. About a second."""
    packages = [package for package in list_packages() if package.group == "up"]
    programs = (*list_programs(packages), *list_cluster_programs())
    return Report(_try_all(), programs, (*list_limits(), *list_world_limits()))


@cache
def _try_all() -> tuple[Finding, ...]:
    return tuple(try_capabilities(list_capabilities()))


def missing_for(needs: Needs) -> list[dict[str, str]]:
    """What a lab needs and this machine lacks: [{"what", "remedy"}]. Features are tried once a process."""
    found = {finding.name: finding for finding in _try_all()}
    unknown = [name for name in needs.kernel if name not in found]
    if unknown:
        raise UsageError(
            f"needs.kernel: the doctor does not know {', '.join(unknown)}", hint=f"known: {', '.join(found)}"
        )
    first, *_ = found.values()
    wanted = [first, *(found[name] for name in needs.kernel)]
    missing = {each.name: each.remedy for each in wanted if not each.ok}
    missing |= {name: remedy for name in needs.programs if (remedy := find_missing_program(name)) is not None}
    return [{"what": what, "remedy": remedy} for what, remedy in missing.items()]


def render_report(report: Report) -> str:
    """The report as text: a mark and a word for each line, the remedy below what is missing."""
    lines = ["The kernel"]
    for finding in report.capabilities:
        lines += _render_row(finding.name, finding.detail, finding.ok, finding.remedy)
    lines += ["", "Programs"]
    for program in report.programs:
        lines += _render_row(program.name, f"{program.version:12} {program.path}", bool(program.path), program.remedy)
    lines += ["", "Limits"]
    lines += [f"       {limit.name:34} {limit.value:>10}   {limit.enough_for}" for limit in report.limits]
    return "\n".join(line.rstrip() for line in lines)


def _render_row(name: str, detail: str, ok: bool, remedy: str) -> list[str]:  # noqa: FBT001 - a column of the table
    row = f"  {'✓ has ' if ok else '✗ lacks'} {name:16} {detail}"
    return [row] if not remedy else [row, f"           {' ' * 15}-> {remedy}"]
