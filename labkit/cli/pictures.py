"""`labkit topology`, `matrix`, `journey`: the live network, asked and shown."""

from __future__ import annotations

import argparse
from pathlib import Path

from labkit.check import LiveLab
from labkit.check import attach as attach_lab
from labkit.cli.printing import print_json
from labkit.cli.running import find_running
from labkit.errors import UsageError


def attach(options: argparse.Namespace) -> LiveLab:
    """The running lab that the command is about."""
    return attach_lab(find_running(options.lab))


def run_topology(options: argparse.Namespace) -> int:
    """What there is now."""
    from labkit.show.live import plan_live, render_live, render_live_file

    live = attach(options).read_network()
    if options.svg:
        write_file(Path(options.svg), render_live_file(live).encode())
    if options.json:
        print_json(plan_live(live))
    elif not options.svg:
        print(render_live(live))
    return 0


def run_matrix(options: argparse.Namespace) -> int:
    """Who reaches whom now."""
    from labkit.show.matrix import render_matrix

    matrix = attach(options).read_matrix()
    if options.json:
        print_json(matrix.to_json())
    else:
        print(render_matrix(matrix))
    return 0


def write_file(path: Path, data: bytes) -> None:
    """Write a file that was asked for. Raises UsageError when that is not possible."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}", hint="another folder") from error
