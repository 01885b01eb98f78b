"""One table of iptables as Felix wants it, and the comments by which its rules are known again (felix iptables/rules.go, table.go; release-v3.20)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

_LETTERS: Final = 16


@dataclass(frozen=True)
class Table:
    """`chains`: Calico's own; of the kernel's chains, what is put before everything else (`inserted`) and behind it (`appended`)."""

    chains: Mapping[str, Sequence[str]]
    inserted: Mapping[str, Sequence[str]] = field(default_factory=dict)
    appended: Mapping[str, Sequence[str]] = field(default_factory=dict)


Tables = Mapping[str, Table]


def hash_rules(chain: str, rules: Sequence[str]) -> tuple[str, ...]:
    """A rule's comment: it says which rule of which chain after which others this is, in Felix's own way."""
    return _hash(chain, tuple(rules))


def hash_appended(chain: str, rules: Sequence[str]) -> tuple[str, ...]:
    """The same for those behind everything else in a chain of the kernel's."""
    return _hash(f"{chain}*appends*", tuple(rules))


@lru_cache(maxsize=16384)
def _hash(chain: str, rules: tuple[str, ...]) -> tuple[str, ...]:
    hashes, before = [], hashlib.sha224(chain.encode()).digest()
    for rule in rules:
        before = hashlib.sha224(before + f"-A {chain} HASH {rule}".encode()).digest()
        hashes.append(f"cali:{base64.urlsafe_b64encode(before).decode()[:_LETTERS]}")
    return tuple(hashes)
