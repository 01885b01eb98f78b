"""flanneld: flannel's agent of this node. Runs until it is ended; what it set up in the kernel stays."""

from __future__ import annotations

import argparse

from labkit.cni.flannel.agent import run_agent


def main() -> int:
    """Options as flannel's."""
    parser = argparse.ArgumentParser(
        prog="flanneld",
        description=__doc__,
        epilog="Reads /etc/kube-flannel/net-conf.json, and the nodes from /etc/kube-flannel/nodes.json (there is no API server).",
    )
    parser.add_argument("--ip-masq", action="store_true", help="pods leave the pods' network under the node's address")
    return run_agent(ip_masq=parser.parse_args().ip_masq)
