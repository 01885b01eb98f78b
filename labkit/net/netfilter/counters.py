"""How many packets each rule and each chain's policy has seen, straight from nf_tables: quick enough to ask before and after one packet.

nft's rules and those of iptables (nf_tables variant) are counted here; iptables-legacy has tables of its own.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Final

from labkit.errors import CannotTell
from labkit.net.machine import Writable
from labkit.net.write import netlink
from labkit.net.write.netlink import Message

NETLINK_NETFILTER: Final = 12
_SUBSYSTEM: Final = 10 << 8  # NFNL_SUBSYS_NFTABLES, linux/netfilter/nfnetlink.h
_NEW_CHAIN: Final = _SUBSYSTEM | 3  # linux/netfilter/nf_tables.h, as all below
_GET_CHAIN: Final = _SUBSYSTEM | 4
_NEW_RULE: Final = _SUBSYSTEM | 6
_GET_RULE: Final = _SUBSYSTEM | 7
_CHAIN_TABLE, _CHAIN_NAME, _CHAIN_HOOK, _CHAIN_COUNTERS = 1, 3, 4, 8
_RULE_TABLE, _RULE_CHAIN, _RULE_HANDLE, _RULE_EXPRESSIONS = 1, 2, 3, 4
_EXPRESSION_NAME, _EXPRESSION_DATA = 1, 2
_COUNTER_PACKETS: Final = 2
_GENERAL: Final = struct.Struct("!BBH")  # struct nfgenmsg: family, version, resource
_FAMILIES: Final = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
_DONE: Final = 3
_ERROR: Final = 2
_BUFFER: Final = 1 << 18

Key = tuple[str, str, str, int]  # family, table, chain, the rule's handle (0: the chain's policy)
Counts = Mapping[Key, int | None]  # packets; None where they are not counted


def read_counters(machine: Writable) -> Counts:
    """Packets of every rule in the order of their chains, and of every base chain's policy.

    Empty where the kernel has no nf_tables. Raises CannotTell.
    """
    try:
        with machine.open_socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as asking:
            rules = [_parse_rule(body) for body in _dump(asking, _GET_RULE, _NEW_RULE)]
            chains = [found for body in _dump(asking, _GET_CHAIN, _NEW_CHAIN) for found in _parse_policy(body)]
    except OSError as error:
        if error.errno in (errno.EPROTONOSUPPORT, errno.EINVAL, errno.EOPNOTSUPP):
            return {}
        raise CannotTell(f"netfilter's counters on {machine.name}: {error.strerror}") from error
    return dict(rules + chains)


def _dump(asking: socket.socket, question: int, answer: int) -> Iterator[bytes]:
    asking.send(netlink.pack(Message(question, netlink.NLM_F_DUMP, _GENERAL.pack(0, 0, 0)), 1))
    while True:
        for kind, _, _, body in netlink.split_messages(asking.recv(_BUFFER)):
            if kind == _DONE:
                return
            if kind == _ERROR:
                number = -struct.unpack_from("=i", body)[0]
                raise OSError(number, os.strerror(number))
            if kind == answer:
                yield body


def _parse_rule(body: bytes) -> tuple[Key, int | None]:
    found = dict(netlink.split_attributes(body, _GENERAL.size))
    key = (_parse_family(body), _text(found[_RULE_TABLE]), _text(found[_RULE_CHAIN]), _number(found[_RULE_HANDLE]))
    return key, _find_packets(found.get(_RULE_EXPRESSIONS, b""))


def _find_packets(expressions: bytes) -> int | None:
    """Of the first counter among a rule's expressions; iptables gives every rule one, nft those that say `counter`."""
    for _, expression in netlink.split_attributes(expressions):
        parts = dict(netlink.split_attributes(expression))
        if _text(parts.get(_EXPRESSION_NAME, b"")) == "counter":
            return _number(dict(netlink.split_attributes(parts[_EXPRESSION_DATA]))[_COUNTER_PACKETS])
    return None


def _parse_policy(body: bytes) -> Iterator[tuple[Key, int | None]]:
    """Of a base chain; only iptables asks for policies to be counted."""
    found = dict(netlink.split_attributes(body, _GENERAL.size))
    if _CHAIN_HOOK in found:
        packets = dict(netlink.split_attributes(found.get(_CHAIN_COUNTERS, b""))).get(_COUNTER_PACKETS)
        key = (_parse_family(body), _text(found[_CHAIN_TABLE]), _text(found[_CHAIN_NAME]), 0)
        yield key, None if packets is None else _number(packets)


def _parse_family(body: bytes) -> str:
    return _FAMILIES.get(body[0], str(body[0]))


def _text(value: bytes) -> str:
    return value.partition(b"\0")[0].decode(errors="replace")


def _number(value: bytes) -> int:
    return int.from_bytes(value, "big")
