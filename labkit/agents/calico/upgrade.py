"""`calico-ipam -upgrade`, the container upgrade-ipam: addresses that host-local has given (cni-plugin pkg/upgrade, release-v3.20).

Calico's takes them over; this one finds out that there are none, which is so on a node that was never without Calico.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from labkit.agents.calico.screen import say

_NAME: Final = "upgrade-ipam"
_GIVEN: Final = Path("/var/lib/cni/networks/k8s-pod-network")
_OWN: Final = ("lock", "last_reserved_ip")  # of host-local's files those that are no address


def run_upgrade(folder: Path = _GIVEN) -> int:
    """The exit status: 1 when there is something to take over."""
    say(_NAME, "checking host-local IPAM data dir dir existence...")
    if not folder.exists():
        say(_NAME, "host-local IPAM data dir dir not found; no migration necessary, successfully exiting...")
        return 0
    given = [path.name for path in sorted(folder.iterdir()) if not path.name.startswith(_OWN)]
    if given:
        say(_NAME, f"host-local has given {', '.join(given)}: this course's stand-in does not take addresses over")
        return 1
    say(_NAME, "host-local IPAM data dir empty; no migration necessary...")
    return 0
