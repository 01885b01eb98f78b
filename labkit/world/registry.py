"""The machines PID 1 holds, and the pods it finds: a name in a node's /run/netns that it did not make is a pod of the learner's."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from labkit.world import kernel, maker
from labkit.world.maker import Inner, Namespaces, Order

_NS_GET_NSTYPE: Final = 0xB703  # linux/nsfs.h
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_ARGUMENTS: Final = 500
KINDS: Final = ("node", "pod", "router", "host", "fabric")


@dataclass(frozen=True)
class Held:
    """A machine and its namespaces. `inode` identifies the network namespace."""

    name: str
    kind: str
    node: str | None
    namespaces: Namespaces
    inode: int

    @property
    def bound(self) -> str:
        """A pod's name in its node's /run/netns; pods of the same name on two nodes are told apart by @NODE."""
        return self.name.partition("@")[0]


class Registry:
    """Every machine of the world by name, in the order it came."""

    def __init__(self, inner: Inner, work: str | None) -> None:
        self._inner = inner
        self._work = work
        self._held: dict[str, Held] = {}

    def add(self, orders: list[Order]) -> None:
        """Make machines. All or none: OSError leaves the registry as it was."""
        made = maker.make_machines(self._inner, [self._resolve(order) for order in orders], self._work)
        for order in orders:
            self._hold(order.name, order.kind, order.node, made[order.name])

    def _resolve(self, order: Order) -> Order:
        node = self._held.get(order.node or "")
        mounts = node.namespaces.mounts if node else None
        return replace(order, node_mounts=mounts)

    def _hold(self, name: str, kind: str, node: str | None, namespaces: Namespaces) -> None:
        inode = os.fstat(namespaces.net).st_ino
        self._held[name] = Held(name, kind, node, namespaces, inode)

    def find(self, name: str) -> Held | None:
        """The machine of this name; looks for new pods when it is not known, or no longer there."""
        held = self._held.get(name)
        if held is None or not self._is_there(held):
            self.scan()
        return self._held.get(name)

    def list_held(self) -> list[Held]:
        """All machines, pods the learner made included."""
        self.scan()
        return list(self._held.values())

    def remove(self, name: str) -> None:
        """Kill what runs in the machine and let it go; with a node go its pods."""
        held = self._held.pop(name)
        for pod in [each for each in self._held.values() if each.node == name]:
            self.remove(pod.name)
        node = self._held.get(held.node or "")
        if node:
            maker.remove_name(self._inner, node.namespaces, held.bound)
        for process in list_processes(held.inode):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        held.namespaces.close()

    def scan(self) -> None:
        """Take in pods that appeared in a node's /run/netns, let go of those whose name is gone or means another one now."""
        for pod in [held for held in self._held.values() if not self._is_there(held)]:
            self._held.pop(pod.name).namespaces.close()
        for node in [held for held in self._held.values() if held.kind == "node"]:
            known = {held.bound for held in self._held.values() if held.node == node.name}
            for name in sorted(set(os.listdir(node.namespaces.pods)) - known):  # noqa: PTH208 - a descriptor has no Path
                if NAME.fullmatch(name):
                    self._adopt(node, name)

    def _is_there(self, held: Held) -> bool:
        """Whether a pod's name still stands for it in its node's /run/netns; true for every other machine."""
        node = self._held.get(held.node or "")
        if node is None:
            return True
        try:
            return os.stat(held.bound, dir_fd=node.namespaces.pods, follow_symlinks=False).st_ino == held.inode
        except OSError:
            return False

    def _adopt(self, node: Held, name: str) -> None:
        net = open_netns(name, node.namespaces.pods)
        if net is None:
            return
        unique = f"{name}@{node.name}" if name in self._held else name
        try:
            made = maker.make_machines(self._inner, [Order(unique, "pod", node.name, adopt=net)], self._work)
        except OSError:
            return  # the learner's `ip netns del` was faster
        finally:
            os.close(net)
        self._hold(unique, "pod", node.name, made[unique])


def open_netns(name: str, folder: int) -> int | None:
    """The network namespace bound at `name`; None while it is something else (`ip netns add` makes the file first)."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    try:
        if fcntl.ioctl(descriptor, _NS_GET_NSTYPE) == kernel.CLONE_NEWNET:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def list_processes(inode: int) -> list[int]:
    """Processes whose network namespace has this inode, PID 1 left out."""
    found = []
    for process in list_all_processes():
        with contextlib.suppress(OSError):  # it ended meanwhile
            if Path("/proc", str(process), "ns/net").stat().st_ino == inode:
                found.append(process)
    return found


def list_all_processes() -> list[int]:
    """Every process of the world but PID 1."""
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and entry != "1"]  # noqa: PTH208 - names are wanted


def read_arguments(process: int) -> list[str]:
    """Its command line, the first 500 bytes of it; empty when it has ended."""
    try:
        with Path("/proc", str(process), "cmdline").open("rb") as file:
            return file.read(_ARGUMENTS).decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []
