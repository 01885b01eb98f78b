"""The process that is Mininet: on the machine `fabric` it builds the network, stays with it, and opens its CLI when asked."""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import signal
import socket
import sys
import termios
import time
from typing import Any, Final

_PATIENCE: Final = 0.5


def main(part: str, path: str) -> None:
    """Run one of the two parts: `build`, with the plan on the descriptor PLAN, or `cli`, on a terminal. They meet at the socket `path`."""
    if part == "cli":
        run_cli(path)
    else:
        with open(int(os.environ["PLAN"])) as file:  # noqa: PTH123 - a descriptor
            run_build(json.load(file), path)


def run_build(plan: dict[str, Any], path: str) -> None:
    """Build in a process that stays, and end when the network stands; exit status 1 when it does not."""
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        sys.exit(0 if os.read(reader, 1) else 1)
    os.setsid()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    network = build_network(plan)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.write(writer, b"+")
    os.close(writer)
    serve_cli(network, listener)


def build_network(plan: dict[str, Any]) -> Any:
    """Give back the started Mininet."""
    if sys.version_info >= (3, 12):
        import setuptools  # noqa: F401 - mininet imports distutils, which only setuptools has since 3.12

    from mininet.log import setLogLevel
    from mininet.nodelib import LinuxBridge

    setLogLevel("warning")
    network = _define_network()(controller=None, switch=LinuxBridge, host=_define_host(), build=False)
    for name in plan["hosts"]:
        network.addHost(name, ip=None)
    for number, name in enumerate(plan["switches"], 1):
        network.addSwitch(name, dpid=f"{number:x}")  # OpenFlow's; Mininet derives it from names such as s1 only
    for first, second in plan["links"]:
        network.addLink(
            first["node"], second["node"], intfName1=first["name"], intfName2=second["name"],
            addr1=first["mac"], addr2=second["mac"],
            params1={"ip": first["ip"], "up": first["up"]}, params2={"ip": second["ip"], "up": second["up"]},
        )  # fmt: skip
    network.start()
    setLogLevel("info")
    return network


def _define_network() -> type:
    from mininet.net import Mininet

    # init() would raise sysctls: this machine's, which are stated, and the host's, which are read-only here
    Mininet.inited = True

    class LiveNetwork(Mininet):  # type: ignore[misc]
        """Mininet with the addresses that there are; it would know those only that it gave itself."""

        def update_addresses(self) -> None:
            """Read every interface's address again."""
            for host in self.hosts:
                for interface in host.intfList():
                    interface.updateIP()

        def pingAll(self, timeout: str | None = None) -> Any:  # noqa: N802 - Mininet's own name
            """Ping between all hosts that have an address."""
            self.update_addresses()
            return self.ping([host for host in self.hosts if host.IP()], timeout)

    return LiveNetwork


def _define_host() -> type:
    from mininet.node import Host

    class MachineHost(Host):  # type: ignore[misc]
        """A Mininet host whose shell enters a machine, where another would make namespaces."""

        def _popen(self, cmd: list[str], **params: Any) -> Any:
            if cmd[:2] == ["mnexec", "-cdn"]:
                cmd = [*plan_entry(self.name), "mnexec", "-cd", *cmd[2:]]
            return super()._popen(cmd, **params)

    return MachineHost


def plan_entry(machine: str) -> list[str]:
    """The nsenter command into a machine, by the descriptors that PID 1 passed (world/requests.py)."""
    variable = "LK_" + re.sub(r"[^A-Za-z0-9]", "_", machine)
    net, mounts, uts = (f"/proc/self/fd/{number}" for number in os.environ[variable].split(",")[:3])
    return ["nsenter", f"--net={net}", f"--mount={mounts}", f"--uts={uts}"]


def serve_cli(network: Any, listener: socket.socket) -> None:
    """For each caller in turn, run the CLI on the terminal it hands over."""
    while True:
        connection, _ = listener.accept()
        with connection:
            _, descriptors, _, _ = socket.recv_fds(connection, 1, 3)
            child = os.fork()
            if not child:
                _become_cli(network, descriptors)
            connection.send(b"+")
            for descriptor in descriptors:
                os.close(descriptor)
            _wait_end(child, connection)
        for node in network.values():
            stop_command(node)


def _wait_end(child: int, connection: socket.socket) -> None:
    """Until the CLI ends, or its caller hangs up and it is ended."""
    ended = os.pidfd_open(child)
    if connection.fileno() in select.select([ended, connection.fileno()], [], [])[0]:
        os.kill(child, signal.SIGKILL)
    os.close(ended)
    os.waitpid(child, 0)


def stop_command(node: Any) -> None:
    """What the CLI left running in a node's shell would swallow the next one's commands: interrupt it, read up to the prompt."""
    node.waiting = True
    node.sendInt()
    until = time.monotonic() + _PATIENCE
    while node.waiting and time.monotonic() < until and node.pollOut.poll(_PATIENCE * 1000):
        node.monitor()
    node.waiting = False


def _become_cli(network: Any, descriptors: list[int]) -> None:
    from mininet.cli import CLI

    try:
        os.setsid()
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        network.update_addresses()
        CLI(network, stdin=open(0, closefd=False))  # noqa: SIM115 - descriptor 0, for the process's life
    finally:
        os._exit(0)


def run_cli(path: str) -> None:
    """Hand this terminal over, so that it controls the CLI (Ctrl-C), and wait until that ends."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    fcntl.ioctl(0, termios.TIOCNOTTY)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [b"+"], [0, 1, 2])
        connection.settimeout(_PATIENCE)
        try:
            connection.recv(1)
        except TimeoutError:
            os.write(1, b"Mininet's CLI is open elsewhere; this one begins when that ends.\r\n")
            connection.settimeout(None)
            connection.recv(1)
        connection.settimeout(None)
        connection.recv(1)
