"""The door for Python: `lab = labkit.start("03-bridge")`, `lab.machine("worker1").run("ip route")`, `lab.check()`."""

from __future__ import annotations

from typing import Self

from labkit import check
from labkit.check.live import Hint
from labkit.check.report import Report
from labkit.lab.lab import Breaking, Lab
from labkit.lab.runner import Outcome
from labkit.lab.script import Fault, Script
from labkit.lab.session import attach_lab, start_lab


class LiveLab(Lab):
    """A running lab with the words that look at it."""

    @classmethod
    def of(cls, lab: Lab) -> Self:
        """The same lab."""
        return cls(lab.definition, lab.world, hidden=lab.hidden)

    def check(self, only: str | None = None) -> Report:
        """Look at the network now: all checks, or one with those it depends on."""
        return check.run(self, only, follow=True)

    def hint(self, name: str | None = None) -> Hint:
        """The next hint for a check; without a name for the first that is red."""
        return check.hint(self, name)

    def apply(self, script: Script, fault: Fault | None = None, *, break_: Breaking | None = None) -> Outcome:
        """Run a script on the network as it stands; what it breaks is seen to be broken."""
        return super().apply(script, fault, break_=break_ or check.break_for_script)

    def break_(self, fault: str | None = None) -> str:
        """Break one thing in a network that is right; says how it shows."""
        return check.break_(self, fault)


def start(lab: str, *, student: str | None = None, fabric: str | None = None, resume: bool = False) -> LiveLab:
    """Start a lab, or attach when it runs. `fabric`: netlink (when nothing is said) or mininet; `resume`: replay the journal."""
    return LiveLab.of(start_lab(lab, student=student, fabric=fabric, resume=resume))


def attach(lab: str | None = None) -> LiveLab:
    """The running lab of this name, or the only one. UsageError when it does not run."""
    return LiveLab.of(attach_lab(lab))
