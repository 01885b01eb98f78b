"""The command `calico-node`, one of whose words says which of a node's programs it is (projectcalico/node cmd/calico-node, release-v3.20)."""

from __future__ import annotations

import argparse

from labkit.agents.calico.confd_agent import CONFD
from labkit.agents.calico.felix.agent import FELIX
from labkit.agents.calico.following import run_agent


def main() -> int:
    """Serve until it is ended."""
    parser = argparse.ArgumentParser(
        prog="calico-node",
        description="labkit's stand-in for the programs of Calico's pod on each node. Runs until it is ended; what it set up stays.",
        epilog="BIRD is a program of its own: daemon start bird conf=/etc/calico/confd/config/bird.cfg",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "-felix", dest="agent", action="store_const", const=FELIX, help="routes, tunnels, settings of the kernel, NAT"
    )
    which.add_argument("-confd", dest="agent", action="store_const", const=CONFD, help="BIRD's files")
    return run_agent(parser.parse_args().agent)
