"""Where things are inside a world; both halves know it."""

from __future__ import annotations

from typing import Final

OLD: Final = "/.old"  # the host's root, until the tree is finished
MACHINE: Final = "/.machine"
WORK: Final = "/.labkit/work"
PACKAGE: Final = "/.labkit/package"
SITE: Final = "/.labkit/site"
COMMANDS: Final = "/.labkit/bin"
PROGRAMS: Final = "/.labkit/programs"  # a folder of the host's, where a world was given one
PYTHON: Final = "/.labkit/python"
SHARED: Final = "/.labkit/run"  # one for all machines, writable
# the hidden machine whose bridges are the switches; a learner's pod can have no name that begins with a dot
FABRIC: Final = ".fabric"
OWN_TOP: Final = ("run", "tmp", "root")  # folders of the root that each machine has for itself
