"""All that somebody may have made in a lab's world. In a cluster that is more than the kernel's tables: objects of the API, CNI's
files, daemons; and less: what kubelet, kube-proxy and the plugins made for a pod is theirs, and a pod that kubelet runs its object's.
"""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from labkit.errors import parse_json
from labkit.lab.kube import DAEMONS, find_control, open_lab_api
from labkit.lab.objects import list_object_items
from labkit.net import Change, Snapshot, diff_losses, diff_snapshots, read_snapshot
from labkit.net.snapshot.item import Item
from labkit.world import Machine, World

CONF: Final = "/etc/cni/net.d"
_RENEWED: Final = ("calico-kubeconfig",)  # with another token by each calico-node that begins
# links, chains, routes and sysctls of CNI plugins, of kube-proxy and of Felix
OF_PROGRAMS: Final = re.compile(
    r"\bcni0\b|\bveth[0-9a-f]{8}\b|\bCNI-|\bKUBE-|kube-proxy|\bcali[0-9a-f]{11}\b|\bcali-|\bcali:|\bvxlan\.calico\b"
)
_DAEMON: Final = "daemon "
_KUBELET: Final = f"{_DAEMON}kubelet"


def read_whole(world: World) -> Snapshot:
    """The kernel's objects on every machine; in a cluster see above. CannotTell, KubeError when something can't be read."""
    control = find_control(world)
    machines = world.machines()
    if control is None:
        return read_snapshot(machines)
    nodes = {machine.name: _list_of_node(machine) for machine in machines if machine.kind == "node"}
    busy = {name for name, items in nodes.items() if _KUBELET in items}
    kernel = read_snapshot(machine for machine in machines if machine.node not in busy)
    whole = {
        name: {slot: item for slot, item in items.items() if not OF_PROGRAMS.search(slot)} | nodes.get(name, {})
        for name, items in kernel.machines.items()
    }
    with contextlib.suppress(ConnectionRefusedError):
        whole[control.name] |= {item.slot: item for item in list_object_items(open_lab_api(control), busy)}
    return Snapshot(whole)


def list_changes(before: Snapshot, after: Snapshot) -> list[Change]:
    """What came, was changed or went, and the commands that make it as before.

    As long as it is a daemon, no more is told: without its kubelet a node's pods seem to be somebody's, without an API server there
    seem to be no objects.
    """
    changes = [*diff_snapshots(before, after), *diff_losses(before, after)]
    return [each for each in changes if each.label.startswith(_DAEMON)] or changes


def is_same(one: Snapshot, other: Snapshot) -> bool:
    """Whether all that is in one is in the other, with the same value."""
    return _list_values(one) == _list_values(other)


def _list_values(snapshot: Snapshot) -> Mapping[str, Mapping[str, str]]:
    return {
        name: {slot: item.value for slot, item in items.items() if not _is_untouched(slot, item.value)}
        for name, items in snapshot.machines.items()
    }


def _is_untouched(slot: str, value: str) -> bool:
    """A table's chain of the kernel's is there since somebody looked, which changes nothing."""
    return slot.startswith("policy of ") and value == "accept"


def _list_of_node(node: Machine) -> dict[str, Item]:
    return {item.slot: item for item in (*_list_files(node), *_list_daemons(node))}


def _list_files(node: Machine) -> Iterator[Item]:
    for name in (each for each in node.list_folder(CONF) or () if each not in _RENEWED):
        path = f"{CONF}/{name}"
        text = node.read_file(path)
        if text is not None:
            write = ("sh", "-c", f"printf %s {shlex.quote(text)} >{shlex.quote(path)}")
            yield Item(f"file {path}", text, f"file {path}", (write,), (("rm", "-f", path),))


def _list_daemons(node: Machine) -> Iterator[Item]:
    """Those that were started by `daemon`, and run."""
    running = {number for number, _ in node.list_processes()}
    for name in _list_records(node):
        record = parse_json(node.read_file(f"{DAEMONS}/{name}") or "{}", f"{DAEMONS}/{name} on {node.name}")
        if record.get("process") in running:
            daemon = str(record["name"])
            start, stop = ("daemon", "start", daemon), ("daemon", "stop", daemon)
            yield Item(f"daemon {daemon}", "runs", f"daemon {daemon}", (start,), (stop,))


def _list_records(node: Machine) -> Iterable[str]:
    return [name for name in node.list_folder(DAEMONS) or () if name.endswith(".json")]
