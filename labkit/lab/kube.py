"""A lab's API server, asked from outside: as kubernetes-admin, by sockets of the control machine's network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

from labkit.errors import CannotTell, UsageError
from labkit.kube import Api, open_api_through
from labkit.timing import scale
from labkit.world import Machine, World

CONF: Final = "/etc/kubernetes/admin.conf"
_RECORD: Final = "kube-apiserver.json"  # in DAEMONS, where an API server was started
DAEMONS: Final = "/run/daemons"
_SECONDS: Final = 5.0


def find_control(world: World) -> Machine | None:
    """The machine with the control plane, running or not; None in a world without one."""
    nodes = [machine for machine in world.machines() if machine.kind == "node"]
    return next((node for node in nodes if _RECORD in (node.list_folder(DAEMONS) or ())), None)


def open_lab_api(control: Machine, limit: Callable[[float], float] = float) -> Api:
    """The API of a running cluster. `limit`: how many of so many seconds an answer may take.

    Its calls raise KubeError, and ConnectionRefusedError where no API server listens. CannotTell when there is no kubeconfig.
    """
    kubeconfig = control.read_file(CONF)
    if kubeconfig is None:
        raise CannotTell(f"there is no {CONF} on {control.name}", hint="labkit reset makes the cluster anew")

    def connect(address: str, port: int) -> socket.socket:
        opened = control.open_socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            opened.settimeout(limit(scale(_SECONDS)))
            opened.connect((address, port))
        except BaseException:
            opened.close()
            raise
        return opened

    try:
        return open_api_through(kubeconfig, connect)
    except Exception as error:  # yaml's and lightkube's, of a text that is no kubeconfig
        raise CannotTell(f"{CONF} on {control.name}: {error}", hint="labkit reset makes the cluster anew") from error


def require_control(world: World) -> Machine:
    """The same; UsageError where there is none."""
    control = find_control(world)
    if control is None:
        raise UsageError("this lab has no control plane", hint="[cluster] in lab.toml")
    return control
