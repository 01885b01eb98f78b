"""Making machines: a short-lived child of PID 1 enters the inner user namespace, makes namespaces, and sends descriptors back.

A machine is a network, a mount and a UTS namespace held by PID 1's descriptors; no process belongs to it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from labkit.world import kernel, skeleton, wire
from labkit.world.enclosure import MACHINE

PODS: Final = f"{MACHINE}/run/netns"


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
    node: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    sysctls: Mapping[str, str] = field(default_factory=dict)
    node_mounts: int | None = None
    adopt: int | None = None


def make_inner() -> Inner:
    """Make the inner user namespace. Called once, before PID 1 becomes undumpable (its map files belong to root after that)."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        child = os.fork()
        if not child:
            _in_child(lambda: _send_inner(theirs))
        theirs.close()
        received = wire.receive_message(ours)
        os.waitpid(child, 0)
    message, descriptors = received or ({"error": "its maker ended early"}, [])
    if "error" in message:
        raise OSError(f"the inner user namespace could not be made: {message['error']}")
    return Inner(*descriptors)


def _send_inner(sock: socket.socket) -> None:
    try:
        kernel.unshare(kernel.CLONE_NEWUSER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", "0 0 1")
        _write("/proc/self/gid_map", "0 0 1")
        kernel.unshare(kernel.CLONE_NEWNS)
    except OSError as error:
        wire.send_message(sock, {"error": str(error)})
    else:
        wire.send_message(sock, {}, [_open_own("user"), _open_own("mnt")])


def make_machines(inner: Inner, orders: list[Order], work: str | None) -> dict[str, Namespaces]:
    """Make the machines in this order. Raises OSError naming the machine that failed; what was made before it is given up."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        child = os.fork()
        if not child:
            _in_child(lambda: _send_machines(theirs, inner, orders, work))
        theirs.close()
        made: dict[str, Namespaces] = {}
        try:
            _collect(ours, made)
        except OSError:
            for namespaces in made.values():
                namespaces.close()
            raise
        finally:
            os.waitpid(child, 0)
    return made


def _collect(sock: socket.socket, made: dict[str, Namespaces]) -> None:
    while received := wire.receive_message(sock):
        message, descriptors = received
        if "error" in message:
            raise OSError(message["error"])
        if "done" in message:
            return
        made[message["name"]] = Namespaces(*descriptors)
    raise OSError("the machines' maker ended early")


def _send_machines(sock: socket.socket, inner: Inner, orders: list[Order], work: str | None) -> None:
    kernel.setns(inner.user)
    made: dict[str, int] = {}
    name = ""
    try:
        for order in orders:
            name = order.name
            kernel.setns(inner.mounts)
            descriptors = _make_one(order, work)
            made[name] = descriptors[1]
            _bind_into_node(order, descriptors[0], made)
            wire.send_message(sock, {"name": name}, descriptors)
            if order.adopt is None:
                wire.close_all((descriptors[0], descriptors[2], descriptors[3]))
    except OSError as error:
        wire.send_message(sock, {"error": f"making {name}: {error}"})
    else:
        wire.send_message(sock, {"done": True})


def _make_one(order: Order, work: str | None) -> list[int]:
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWUTS | (kernel.CLONE_NEWNET if order.adopt is None else 0))
    if order.adopt is not None:
        kernel.setns(order.adopt, kernel.CLONE_NEWNET)
    socket.sethostname(order.name)
    skeleton.write_skeleton(order.name, order.files, work)
    kernel.mount("sysfs", "/sys", "sysfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    # its own, shared mount: `ip netns add` would otherwise put one on top, out of PID 1's sight
    kernel.bind(PODS, PODS)
    kernel.mount("", PODS, flags=kernel.MS_SHARED)
    if order.adopt is None:
        skeleton.write_sysctls(order.sysctls)
    return [_open_own("net"), _open_own("mnt"), _open_own("uts"), os.open(PODS, os.O_RDONLY | os.O_DIRECTORY)]


def _bind_into_node(order: Order, net: int, made: dict[str, int]) -> None:
    """Show a pod in its node's /run/netns, as `ip netns add` would have."""
    if order.node is None or order.adopt is not None:
        return
    kernel.setns(made[order.node] if order.node in made else _required(order.node_mounts))
    target = f"{PODS}/{order.name}"
    os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0))
    kernel.mount(f"/proc/self/fd/{net}", target, flags=kernel.MS_BIND)


def _required(descriptor: int | None) -> int:
    if descriptor is None:
        raise OSError("its node does not exist")
    return descriptor


def remove_name(inner: Inner, node: Namespaces, name: str) -> None:
    """Take a pod's name out of its node's /run/netns, as `ip netns del` does."""

    def unbind() -> None:
        kernel.setns(inner.user)
        kernel.setns(node.mounts)
        kernel.unmount(f"{PODS}/{name}")
        os.unlink(f"{PODS}/{name}")  # noqa: PTH108

    child = os.fork()
    if not child:
        _in_child(unbind)
    os.waitpid(child, 0)


def _in_child(work: Any) -> None:
    """Run `work` in a forked child and end it there, whatever happens: a child must never return into PID 1's loop."""
    try:
        work()
    finally:
        os._exit(0)


def _open_own(kind: str) -> int:
    return os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:  # noqa: PTH123
        file.write(text)
