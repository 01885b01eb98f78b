"""Echo requests as bytes, and what comes back for them, also when it is cut short."""

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.probe import icmp

TOKEN = b"8 bytes!"


def make_ip(payload: bytes, *, protocol: int = 1, offset: int = 0, options: bytes = b"") -> bytes:
    first = 0x40 | (20 + len(options)) // 4
    head = struct.pack("!BBHHHBBH", first, 0, 20 + len(options) + len(payload), 0, offset, 64, protocol, 0)
    return head + socket.inet_aton("10.0.0.1") + socket.inet_aton("10.0.0.2") + options + payload


@pytest.mark.parametrize("size", [8, 9, 56, 1472])
def test_an_echo_request_is_valid_and_bears_its_token(size: int) -> None:
    echo = icmp.pack_echo(TOKEN, size=size)
    assert len(echo) == 8 + size
    assert icmp.compute_checksum(echo) == 0
    packet = icmp.parse_packet(make_ip(echo))
    assert packet == icmp.Packet("10.0.0.1", "10.0.0.2", icmp.ECHO, 0, 0, TOKEN)


def test_the_checksum_is_that_of_rfc_1071() -> None:
    assert icmp.compute_checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xDDF2 ^ 0xFFFF


def test_options_in_the_header_do_not_hide_the_token() -> None:
    packet = icmp.parse_packet(make_ip(icmp.pack_echo(TOKEN, size=8), options=bytes(8)))
    assert packet is not None
    assert packet.token == TOKEN


def test_an_error_bears_the_token_of_the_packet_complained_about() -> None:
    quoted = make_ip(icmp.pack_echo(TOKEN, size=56))
    packet = icmp.parse_packet(make_ip(struct.pack("!BBHHH", 3, 4, 0, 0, 1400) + quoted))
    assert packet == icmp.Packet("10.0.0.1", "10.0.0.2", icmp.UNREACHABLE, icmp.FRAGMENTATION_NEEDED, 1400, TOKEN)


def test_other_protocols_and_later_fragments_are_none_of_ours() -> None:
    echo = icmp.pack_echo(TOKEN, size=56)
    assert icmp.parse_packet(make_ip(echo, protocol=17)) is None
    assert icmp.parse_packet(make_ip(echo, offset=185)) is None
    assert icmp.parse_packet(make_ip(struct.pack("!BBHHH", 3, 1, 0, 0, 0) + make_ip(echo, protocol=6))) is None


@given(st.binary(max_size=120))
def test_whatever_comes_is_parsed_or_refused(data: bytes) -> None:
    packet = icmp.parse_packet(data)
    assert packet is None or len(packet.token) == icmp.TOKEN_BYTES


@given(st.integers(0, 91))
def test_a_packet_cut_short_is_refused(length: int) -> None:
    whole = make_ip(struct.pack("!BBHHH", 11, 0, 0, 0, 0) + make_ip(icmp.pack_echo(TOKEN, size=56)))
    packet = icmp.parse_packet(whole[:length])
    assert (packet is not None) == (length >= 20 + 8 + 20 + 8 + 8)
