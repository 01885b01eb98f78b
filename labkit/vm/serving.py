"""`./lab vm up`: JupyterLab in the VM, at an address of this machine."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Final

from labkit.errors import UsageError
from labkit.vm.debian import Tell
from labkit.vm.options import Options
from labkit.vm.values import Task

_TRIES: Final = 50  # ports after the one that was asked for, as Jupyter's own port_retries
_ADDRESS: Final = "127.0.0.1"


def ensure_server(options: Options, checkout: Path, tell: Tell) -> Task:
    """The server of `./lab up`, inside: the same port there and here, so the address that it prints is right. Raises UsageError."""
    port = find_port(options.port, tell)
    options.work.mkdir(parents=True, exist_ok=True)
    words = (sys.executable, "-P", "-m", "labkit.cli.serve", f"{checkout / 'notebooks'}", f"{options.work}")
    return Task((*words, "--port", f"{port}", "--no-browser"), checkout, Path(sys.prefix), port=port)


def find_port(asked: int, tell: Tell) -> int:
    """The first free one of the loopback. Raises UsageError."""
    for port in range(asked, min(asked + _TRIES, 2**16)):
        if is_free(port):
            if port != asked:
                tell(f"port {asked} is taken; this is {port}")
            return port
    raise UsageError(f"port {asked} is taken, and those after it", hint="./lab vm up --port P takes another one")


def is_free(port: int) -> bool:
    """Whether somebody could listen there now."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((_ADDRESS, port))
        except OSError:
            return False
    return True
