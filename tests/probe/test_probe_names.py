"""DNS: a server on one machine, asked from another."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from labkit.errors import UsageError
from labkit.net import Batch, commit_all
from labkit.probe import ping
from labkit.probe.names import ask_dns
from labkit.world import Machine, MachineSpec, World

pytestmark = pytest.mark.world

SERVER = "10.0.0.2"
ZONE = {"web.example.": ["10.1.0.2", "10.1.0.1"], "many.example.": [f"10.2.{high}.1" for high in range(60)]}
Start = Callable[[Callable[[bytes], bytes]], None]


@pytest.fixture
def world() -> Iterator[World]:
    with World.start(f"test-names-{os.getpid()}", hidden=True) as world:
        world.add_machines([MachineSpec("client", "host"), MachineSpec("server", "host")])
        client, server = (Batch(world.machine(name)) for name in ("client", "server"))
        client.add_link("eth0", kind="veth", up=True, peer="eth0", peer_machine=server.machine)
        client.add_address("10.0.0.1/24", "eth0")
        server.set_link("eth0", up=True)
        server.add_address(f"{SERVER}/24", "eth0")
        commit_all([client, server])
        # a new cable may drop what is sent for up to a second (the kernel's link watch)
        assert any(ping(world.machine("client"), SERVER).reached for _ in range(10))
        yield world
        world.end()


@pytest.fixture
def client(world: World) -> Machine:
    return world.machine("client")


@pytest.fixture
def serve(world: World) -> Iterator[Start]:
    """Starts a server for datagrams and connections on port 53; its function makes a reply of a query."""
    with contextlib.ExitStack() as stack:

        def start(answer: Callable[[bytes], bytes]) -> None:
            for kind, run in ((socket.SOCK_DGRAM, _serve_datagrams), (socket.SOCK_STREAM, _serve_connections)):
                sock = world.machine("server").open_socket(socket.AF_INET, kind)
                sock.bind((SERVER, 53))
                if kind == socket.SOCK_STREAM:
                    sock.listen()
                thread = threading.Thread(target=run, args=(sock, answer))
                thread.start()
                stack.callback(thread.join, 5)
                stack.callback(sock.close)
                stack.callback(_stop, sock)

        yield start


def _stop(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # an unconnected datagram socket says so, and wakes all the same
        sock.shutdown(socket.SHUT_RDWR)


def _serve_datagrams(sock: socket.socket, answer: Callable[[bytes], bytes]) -> None:
    with contextlib.suppress(OSError):
        while query := sock.recvfrom(4096):
            if not query[0]:
                return
            reply = answer(query[0])
            cut = dns.message.make_response(dns.message.from_wire(query[0])) if len(reply) > 512 else None
            if cut:
                cut.flags |= dns.flags.TC
            sock.sendto(cut.to_wire() if cut else reply, query[1])


def _serve_connections(sock: socket.socket, answer: Callable[[bytes], bytes]) -> None:
    with contextlib.suppress(OSError):
        while True:
            with sock.accept()[0] as connection:
                reply = answer(connection.recv(4096)[2:])
                connection.sendall(struct.pack("!H", len(reply)) + reply)


def answer_from_zone(query: bytes) -> bytes:
    reply = dns.message.make_response(message := dns.message.from_wire(query))
    question = message.question[0]
    if addresses := ZONE.get(str(question.name)):
        reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", *addresses))
    else:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


def test_a_name_has_its_records(client: Machine, serve: Start) -> None:
    serve(answer_from_zone)
    answer = ask_dns(client, "web.example", server=SERVER)
    assert (answer.reached, answer.code, answer.records) == (True, "NOERROR", ("10.1.0.1", "10.1.0.2"))
    assert answer.command == f"dig +short @{SERVER} web.example A"


def test_a_name_that_is_not_there_is_an_answer(client: Machine, serve: Start) -> None:
    serve(answer_from_zone)
    answer = ask_dns(client, "nobody.example", server=SERVER)
    assert (answer.reached, answer.code, answer.records) == (True, "NXDOMAIN", ())


def test_an_answer_that_was_cut_is_fetched_whole(client: Machine, serve: Start) -> None:
    serve(answer_from_zone)
    assert len(ask_dns(client, "many.example", server=SERVER).records) == len(ZONE["many.example."])


def test_nobody_listens(client: Machine) -> None:
    answer = ask_dns(client, "web.example", server=SERVER)
    assert not answer.reached
    assert answer.code is None
    assert "refused" in answer.detail


def test_nobody_there(client: Machine) -> None:
    answer = ask_dns(client, "web.example", server="10.0.0.9", timeout=0.4)
    assert (answer.reached, answer.detail) == (False, "no answer from 10.0.0.9 (time-out)")


def test_a_server_that_sends_rubbish(client: Machine, serve: Start) -> None:
    serve(lambda query: query[:2] + b"\xff" * 30)
    answer = ask_dns(client, "web.example", server=SERVER, timeout=0.5)
    assert not answer.reached
    assert "no answer" in answer.detail


@pytest.mark.parametrize(("name", "kind"), [("a" * 64 + ".example", "A"), ("web..example", "A"), ("web", "NOSUCH")])
def test_what_is_no_question(client: Machine, name: str, kind: str) -> None:
    with pytest.raises(UsageError, match="DNS"):
        ask_dns(client, name, server=SERVER, kind=kind)
