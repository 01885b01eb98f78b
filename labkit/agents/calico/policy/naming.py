"""Names of chains and ipsets: short ones as they are, long ones hashed (felix hashutils/id.go, ipsets/ipset_defs.go, libcalico-go lib/hash; release-v3.20)."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from typing import Final

from labkit.agents.calico.policy.model import INGRESS

_CHAIN_MAX: Final = 28
_PLAIN: Final = re.compile(r"[\w./-]+", re.ASCII)
_SET_MAX: Final = 31
_SET: Final = "cali40"  # 4: IPv4; 0: the version of the names
TO_WORKLOAD: Final = "cali-tw-"
FROM_WORKLOAD: Final = "cali-fw-"
_POLICIES: Final = {INGRESS: "cali-pi-"}
_PROFILES: Final = {INGRESS: "cali-pri-"}


def name_chain(prefix: str, name: str) -> str:
    """At most 28 letters; one that begins with _ could be taken for a hash. A name that no API server would let in is hashed, too."""
    whole = len(prefix) + len(name)
    if whole > _CHAIN_MAX or (whole == _CHAIN_MAX and name.startswith("_")) or not _PLAIN.fullmatch(name):
        digest = _encode(hashlib.sha256(name.encode()).digest())
        return f"{prefix}_{digest}"[:_CHAIN_MAX]
    return prefix + name


def name_policy_chain(direction: str, policy: str) -> str:
    """`policy`: as in Policy.name."""
    return name_chain(_POLICIES.get(direction, "cali-po-"), policy)


def name_profile_chain(direction: str, profile: str) -> str:
    """`profile`: kns.NAMESPACE, ksa.NAMESPACE.ACCOUNT."""
    return name_chain(_PROFILES.get(direction, "cali-pro-"), profile)


def name_set(identity: str) -> str:
    """Of an ipset; `identity`: all-ipam-pools, s:HASH."""
    return (_SET + identity)[:_SET_MAX]


@lru_cache(maxsize=8192)
def name_selector_set(selector: str) -> str:
    """Of the addresses that a selector (in its canonical form) means."""
    return name_set(_identify("s", selector))


@lru_cache(maxsize=8192)
def name_port_set(selector: str, protocol: str, port: str) -> str:
    """Of the addresses that have a port of this name, each with its number."""
    return name_set(_identify("n", f"{_identify('s', selector)},{protocol},{port}"))


def _identify(kind: str, content: str) -> str:
    return f"{kind}:{_encode(hashlib.sha224(f'{kind}:{content}'.encode()).digest())}"


def _encode(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
