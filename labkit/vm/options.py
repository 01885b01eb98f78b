"""The words behind `./lab vm`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """`words`: the command. `memory` in MB."""

    words: tuple[str, ...]
    memory: int | None = None
    root: bool = False


def parse_options(argv: Sequence[str]) -> Options:
    """What was typed. A usage error ends the process with status 2."""
    place = list(argv).index("--") if "--" in argv else len(argv)
    usage = "./lab vm [--memory MB] [--root] -- COMMAND…"
    parser = argparse.ArgumentParser(prog="./lab vm", allow_abbrev=False, usage=usage)
    parser.add_argument("--memory", type=int, metavar="MB", help="of the VM; 2048 to 4096 by what this machine has")
    parser.add_argument("--root", action="store_true", help="run the command as the VM's root")
    given = parser.parse_args(argv[:place])
    words = tuple(argv[place + 1 :])
    if not words:
        parser.error("which command? It stands behind `--`")
    return Options(words, given.memory, given.root)
