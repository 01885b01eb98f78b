"""`weave-net`: the CNI plugin, as the runtime calls it from /opt/cni/bin."""

from __future__ import annotations

import os
import sys

from labkit.cni.weave.plugin import run_plugin

USAGE = "usage: weave-net, with CNI_COMMAND and the like in the environment and the conf on stdin (a CNI plugin)"


def main() -> int:
    """One call."""
    if "--help" in sys.argv:
        print(USAGE)
        return 0
    status, text = run_plugin(os.environ, "" if sys.stdin.isatty() else sys.stdin.read())
    sys.stdout.write(text)
    return status
