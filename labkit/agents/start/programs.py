"""The programs that a world is given: a few lines of Python for each command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from labkit.agents import COMMANDS
from labkit.world.places import PACKAGE, PYTHON, SITE

_TEXT: Final = """#!{python} -IS
# {name}: labkit's, standing in for the program of that name
import sys

sys.path.append("{package}/labkit/agents/start")
from client import run

run("{target}", ["{package}", "{site}"])
"""


def render_programs(commands: Mapping[str, str] = COMMANDS) -> dict[str, str]:
    """Name -> text of each, for `World.start`."""
    return {
        name: _TEXT.format(name=name, target=target, python=PYTHON, package=PACKAGE, site=SITE)
        for name, target in commands.items()
    }
