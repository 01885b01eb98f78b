"""What `weave launch` does on a node: the bridge, the agent, the CNI plugin and its conf."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from labkit.agents.kit.background import start_background
from labkit.agents.weave import kernel
from labkit.agents.weave.agent import run_agent
from labkit.agents.weave.options import LOG, Options
from labkit.errors import LabkitError
from labkit.world.places import COMMANDS

CONF: Final = Path("/etc/cni/net.d/10-weave.conflist")
PLUGIN: Final = Path("/opt/cni/bin/weave-net")
_OURS: Final = f"{COMMANDS}/weave-net"
CONFLIST: Final = {
    "cniVersion": "0.3.0",
    "name": "weave",
    "plugins": [
        {"name": "weave", "type": "weave-net", "hairpinMode": True},
        {"type": "portmap", "capabilities": {"portMappings": True}, "snat": True},
    ],
}


def run_launch(options: Options) -> None:
    """Start the agent; it is ready when this returns. Raises LabkitError with its words when it is not; what was made for it is gone then."""
    new = kernel.ensure_bridge(options.me, options.bridge_mtu)
    try:
        _run(options)
    except LabkitError:
        if new:
            kernel.del_vxlan()
            kernel.del_bridge()
        raise


def _run(options: Options) -> None:
    if options.fastdp:
        kernel.ensure_vxlan(options.bridge_mtu)
    else:
        kernel.del_vxlan()
    kernel.ensure_nat(options.pool)
    start_background(lambda ready: run_agent(options, ready), LOG)
    ensure_plugin()


def ensure_plugin() -> None:
    """The conf that the container runtime reads, and the program it names: `weave setup-cni`."""
    CONF.write_text(json.dumps(CONFLIST, indent=4) + "\n", encoding="utf-8")
    PLUGIN.unlink(missing_ok=True)
    PLUGIN.symlink_to(_OURS)
