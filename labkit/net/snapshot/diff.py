"""Two snapshots compared: what was added or changed between them, each with its own undoing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from labkit.net.machine import Readable
from labkit.net.snapshot.item import Change, Item, Lines
from labkit.net.snapshot.links import list_link_items
from labkit.net.snapshot.netfilter import list_netfilter_items
from labkit.net.snapshot.state import MachineState, read_state
from labkit.net.snapshot.sysctls import list_sysctl_items
from labkit.net.snapshot.tables import list_table_items

_READERS = 4


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Objects by slot for each machine."""

    machines: Mapping[str, Mapping[str, Item]]


def read_snapshot(machines: Iterable[Readable]) -> Snapshot:
    """Read every object of these machines that somebody may have made; CannotTell when one can't be read."""
    listed = list(machines)
    with ThreadPoolExecutor(_READERS) as pool:
        states = pool.map(read_state, listed)
        return Snapshot({machine.name: list_items(state) for machine, state in zip(listed, states, strict=True)})


def list_items(state: MachineState) -> dict[str, Item]:
    """All objects of one machine by slot, links first."""
    items = (
        *list_link_items(state),
        *list_table_items(state),
        *list_sysctl_items(state),
        *list_netfilter_items(state.netfilter),
    )
    return {item.slot: item for item in items}


def diff_snapshots(before: Snapshot, after: Snapshot) -> list[Change]:
    """Everything that is in `after` but was not so in `before`; a machine that is new counts whole.

    What was taken away is not listed. A setting that was changed is undone by setting it as it was.
    """
    return [
        change
        for machine, items in after.machines.items()
        for change in _diff_machine(machine, before.machines.get(machine, {}), items)
    ]


def diff_losses(before: Snapshot, after: Snapshot) -> list[Change]:
    """Everything that was in `before` and whose place in `after` is empty; `undo` puts it there again."""
    return [
        Change(machine, f"{item.label} on {machine}", [list(words) for words in item.add])
        for machine, items in before.machines.items()
        for slot, item in items.items()
        if slot not in after.machines.get(machine, {})
    ]


def _diff_machine(machine: str, before: Mapping[str, Item], after: Mapping[str, Item]) -> Iterator[Change]:
    for slot, item in after.items():
        old = before.get(slot)
        if old is not None and old.value == item.value:
            continue
        if undo := _plan_undo(old, item):
            yield Change(machine, f"{item.label} on {machine}", [list(words) for words in undo])


def _plan_undo(old: Item | None, item: Item) -> Lines:
    if old is None:
        return item.remove
    # The same place holds something else: objects make room first, a setting needs no line twice.
    return tuple(dict.fromkeys((*item.remove, *old.add)))
