"""The words behind `./lab vm`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_USAGE: Final = """./lab vm [--memory MB] [--root] -- COMMAND…
       ./lab vm [--memory MB] up [--port P] [--no-browser]"""


@dataclass(frozen=True)
class Options:
    """`words`: the command, none for `up`. `work`: where the learner's notebooks are."""

    work: Path
    words: tuple[str, ...]
    memory: int | None
    root: bool
    port: int
    browser: bool

    @property
    def up(self) -> bool:
        """Whether JupyterLab is wanted."""
        return not self.words


def parse_options(argv: Sequence[str]) -> Options:
    """The folder of the learner's work, as ./lab gives it, then what was typed. A usage error ends the process with status 2."""
    own, words = _split(list(argv))
    parser = argparse.ArgumentParser(prog="./lab vm", allow_abbrev=False, usage=_USAGE)
    parser.add_argument("work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--memory", type=int, metavar="MB", help="of the VM; 2048 to 4096 by what this machine has")
    parser.add_argument("--root", action="store_true", help="run the command as the VM's root")
    parser.add_argument("up", nargs="?", choices=["up"], help="the course in JupyterLab, from inside the VM")
    parser.add_argument("--port", type=int, default=8888, help="when it is taken: the next one")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    given = parser.parse_args(own)
    if bool(words) == bool(given.up):
        parser.error("either `up` or `-- COMMAND…`")
    if not 0 < given.port < 1 << 16:
        parser.error(f"--port {given.port}: 1 to 65535")
    if given.up and given.root:
        parser.error("--root goes with `-- COMMAND…`")
    return Options(given.work, words, given.memory, given.root, given.port, not given.no_browser)


def _split(argv: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """What is ours, and what stands behind `--`."""
    if "--" not in argv:
        return argv, ()
    place = argv.index("--")
    return argv[:place], tuple(argv[place + 1 :])
