"""`labkit mn`: Mininet's own CLI, on a lab that Mininet built."""

from __future__ import annotations

import argparse

from labkit.cli.joint import run_terminal
from labkit.cli.running import find_world
from labkit.fabric import start_cli


def run_mn(options: argparse.Namespace) -> int:
    """Join this terminal to it; its exit status."""
    with find_world(options.lab) as world:
        process = start_cli(world)
        try:
            return run_terminal(process)
        finally:
            process.close()
