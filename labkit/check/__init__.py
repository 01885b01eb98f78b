"""The engine: what must be true in a lab, verdicts, and the proof that the verdicts can be trusted.

A lab's checks.py uses `check`, `expect` and `View`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.check.live import LiveLab, attach, start
    from labkit.check.plug import Plugged, plug_in_pod
    from labkit.check.proof import Proof
    from labkit.check.proving import prove
    from labkit.check.register import check
    from labkit.check.report import Report
    from labkit.check.verdict import Failed, Status, Verdict, expect
    from labkit.check.view import View
    from labkit.check.witness import Witness

_HOMES = {
    "Failed": "verdict",
    "LiveLab": "live",
    "Plugged": "plug",
    "Proof": "proof",
    "Report": "report",
    "Status": "verdict",
    "Verdict": "verdict",
    "View": "view",
    "Witness": "witness",
    "attach": "live",
    "check": "register",
    "expect": "verdict",
    "plug_in_pod": "plug",
    "prove": "proving",
    "start": "live",
}

__all__ = [
    "Failed",
    "LiveLab",
    "Plugged",
    "Proof",
    "Report",
    "Status",
    "Verdict",
    "View",
    "Witness",
    "attach",
    "check",
    "expect",
    "plug_in_pod",
    "prove",
    "start",
]


def __getattr__(name: str) -> Any:
    """Each name is imported when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module labkit.check has no {name}")
    return getattr(importlib.import_module(f"labkit.check.{_HOMES[name]}"), name)
