"""A room's face: its `__init__` lists each public name once, and loads it when it is first used.

    if TYPE_CHECKING or lazy(__name__, __file__):
        from labkit.world.client import World as World

Type checkers read the imports; at run time `lazy` reads the same lines as a table and answers False. So importing labkit takes no
time, and PID 1 and the programs inside a world do not carry the client along.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


def lazy(package: str, file: str) -> bool:
    """Give a package `__all__` and a `__getattr__` made from the indented imports of its file. Always False."""
    with open(file, encoding="utf-8") as source:  # noqa: PTH123 - PID 1 starts in a third of the time without pathlib
        words = [line.split() for line in source if line.startswith("    from ")]
    homes = {line[-1]: line[1] for line in words}
    names = sys.modules[package].__dict__

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package} has no {name}")
        names[name] = getattr(importlib.import_module(homes[name]), name)
        return names[name]

    names |= {"__getattr__": find, "__all__": sorted(homes)}
    return False
