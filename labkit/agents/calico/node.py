"""The command `calico-node`, one of whose words says which of a node's programs it is (projectcalico/node cmd/calico-node, release-v3.20)."""

from __future__ import annotations

import argparse
from typing import Final

from labkit.agents.calico.confd_agent import CONFD
from labkit.agents.calico.felix.agent import FELIX
from labkit.agents.calico.following import run_agent
from labkit.agents.calico.probes import run_probes
from labkit.agents.calico.services import run_services
from labkit.agents.calico.startup import run_startup

_PROBES: Final = {
    "bird-ready": "0 when BIRD's sessions are up, the reason when they are not",
    "felix-ready": "0 when the kernel is as Calico's objects want it",
    "felix-live": "0 when Felix goes on looking",
    "bird-live": "0 when BIRD and confd run",
}


def main() -> int:
    """An agent serves until it is ended; probes are asked, and the exit status is the answer."""
    parser = argparse.ArgumentParser(
        prog="calico-node",
        description="labkit's stand-in for the programs of Calico's pod on each node. Runs until it is ended; what it set up stays.",
        epilog="BIRD is a program of its own: daemon start bird conf=/etc/calico/confd/config/bird.cfg",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "-felix",
        dest="agent",
        action="store_const",
        const=FELIX,
        help="routes, tunnels, settings of the kernel, NAT, policy",
    )
    which.add_argument("-confd", dest="agent", action="store_const", const=CONFD, help="BIRD's files")
    which.add_argument("-startup", action="store_true", help="what the others need to know, into the datastore; ends")
    which.add_argument("-services", action="store_true", help="all that the container calico-node has to run")
    for probe, about in _PROBES.items():
        parser.add_argument(f"-{probe}", action="store_true", help=about)
    said = parser.parse_args()
    if said.agent:
        return run_agent(said.agent)
    if said.startup or said.services:
        return run_startup() if said.startup else run_services()
    asked = {
        "bird": said.bird_ready, "felix": said.felix_ready, "live": said.felix_live, "bird_live": said.bird_live,
    }  # fmt: skip
    if not any(asked.values()):
        parser.error(
            f"one of -felix, -confd, -startup, -services, {', '.join(f'-{probe}' for probe in _PROBES)} is needed"
        )
    return run_probes(**asked)
