"""Making machines: a short-lived child of PID 1 enters the inner user namespace, makes namespaces, and sends descriptors back.

A machine is a network, a mount and a UTS namespace held by PID 1's descriptors; no process belongs to it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from labkit.world import kernel, skeleton, wire
from labkit.world.enclosure import MACHINE

PODS: Final = f"{MACHINE}/run/netns"
_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Inner:
    """The inner user namespace and the mount namespace every machine's is copied from."""

    user: int
    mounts: int


@dataclass(frozen=True)
class Namespaces:
    """A machine as PID 1 holds it: descriptors of its namespaces and of its /run/netns folder."""

    net: int
    mounts: int
    uts: int
    pods: int

    def close(self) -> None:
        """Let the kernel have them back."""
        wire.close_all((self.net, self.mounts, self.uts, self.pods))


@dataclass(frozen=True)
class Order:
    """One machine to be made. `node_mounts`: of an earlier node; `adopt`: a network namespace that exists already."""

    name: str
    kind: str
    node: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    sysctls: Mapping[str, str] = field(default_factory=dict)
    node_mounts: int | None = None
    adopt: int | None = None


def make_inner() -> Inner:
    """Make the inner user namespace. Called once, before PID 1 becomes undumpable (its map files belong to root after that)."""
    with _start_child(_send_inner) as sock:
        _, descriptors = _receive(sock)
    return Inner(*descriptors)


def _send_inner(sock: socket.socket) -> None:
    kernel.unshare(kernel.CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", "0 0 1")
    _write("/proc/self/gid_map", "0 0 1")
    kernel.unshare(kernel.CLONE_NEWNS)
    wire.send_message(sock, {}, [_open_own("user"), _open_own("mnt")])


def make_machines(inner: Inner, orders: list[Order], work: str | None) -> dict[str, Namespaces]:
    """Make the machines in this order. Raises OSError naming the machine that failed; what was made before it is given up."""
    made: dict[str, Namespaces] = {}
    try:
        with _start_child(lambda sock: _send_machines(sock, inner, orders, work)) as sock:
            while "done" not in (received := _receive(sock))[0]:
                made[received[0]["name"]] = Namespaces(*received[1])
    except OSError:
        for namespaces in made.values():
            namespaces.close()
        raise
    return made


def _send_machines(sock: socket.socket, inner: Inner, orders: list[Order], work: str | None) -> None:
    sysctls = skeleton.open_sysctls()
    kernel.setns(inner.user)
    made: dict[str, int] = {}
    shown: list[tuple[int, str]] = []
    for order in orders:
        try:
            kernel.setns(inner.mounts)
            descriptors = _make_one(order, work, sysctls)
            made[order.name] = descriptors[1]
            if order.node is not None and order.adopt is None:
                node = made[order.node] if order.node in made else _required(order.node_mounts)
                _show_in_node(node, order.name, descriptors[0])
                shown.append((node, order.name))
            wire.send_message(sock, {"name": order.name}, descriptors)
        except OSError as error:
            for node, name in shown:
                _hide_in_node(node, name)
            raise OSError(error.errno, f"making {order.name}: {_describe(error)}") from error
        if order.adopt is None:
            wire.close_all((descriptors[0], descriptors[2], descriptors[3]))
    wire.send_message(sock, {"done": True})


def _make_one(order: Order, work: str | None, sysctls: int) -> list[int]:
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWUTS | (kernel.CLONE_NEWNET if order.adopt is None else 0))
    if order.adopt is not None:
        kernel.setns(order.adopt, kernel.CLONE_NEWNET)
    socket.sethostname(order.name)
    skeleton.write_skeleton(order.name, order.files, work)
    kernel.mount("sysfs", "/sys", "sysfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    if order.kind == "node":
        _prepare_node()
    if order.adopt is None:
        skeleton.write_sysctls(order.sysctls, sysctls)
    return [_open_own("net"), _open_own("mnt"), _open_own("uts"), os.open(PODS, os.O_RDONLY | os.O_DIRECTORY)]


def _prepare_node() -> None:
    skeleton.link_plugins()
    # its own, shared mount: `ip netns add` would otherwise put one on top, out of PID 1's sight
    kernel.bind(PODS, PODS)
    kernel.mount("", PODS, flags=kernel.MS_SHARED)


def _show_in_node(node_mounts: int, name: str, net: int) -> None:
    """Show a pod in its node's /run/netns, as `ip netns add` would have."""
    kernel.setns(node_mounts)
    target = f"{PODS}/{name}"
    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0))
    kernel.mount(f"/proc/self/fd/{net}", target, flags=kernel.MS_BIND)


def _hide_in_node(node_mounts: int, name: str) -> None:
    """Take it away again, as `ip netns del` does; what the learner has done with the name meanwhile does not matter."""
    kernel.setns(node_mounts)
    with contextlib.suppress(OSError):
        kernel.unmount(f"{PODS}/{name}")
    with contextlib.suppress(OSError):
        os.unlink(f"{PODS}/{name}")  # noqa: PTH108


def _required(descriptor: int | None) -> int:
    if descriptor is None:
        raise OSError("its node does not exist")
    return descriptor


def remove_name(inner: Inner, node: Namespaces, name: str) -> None:
    """Take a pod's name out of its node's /run/netns."""

    def hide(sock: socket.socket) -> None:
        kernel.setns(inner.user)
        _hide_in_node(node.mounts, name)
        wire.send_message(sock, {"done": True})

    with _start_child(hide) as sock:
        _receive(sock)


@contextlib.contextmanager
def _start_child(work: Callable[[socket.socket], None]) -> Iterator[socket.socket]:
    """A forked child that does `work`, and the socket it answers on. It is gone in the end, even if a learner's `kill` met it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            child = os.fork()
            if not child:
                _in_child(work, theirs)
        ours.settimeout(_SECONDS)
        try:
            yield ours
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _in_child(work: Callable[[socket.socket], None], sock: socket.socket) -> None:
    """Do the work and end, whatever happens: a child must never return into PID 1's loop."""
    try:
        work(sock)
    except OSError as error:
        wire.send_message(sock, {"error": _describe(error), "errno": error.errno or 0})
    finally:
        os._exit(0)


def _receive(sock: socket.socket) -> tuple[wire.Message, list[int]]:
    try:
        received = wire.receive_message(sock)
    except wire.WireError as error:
        raise OSError(errno.EMFILE, "too many open files: fewer machines, or a higher `ulimit -n`") from error
    if received is None:
        raise OSError(errno.EIO, "the machines' maker ended early")
    if "error" in received[0]:
        raise OSError(received[0]["errno"], received[0]["error"])
    return received


def _describe(error: OSError) -> str:
    words = error.strerror or str(error)
    return f"{words}: {error.filename}" if error.filename else words


def _open_own(kind: str) -> int:
    return os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123
        file.write(text)
