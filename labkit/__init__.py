"""labkit teaches Kubernetes pod networking: you build it by hand, out of a real Linux kernel."""

from __future__ import annotations

import importlib
from typing import Any

# Public names and their homes. They are imported when they are first used: importing labkit has no side effect and takes no time.
_HOMES = {
    "CannotTell": "errors",
    "Failed": "check",
    "LabkitError": "errors",
    "LiveLab": "check",
    "UsageError": "errors",
    "View": "check",
    "WorldError": "errors",
    "attach": "check",
    "count_routes": "fabric.growth",
    "expect": "check",
    "list_labs": "lab.course",
    "list_running": "lab.listing",
    "load_ipython_extension": "notebook",
    "prove": "check",
    "start": "check",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - a list of texts


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module labkit has no {name}")
    return getattr(importlib.import_module(f"labkit.{_HOMES[name]}"), name)
