"""A cluster's world as it was at its start: what a job made goes, what it took away comes back, what it edited is written anew.

What kubelet, kube-proxy and the plugins keep right by themselves is left to them, and waited for.
"""

from __future__ import annotations

import shlex
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from labkit.errors import LabkitError
from labkit.lab.entries import Reset
from labkit.lab.lab import Lab
from labkit.lab.whole import OF_PROGRAMS, is_same, list_changes, read_whole
from labkit.net import FilterChain, Snapshot, read_ruleset
from labkit.net.netfilter.rule import NFT
from labkit.world.places import MACHINE

_TRIES: Final = 8
_PAUSE: Final = 0.5  # seconds in which kubelets and controllers follow
_EDITED: Final = ("var/lib/kubelet/config.yaml",)  # besides lab.toml's files
_OF_PROXY: Final = ("KUBE-", "kube-proxy")


@dataclass(frozen=True)
class Beginning:
    """What a world was like: its objects, its machines, the programs of its nodes, chains by machine, and files by machine and path.

    A pod that was plugged in by hand is a machine more: such a world is not used again, for its addresses would go on from there.
    """

    objects: Snapshot
    names: frozenset[str]
    programs: Counter[tuple[str, ...]]
    chains: Mapping[str, frozenset[FilterChain]]
    files: Mapping[tuple[str, str], str]


def read_beginning(lab: Lab) -> Beginning:
    """Raises LabkitError when something can't be read."""
    return Beginning(read_whole(lab.world), _list_names(lab), _count_programs(lab), _read_chains(lab), _read_files(lab))


def put_back(lab: Lab, start: Beginning) -> bool:
    """Take away what came, bring back what went; whether the world is as it was, its programs too."""
    try:
        for _ in range(_TRIES):
            now = read_whole(lab.world)
            if (
                is_same(start.objects, now)
                and start.names == _list_names(lab)
                and start.programs == _count_programs(lab)
            ):
                _remove_chains(lab, start)
                _write_files(lab, start)
                lab.note(Reset())
                return True
            for change in list_changes(start.objects, now):
                for argv in change.undo:
                    lab.machine(change.machine).run(argv, journal={}, timeout=_TRIES)
            threading.Event().wait(_PAUSE)
    except LabkitError:
        pass
    return False


def _list_names(lab: Lab) -> frozenset[str]:
    return frozenset(machine.name for machine in lab.world.machines())


def _count_programs(lab: Lab) -> Counter[tuple[str, ...]]:
    nodes = [machine for machine in lab.machines() if machine.kind == "node"]
    return Counter((node.name, *argv) for node in nodes for _, argv in node.list_processes())


def _read_chains(lab: Lab) -> dict[str, frozenset[FilterChain]]:
    """Those that somebody named: no hook of the kernel's leads into them."""
    names = [machine.name for machine in lab.definition.topology.machines]
    return {
        name: frozenset(chain for chain in read_ruleset(lab.machine(name)).chains if not chain.hook) for name in names
    }


def _remove_chains(lab: Lab, start: Beginning) -> None:
    """They are empty by now. A kube-proxy that ended leaves its own, with rules: it has a word for that itself."""
    for name, now in _read_chains(lab).items():
        new, old = now - start.chains[name], start.chains[name]
        if any(_is_of_proxy(chain) for chain in new) and not any(_is_of_proxy(chain) for chain in old):
            lab.machine(name).run("kube-proxy --cleanup", journal={})
        for chain in new:
            if not OF_PROGRAMS.search(f"{chain.table} {chain.name}"):
                lab.machine(name).run(_plan_deletion(chain), journal={})


def _is_of_proxy(chain: FilterChain) -> bool:
    return chain.name.startswith(_OF_PROXY) or chain.table.startswith(_OF_PROXY)


def _plan_deletion(chain: FilterChain) -> list[str]:
    if chain.source == NFT:
        return ["nft", "delete", "chain", chain.family, chain.table, chain.name]
    return [chain.source, "-t", chain.table, "-X", chain.name]


def _read_files(lab: Lab) -> dict[tuple[str, str], str]:
    found = {}
    for machine in lab.definition.topology.machines:
        for path in (*machine.files, *_EDITED):
            text = lab.machine(machine.name).read_file(f"{MACHINE}/{path}")
            if text is not None:
                found[machine.name, f"{MACHINE}/{path}"] = text
    return found


def _write_files(lab: Lab, start: Beginning) -> None:
    for (name, path), text in start.files.items():
        machine = lab.machine(name)
        if machine.read_file(path) != text:
            machine.run(f"cat >{shlex.quote(path)}", stdin=text, journal={})
