"""The machines PID 1 holds, and the pods it finds: a name in a node's /run/netns that it did not make is a pod of the learner's."""

from __future__ import annotations

import fcntl
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.world import kernel, maker
from labkit.world.maker import Inner, Namespaces, Order

_NS_GET_NSTYPE: Final = 0xB703  # linux/nsfs.h
KINDS: Final = ("node", "pod", "router", "host", "fabric")


@dataclass(frozen=True)
class Held:
    """A machine and its namespaces. `inode` identifies the network namespace."""

    name: str
    kind: str
    node: str | None
    namespaces: Namespaces
    inode: int


class Registry:
    """Every machine of the world by name, in the order it came."""

    def __init__(self, inner: Inner, work: str | None) -> None:
        self._inner = inner
        self._work = work
        self._held: dict[str, Held] = {}

    def add(self, orders: list[tuple[Order, str]]) -> None:
        """Make machines of the kinds given. All or none: OSError leaves the registry as it was."""
        ready = [(self._resolve(order), kind) for order, kind in orders]
        made = maker.make_machines(self._inner, [order for order, _ in ready], self._work)
        for order, kind in ready:
            self._hold(order.name, kind, order.node, made[order.name])

    def _resolve(self, order: Order) -> Order:
        node = self._held.get(order.node or "")
        mounts = node.namespaces.mounts if node else None
        return Order(order.name, order.node, order.files, order.sysctls, node_mounts=mounts)

    def _hold(self, name: str, kind: str, node: str | None, namespaces: Namespaces) -> None:
        inode = os.fstat(namespaces.net).st_ino
        self._held[name] = Held(name, kind, node, namespaces, inode)

    def find(self, name: str) -> Held | None:
        """The machine of this name; looks for new pods first when it is not known."""
        if name not in self._held or self._held[name].kind == "pod":
            self.scan()
        return self._held.get(name)

    def list_held(self) -> list[Held]:
        """All machines, pods the learner made included."""
        self.scan()
        return list(self._held.values())

    def remove(self, name: str) -> None:
        """Kill what runs in the machine and let it go."""
        held = self._held.pop(name)
        node = self._held.get(held.node or "")
        if node:
            maker.remove_name(self._inner, node.namespaces, name.split("@")[0])
        for process in list_processes(held.inode):
            os.kill(process, signal.SIGKILL)
        held.namespaces.close()

    def scan(self) -> None:
        """Take in pods that appeared in a node's /run/netns, let go of those whose name is gone."""
        for node in [held for held in self._held.values() if held.kind == "node"]:
            names = set(os.listdir(node.namespaces.pods))
            for pod in [held for held in self._held.values() if held.node == node.name]:
                if pod.name.split("@")[0] not in names:
                    self._held.pop(pod.name).namespaces.close()
            known = {held.name.split("@")[0] for held in self._held.values() if held.node == node.name}
            for name in sorted(names - known):
                self._adopt(node, name)

    def _adopt(self, node: Held, name: str) -> None:
        net = open_netns(name, node.namespaces.pods)
        if net is None:
            return
        unique = f"{name}@{node.name}" if name in self._held else name
        try:
            made = maker.make_machines(self._inner, [Order(unique, node.name, adopt=net)], self._work)
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
    for entry in os.listdir("/proc"):  # noqa: PTH208 - names are wanted
        if entry.isdigit() and entry != "1":
            try:
                same = Path("/proc", entry, "ns/net").stat().st_ino == inode
            except OSError:
                continue  # it ended meanwhile
            if same:
                found.append(int(entry))
    return found


def read_arguments(process: int) -> list[str]:
    """Its command line; empty when it has ended."""
    try:
        return Path("/proc", str(process), "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []
