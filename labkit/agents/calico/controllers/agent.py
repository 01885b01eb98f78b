"""The program `kube-controllers`: it looks again when nodes or addresses change, and every few minutes."""

from __future__ import annotations

import argparse
import os
from typing import Final

from labkit.agents.calico.controllers.health import write_status
from labkit.agents.calico.controllers.nodes import KINDS, free_gone_nodes, list_gone_nodes
from labkit.agents.calico.following import Agent, run_agent
from labkit.agents.calico.mirrored import find_live
from labkit.agents.calico.objects import CLUSTER
from labkit.agents.calico.startup import ensure_information
from labkit.agents.calico.store import Store

_REFRESH: Final = 300.0  # seconds
_KNOWN: Final = "node"
_KIND: Final = "k8s"  # what these add to the cluster's type
_TROUBLE: Final = "Error verifying datastore: it does not answer; the log has its words"


def look(store: Store) -> bool:
    """Raises LabkitError. What is followed may be a moment old, and a node that has just come is not gone: what is freed is asked for again."""
    live = find_live(store)
    if not any(_KIND in each["spec"].get("clusterType", "").split(",") for each in store.list(CLUSTER)):
        ensure_information(live, [_KIND])
    for line in free_gone_nodes(live) if list_gone_nodes(store) else ():
        AGENT.say(line)
    return True


def _begin() -> None:
    AGENT.say("this course's stand-in for Calico's: the node controller")
    for each in os.environ.get("ENABLED_CONTROLLERS", _KNOWN).split(","):
        if each.strip() != _KNOWN:
            AGENT.say(f"ENABLED_CONTROLLERS: {each.strip()} is not modelled; {_KNOWN} is")


AGENT: Final = Agent(
    "kube-controllers",
    look,
    _REFRESH,
    (CLUSTER, *KINDS),
    begin=_begin,
    report=lambda right: write_status("" if right else _TROUBLE),
)


def main() -> int:
    """Serve until it is ended."""
    argparse.ArgumentParser(
        prog="kube-controllers",
        description="labkit's stand-in for calico/kube-controllers: a deleted node's blocks and addresses come free.",
        epilog="ENABLED_CONTROLLERS: node.",
    ).parse_args()
    return run_agent(AGENT)
