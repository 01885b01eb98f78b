"""Policies in Calico's form, whoever wrote them: Kubernetes' NetworkPolicy and Calico's own kinds become these (libcalico-go lib/backend/model, release-v3.20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

INGRESS: Final = "ingress"
EGRESS: Final = "egress"
DIRECTIONS: Final = (INGRESS, EGRESS)
LAST: Final = float("inf")  # the order of a policy that names none
PORT_MAX: Final = 65535


@dataclass(frozen=True)
class Ports:
    """Any of these: numbers (from, to), or names of pods' ports."""

    numbers: tuple[tuple[int, int], ...] = ()
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.numbers or self.names)


@dataclass(frozen=True)
class Side:
    """What a rule asks of one end; all that is not empty has to hold. Selectors are those of endpoints, with the namespace in them."""

    selector: str = ""
    not_selector: str = ""
    nets: tuple[str, ...] = ()
    not_nets: tuple[str, ...] = ()
    ports: Ports = field(default_factory=Ports)
    not_ports: Ports = field(default_factory=Ports)


@dataclass(frozen=True)
class Rule:
    """`action`: allow, deny, pass or log; `protocol`: a name in small letters or a number, empty for all; `icmp`: TYPE or TYPE/CODE."""

    action: str = "allow"
    protocol: str = ""
    not_protocol: str = ""
    icmp: str = ""
    not_icmp: str = ""
    source: Side = field(default_factory=Side)
    destination: Side = field(default_factory=Side)


@dataclass(frozen=True)
class Policy:
    """`name`: NAMESPACE/NAME, or NAME of a global one. `ingress`, `egress`: its rules; None where it says nothing about that direction."""

    name: str
    selector: str
    order: float = LAST
    ingress: tuple[Rule, ...] | None = None
    egress: tuple[Rule, ...] | None = None

    def list_rules(self, direction: str) -> tuple[Rule, ...] | None:
        """Of one of DIRECTIONS."""
        return self.ingress if direction == INGRESS else self.egress


@dataclass(frozen=True)
class Endpoint:
    """A pod, or a set of networks (then without `link`). `ports`: name, protocol, number; `profiles`: what it falls back to."""

    name: str
    labels: Mapping[str, str]
    nets: tuple[str, ...]
    link: str = ""
    node: str = ""
    ports: tuple[tuple[str, str, int], ...] = ()
    profiles: tuple[str, ...] = ()
