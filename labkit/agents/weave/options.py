"""How an agent is started: what `weave launch` was told."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.agents.kit.door import Door
from labkit.agents.weave import sleeve
from labkit.agents.weave.names import parse_name
from labkit.agents.weave.ring import Ring, divide

PID: Final = Path("/run/weave/weave.pid")
LOG: Final = Path("/var/log/weave.log")
DOOR: Final = Door("weave", Path("/run/weave/weave.sock"), start="weave launch", log=LOG)
UNDERLAY: Final = 1500
FAST_MTU: Final = 1376  # Weave's: leaves room for its encryption, and for clouds with 1460


@dataclass(frozen=True)
class Options:
    """`seed`: names of the peers that share the pool at first; `targets`: addresses of peers to begin with."""

    name: str
    nickname: str
    pool: str
    seed: tuple[str, ...]
    targets: tuple[str, ...] = ()
    fastdp: bool = True
    mtu: int = 0
    forward: str = ""

    @property
    def me(self) -> bytes:
        return parse_name(self.name)

    @property
    def bridge_mtu(self) -> int:
        """What pods get: that of the fast datapath, or of sleeve alone."""
        return self.mtu or (FAST_MTU if self.fastdp else sleeve.compute_mtu(UNDERLAY))

    def plan_ring(self) -> Ring:
        """The pool, divided between the seeds in their order."""
        network = ipaddress.IPv4Network(self.pool)
        start = int(network.network_address)
        return divide(start, start + network.num_addresses, [parse_name(name) for name in self.seed])
