"""How many packets each rule and each chain's policy has seen, straight from nf_tables: quick enough to ask before and after one packet.

nft's rules and those of iptables (nf_tables variant) are counted here; iptables-legacy has tables of its own.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator, Mapping
from typing import Final

from labkit.errors import CannotTell
from labkit.net.machine import Writable
from labkit.net.netfilter.marking import OWN
from labkit.net.netfilter.nfnetlink import (
    GET_CHAIN,
    GET_RULE,
    NETLINK_NETFILTER,
    NEW_CHAIN,
    NEW_RULE,
    dump,
    parse_family,
    parse_number,
    parse_text,
    split_body,
)
from labkit.net.write import netlink

_CHAIN_TABLE, _CHAIN_NAME, _CHAIN_HOOK, _CHAIN_COUNTERS = 1, 3, 4, 8
_RULE_TABLE, _RULE_CHAIN, _RULE_HANDLE, _RULE_EXPRESSIONS = 1, 2, 3, 4
_EXPRESSION_NAME, _EXPRESSION_DATA = 1, 2
_COUNTER_PACKETS: Final = 2

Key = tuple[str, str, str, int]  # family, table, chain, the rule's handle (0: the chain's policy)
Counts = Mapping[Key, int | None]  # packets; None where they are not counted


def read_counters(machine: Writable) -> Counts:
    """Packets of every rule in the order of their chains, and of every base chain's policy.

    Empty where the kernel has no nf_tables. Raises CannotTell.
    """
    try:
        with machine.open_socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as asking:
            return ask_counters(asking)
    except OSError as error:
        if error.errno in (errno.EPROTONOSUPPORT, errno.EINVAL, errno.EOPNOTSUPP):
            return {}
        raise CannotTell(f"netfilter's counters on {machine.name}: {error.strerror}") from error


def ask_counters(asking: socket.socket) -> Counts:
    """The same by a socket of NETLINK_NETFILTER that is there, without the tables that trace something just now. Raises OSError."""
    rules = [_parse_rule(body) for body in dump(asking, GET_RULE, NEW_RULE)]
    chains = [found for body in dump(asking, GET_CHAIN, NEW_CHAIN) for found in _parse_policy(body)]
    return {key: packets for key, packets in rules + chains if not key[1].startswith(OWN)}


def _parse_rule(body: bytes) -> tuple[Key, int | None]:
    found = split_body(body)
    key = (
        parse_family(body),
        parse_text(found[_RULE_TABLE]),
        parse_text(found[_RULE_CHAIN]),
        parse_number(found[_RULE_HANDLE]),
    )
    return key, _find_packets(found.get(_RULE_EXPRESSIONS, b""))


def _find_packets(expressions: bytes) -> int | None:
    """Of the first counter among a rule's expressions; iptables gives every rule one, nft those that say `counter`."""
    for _, expression in netlink.split_attributes(expressions):
        parts = dict(netlink.split_attributes(expression))
        if parse_text(parts.get(_EXPRESSION_NAME, b"")) == "counter":
            return parse_number(dict(netlink.split_attributes(parts[_EXPRESSION_DATA]))[_COUNTER_PACKETS])
    return None


def _parse_policy(body: bytes) -> Iterator[tuple[Key, int | None]]:
    """Of a base chain; only iptables asks for policies to be counted."""
    found = split_body(body)
    if _CHAIN_HOOK in found:
        packets = dict(netlink.split_attributes(found.get(_CHAIN_COUNTERS, b""))).get(_COUNTER_PACKETS)
        key = (parse_family(body), parse_text(found[_CHAIN_TABLE]), parse_text(found[_CHAIN_NAME]), 0)
        yield key, None if packets is None else parse_number(packets)
