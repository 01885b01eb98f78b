"""What a proof came to: the JSON of `labkit prove`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Start:
    """The untouched lab: `passed` has to be empty."""

    failed: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Right:
    """A right solution; `failed` are the checks that did not pass."""

    name: str
    passed: bool
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wrong:
    """A wrong solution has to fail exactly what it names."""

    name: str
    must_fail: tuple[str, ...]
    failed: tuple[str, ...]
    ok: bool


@dataclass(frozen=True)
class Broken:
    """A fault breaks a core check, and the reference repairs it."""

    name: str
    breaks: tuple[str, ...]
    ok: bool


@dataclass(frozen=True)
class Mutant:
    """The reference without one object of the kernel's; `failed` are the checks that caught it."""

    label: str
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proof:
    """All of it. `errors`: what is wrong besides, a line each; `untold`: jobs in which something could not be told."""

    lab: str
    start: Start
    right: tuple[Right, ...] = ()
    wrong: tuple[Wrong, ...] = ()
    faults: tuple[Broken, ...] = ()
    mutants: tuple[Mutant, ...] = ()
    equivalent: dict[str, str] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def survived(self) -> list[str]:
        """Mutants that no check caught and nobody explained."""
        return [mutant.label for mutant in self.mutants if not mutant.failed and mutant.label not in self.equivalent]

    @property
    def killed(self) -> int:
        """Of those that are not explained."""
        return sum(bool(mutant.failed) and mutant.label not in self.equivalent for mutant in self.mutants)

    @property
    def ok(self) -> bool:
        green = all(each.passed for each in self.right)
        red = all(each.ok for each in self.wrong) and all(each.ok for each in self.faults)
        return green and red and not (self.start.passed or self.survived or self.errors or self.untold)

    @property
    def exit_status(self) -> int:
        """0 proven, 1 not, 3 something could not be told."""
        if self.untold:
            return 3
        return 0 if self.ok else 1

    def to_data(self) -> dict[str, Any]:
        """As `labkit prove --json` shows it; `errors` and `untold` are there only when there are any."""
        more = {"errors": list(self.errors), "untold": list(self.untold)}
        return {
            "lab": self.lab,
            "start": {"failed": list(self.start.failed), "passed": list(self.start.passed)},
            "right": [{"name": each.name, "passed": each.passed} for each in self.right],
            "wrong": [
                asdict(each) | {"must_fail": list(each.must_fail), "failed": list(each.failed)} for each in self.wrong
            ],
            "faults": [asdict(each) | {"breaks": list(each.breaks)} for each in self.faults],
            "mutants": {
                "total": len(self.mutants),
                "killed": self.killed,
                "equivalent": [{"mutant": label, "reason": reason} for label, reason in self.equivalent.items()],
                "survived": self.survived,
            },
            "version": 1,
        } | {key: value for key, value in more.items() if value}


def render_score(proof: Proof) -> str:
    """One cell of the table of labs."""
    parts = [
        f"{sum(each.passed for each in proof.right)}/{len(proof.right)} right",
        f"{sum(each.ok for each in proof.wrong)}/{len(proof.wrong)} wrong",
        f"{sum(each.ok for each in proof.faults)}/{len(proof.faults)} faults",
        f"{proof.killed}/{len(proof.mutants) - len(proof.equivalent)} mutants",
    ]
    if proof.equivalent:
        parts[-1] += f" (+{len(proof.equivalent)} explained)"
    return ("proven: " if proof.ok else "**not proven**: ") + ", ".join(parts)
