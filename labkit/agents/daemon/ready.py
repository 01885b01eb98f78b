"""Whether a daemon serves: looked at, never guessed from the time that has passed."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Final

from labkit.agents.daemon.record import list_session
from labkit.daemons.daemon import Answers, Exists, Listens, Ready, Succeeds
from labkit.world import run_program

_SECONDS: Final = 1.0  # for an answer
_LISTENING: Final = "0A"  # linux/tcp_states.h: TCP_LISTEN


def is_ready(ready: Ready, process: int) -> bool:
    """Whether what shows it is there now; `process`: who has to listen."""
    match ready:
        case Listens(port):
            return bool(
                _list_listening(port) & {name for each in list_session(process) for name in _list_sockets(each)}
            )
        case Exists(path):
            return Path(path).exists()
        case Answers(port, path, tls, says):
            answer = _read_answer(port, path, tls=tls)
            return answer is not None and bool(re.search(says, answer))
        case Succeeds(argv):
            return not run_program(argv).status


def _read_answer(port: int, path: str, *, tls: bool) -> str | None:
    """What it says with status 200; None when there is no such answer."""
    if tls:
        anybody = ssl._create_unverified_context()  # noqa: SLF001, S323 - ourselves, on the loopback link
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=_SECONDS, context=anybody
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        response = connection.getresponse()
        if response.status == HTTPStatus.OK:
            return response.read().decode(errors="replace")
    return None


def _list_listening(port: int) -> set[str]:
    """The names of this machine's sockets that listen there, as /proc/PID/fd shows them (proc_net_tcp(5))."""
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        if Path("/proc/net", table).exists()
        for row in Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]
    ]
    return {f"socket:[{row[9]}]" for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port}


def _list_sockets(process: int) -> Iterator[str]:
    with suppress(OSError):
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                yield str(descriptor.readlink())
