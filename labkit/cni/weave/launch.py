"""What `weave launch` does on a node: the bridge, the agent, the CNI plugin and its conf."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from labkit.cni.weave import kernel
from labkit.cni.weave.options import Options
from labkit.errors import LabkitError
from labkit.world import run_host

CONF: Final = Path("/etc/cni/net.d/10-weave.conflist")
PLUGIN: Final = Path("/opt/cni/bin/weave-net")
_OURS: Final = "/.labkit/bin/weave-net"
_START: Final = "import sys; sys.path.insert(0, sys.argv[1]); from labkit.cni.weave.agent import main; main()"
CONFLIST: Final = {
    "cniVersion": "0.3.0",
    "name": "weave",
    "plugins": [
        {"name": "weave", "type": "weave-net", "hairpinMode": True},
        {"type": "portmap", "capabilities": {"portMappings": True}, "snat": True},
    ],
}


def run_launch(options: Options) -> None:
    """Start the agent; it is ready when this returns. Raises LabkitError with its words when it is not."""
    kernel.ensure_bridge(options.me, options.bridge_mtu)
    if options.fastdp:
        kernel.ensure_vxlan(options.bridge_mtu)
    else:
        kernel.del_vxlan()
    kernel.ensure_nat(options.pool)
    package = str(Path(__file__).parents[3])
    # the agent lets go of these descriptors when it is ready: until then run_host waits
    done = run_host(["setsid", "-f", sys.executable, "-IS", "-c", _START, package, options.render()])
    if done.stderr.strip():
        raise LabkitError(done.stderr.strip(), hint="weave stop; weave launch")
    ensure_plugin()


def ensure_plugin() -> None:
    """The conf that the container runtime reads, and the program it names: `weave setup-cni`."""
    CONF.write_text(json.dumps(CONFLIST, indent=4) + "\n", encoding="utf-8")
    PLUGIN.unlink(missing_ok=True)
    PLUGIN.symlink_to(_OURS)
