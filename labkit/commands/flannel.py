"""flannel: the CNI plugin of flannel. A node has it in /opt/cni/bin; a container runtime calls it, with CNI_COMMAND set."""

from __future__ import annotations

import os
import sys

from labkit.cni.flannel.plugin import run_plugin


def main() -> int:
    """One call by the CNI protocol: environment and stdin in, JSON on stdout."""
    if "CNI_COMMAND" not in os.environ:
        print(f"usage: CNI_COMMAND=ADD|DEL|CHECK|VERSION flannel <CONF\n\n{__doc__}")
        return 0 if "--help" in sys.argv else 1
    status, said = run_plugin(os.environ, sys.stdin.read())
    print(said, end="")
    return status
