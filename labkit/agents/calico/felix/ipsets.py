"""Ipsets as two parts of Felix's: those that rules name are there before the rules, those that nobody names any more go after them (felix ipsets/ipsets.go, release-v3.20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from labkit.agents.calico.felix.difference import Difference, State
from labkit.agents.calico.felix.tables import try_restore
from labkit.agents.kit.kernel import run

Sets = Mapping[str, tuple[str, frozenset[str]]]  # name -> kind, members
_OWN: Final = "cali40"
_ROOM: Final = 1 << 20  # members


def plan(sets: Sets) -> State:
    """Slot `set NAME`; value: its kind and its members."""
    return {f"set {name}": " ".join((kind, *sorted(members))) for name, (kind, members) in sets.items()}


def read() -> State:
    """Those that are Felix's."""
    return parse(run(["ipset", "save"]))


def parse(saved: str) -> State:
    """The text of ipset save."""
    kinds, members = dict[str, str](), dict[str, list[str]]()
    for line in saved.splitlines():
        do, name, what, *_ = line.split()
        if name.startswith(_OWN):
            if do == "create":
                kinds[name] = what
            else:
                members.setdefault(name, []).append(what)
    return {f"set {name}": " ".join((kind, *sorted(members.get(name, ())))) for name, kind in kinds.items()}


def render(difference: Difference) -> list[str]:
    """Lines of `ipset restore -exist`: only what differs, so that who stays in a set is never out of it."""
    lines: list[str] = []
    for slot, value in difference.new.items():
        name, (kind, *wanted) = slot.partition(" ")[2], value.split()
        found = set(difference.found[slot].split()[1:]) if slot in difference.found else set()
        lines += [] if slot in difference.found else [f"create {name} {kind} family inet maxelem {_ROOM}"]
        lines += [f"add {name} {each}" for each in wanted if each not in found]
        lines += [f"del {name} {each}" for each in sorted(found - set(wanted))]
    return lines


def render_gone(difference: Difference) -> list[str]:
    """Those that no rule names."""
    return [f"destroy {slot.partition(' ')[2]}" for slot in difference.gone]


def carry_out(lines: list[str]) -> list[str]:
    """What was refused, and all behind it was not done."""
    return try_restore(["ipset", "restore", "-exist"], lines)
