"""Felix as an agent: one look at objects and kernel, and what follows from it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from labkit.agents.calico.facts import KINDS, Facts, read_facts
from labkit.agents.calico.felix.devices import ensure_tunnel
from labkit.agents.calico.felix.health import Health
from labkit.agents.calico.felix.parts import Repairs
from labkit.agents.calico.felix.settings import plan_settings
from labkit.agents.calico.felix.site import Site, read_site
from labkit.agents.calico.following import Agent, find_node_name
from labkit.agents.calico.mirrored import MirroredStore
from labkit.agents.calico.plugin import MTU_FILE
from labkit.agents.calico.policy import policing
from labkit.agents.calico.probes import STARTED
from labkit.agents.calico.store import Store
from labkit.agents.calico.tunnels import ensure_tunnel_addresses

_REFRESH: Final = 10.0  # seconds; Felix's own: 90 for routes and iptables, 10 for ipsets


class _Felix:
    """What it remembers from one look to the next."""

    def __init__(self) -> None:
        self._repairs = Repairs()
        self._site: Site | None = None
        self._said: dict[str, set[str]] = {}

    def look(self, store: Store) -> bool:
        """Whether the kernel is as it shall be now. Raises LabkitError."""
        name, facts = find_node_name(), read_facts(store)
        if ensure_tunnel_addresses(store, facts, name):
            facts = read_facts(store)
        settings, idle = plan_settings(facts, name, os.environ)
        self._say_once(idle, "idle")
        self._site = read_site(facts, name, self._read_policing(store, facts), settings)
        ensure_tunnel(self._site)
        _write_mtu(self._site)
        return self._repairs.repair(lambda: self._find_site(store), FELIX.say)

    def _find_site(self, store: Store) -> Site:
        """As it is now: a look takes a while, and a change of policy does not wait for its end."""
        if isinstance(store, MirroredStore) and store.bell.quiet():
            self.hasten(store)
        assert self._site
        return self._site

    def hasten(self, store: Store) -> None:
        """Policy is in force before anything is read; the look comes after. Raises LabkitError."""
        facts = read_facts(store)
        own = facts.find_node(find_node_name())
        if self._site and own:
            police = self._read_policing(store, facts)
            if police != self._site.policing:
                self._site = replace(self._site, facts=facts, own=own, policing=police)
                self._repairs.guess(self._site, FELIX.say)

    def _read_policing(self, store: Store, facts: Facts) -> policing.Policing | None:
        police = policing.read_policing(store, facts.workloads)
        self._say_once(police.refused if police else (), "refused")
        return police

    def _say_once(self, lines: Iterable[str], kind: str) -> None:
        """What can't be read, or does not act, is said once, as long as it stays so."""
        now = set(lines)
        for line in sorted(now - self._said.get(kind, set())):
            FELIX.say(line)
        self._said[kind] = now


def _write_mtu(site: Site) -> None:
    """For the CNI plugin: what fits for pods that are made from now on."""
    path, text = Path(MTU_FILE), str(site.pod_mtu)
    if not path.exists() or path.read_text(encoding="ascii") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")
        FELIX.say(f"{path}: {text}")


_HEALTH: Final = Health()
_FELIX: Final = _Felix()


def _begin() -> None:
    STARTED.parent.mkdir(parents=True, exist_ok=True)
    STARTED.write_text(find_node_name(), encoding="utf-8")
    _HEALTH.serve()


FELIX: Final = Agent(
    "felix",
    _FELIX.look,
    _REFRESH,
    (*KINDS, *policing.KINDS),
    kernel=True,
    begin=_begin,
    report=_HEALTH.report,
    hasten=_FELIX.hasten,
)
