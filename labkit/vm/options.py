"""The words behind `./lab vm`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PORT = 8888


@dataclass(frozen=True)
class Options:
    """`words`: the command; none: JupyterLab is served at `port`, on the notebooks in `work`. `memory` in MB."""

    words: tuple[str, ...]
    memory: int | None = None
    root: bool = False
    port: int = PORT
    work: Path = Path()


def parse_options(argv: Sequence[str]) -> Options:
    """What was typed. A usage error ends the process with status 2."""
    place = list(argv).index("--") if "--" in argv else len(argv)
    usage = "./lab vm [--memory MB] [--root] -- COMMAND…, or ./lab vm up [--memory MB] [--port P]"
    parser = argparse.ArgumentParser(prog="./lab vm", allow_abbrev=False, usage=usage)
    parser.add_argument("up", nargs="?", choices=["up"], help="open the course in JupyterLab, from inside the VM")
    parser.add_argument("--memory", type=int, metavar="MB", help="of the VM; 2048 to 4096 by what this machine has")
    parser.add_argument("--root", action="store_true", help="run the command as the VM's root")
    parser.add_argument(
        "--port", type=int, metavar="P", help=f"of JupyterLab; {PORT}, and when it is taken the next one"
    )
    parser.add_argument("--work", type=Path, default=Path(), help=argparse.SUPPRESS)
    given = parser.parse_args(argv[:place])
    words = tuple(argv[place + 1 :])
    if not words and not given.up:
        parser.error("which command? It stands behind `--`")
    if given.up and (words or given.root):
        parser.error("up: runs no other command, and as nobody else")
    if given.port is not None and not (given.up and 0 < given.port < 2**16):
        parser.error("--port: 1 to 65535, and only with `up`")
    return Options(words, given.memory, given.root, given.port or PORT, given.work)
