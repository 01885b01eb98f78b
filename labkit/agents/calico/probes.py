"""`calico-node -bird-ready`, `-felix-ready`, `-felix-live`, `-bird-live`: the probes of Calico's pod, in its words (node pkg/health, release-v3.20)."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Final

from labkit.agents.calico.felix.health import ADDRESS
from labkit.agents.calico.sessions import BIRD_PID, SOCKETS, Session, read_sessions
from labkit.agents.kit.background import read_running
from labkit.world import run_program

STARTED: Final = Path("/var/lib/calico/nodename")  # its age is that of the node's programs
_THRESHOLD: Final = 30.0  # seconds; in the first ones every session has to be up
_SECONDS: Final = 5.0
_SERVICES: Final = (("/run/calico/confd.pid",), (BIRD_PID, "/run/bird/bird.pid"))  # in the pod; as a daemon of the node
_RESTARTING: Final = "Graceful restart recovery in progress"


def find_bird_trouble(sessions: Sequence[Session] | None, age: float, *, restarting: bool) -> str:
    """Why BIRD is not ready; empty when it is. `age`: seconds since this node's programs began; `restarting`: a graceful restart is under way."""
    if sessions is None:
        return f"Error querying BIRD: unable to connect to BIRDv4 socket: dial unix {SOCKETS[0]}: connect: no such file or directory"
    missing = ",".join(each.address for each in sessions if not each.established)
    if missing and (age < _THRESHOLD or not any(each.established for each in sessions)):
        return f"BGP not established with {missing}"
    return "graceful restart in progress" if sessions and age < _THRESHOLD and restarting else ""


def read_bird_trouble() -> str:
    """Of this node's BIRD, now."""
    try:
        age = time.time() - STARTED.stat().st_mtime
    except OSError:
        return f"Failed to stat() nodename file: stat {STARTED}: no such file or directory"
    said = run_program(
        ["birdc", "-s", next((path for path in SOCKETS if Path(path).exists()), SOCKETS[0]), "show", "status"]
    )
    return find_bird_trouble(read_sessions(), age, restarting=_RESTARTING in said.stdout)


def read_felix_trouble(what: str) -> str:
    """Why Felix is not what is asked for, `readiness` or `liveness`; empty when it is."""
    host, port = ADDRESS
    with closing(http.client.HTTPConnection(host, port, timeout=_SECONDS)) as connection:
        try:
            connection.request("GET", f"/{what}")
            status = connection.getresponse().status
        except OSError as error:
            told = (error.strerror or str(error)).lower()
            return f'Get "http://localhost:{port}/{what}": dial tcp {host}:{port}: connect: {told}'
    return "" if status < HTTPStatus.BAD_REQUEST else f"{what} probe reporting {status}"


def find_dead_service(pid_files: Sequence[Sequence[str]] = _SERVICES) -> str:
    """Why BIRD and confd are not live, in the words of `sv status`, whose exit status is all that Calico tells; empty when they are."""
    running = [any(read_running(Path(path)) for path in paths) for paths in pid_files]
    return "" if all(running) else "exit status 1"


def run_probes(*, bird: bool, felix: bool, live: bool, bird_live: bool = False) -> int:
    """Those that are asked for; the first trouble is said. The exit status."""
    asked: tuple[tuple[bool, str, Callable[[], str]], ...] = (
        (live, "Felix is not live", lambda: read_felix_trouble("liveness")),
        (bird_live, "bird/confd is not live", find_dead_service),
        (felix, "felix is not ready", lambda: read_felix_trouble("readiness")),
        (bird, "BIRD is not ready", read_bird_trouble),
    )
    for wanted, what, read in asked:
        if wanted and (trouble := read()):
            print(f"calico/node is not ready: {what}: {trouble}", end="")
            return 1
    return 0
