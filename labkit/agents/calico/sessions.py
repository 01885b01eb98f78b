"""BIRD's sessions, as `birdc show protocols` tells them, and how Calico names them (calicoctl node status; release-v3.20)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.world import run_program

SOCKETS: Final = ("/var/run/calico/bird.ctl", "/run/bird/bird.ctl")  # calico-node's, Debian's
BIRD_PID: Final = "/var/run/calico/bird.pid"
KINDS: Final = {"Mesh_": "node-to-node mesh", "Global_": "global", "Node_": "node specific"}
_PORT: Final = "_port_"


@dataclass(frozen=True)
class Session:
    """One neighbour. `since`: as BIRD says it; `info`: the state of BGP, and what went wrong last."""

    address: str
    kind: str
    state: str
    since: str
    info: str

    @property
    def established(self) -> bool:
        """Whether routes are exchanged."""
        return self.info.startswith("Established")


def read_sessions() -> list[Session] | None:
    """Of this node's BIRD; None when none answers."""
    for path in SOCKETS:
        if Path(path).exists():
            asked = run_program(["birdc", "-s", path, "show", "protocols"])
            if not asked.status:
                return list(parse_sessions(asked.stdout))
    return None


def parse_sessions(text: str) -> Iterator[Session]:
    """The lines of BGP sessions that have Calico's names; others are left out, as calicoctl does."""
    for row in text.splitlines():
        name, protocol, _, state, since, *info = [*row.split(None, 5), "", "", "", "", ""][:6]
        kind = next((words for prefix, words in KINDS.items() if name.startswith(prefix)), "")
        if protocol == "BGP" and kind:
            yield Session(_parse_address(name), kind, state, since, " ".join(" ".join(info).split()))


def _parse_address(name: str) -> str:
    """Mesh_10_0_0_12 and Global_10_0_0_12_port_180 mean 10.0.0.12."""
    return name.partition("_")[2].partition(_PORT)[0].replace("_", ".")
