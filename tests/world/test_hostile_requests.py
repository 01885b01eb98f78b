"""Whatever arrives on its socket, PID 1 lives, answers the next request, and holds no descriptor more than before."""

from __future__ import annotations

import array
import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.errors import UsageError, WorldError
from labkit.world import MachineSpec, World
from labkit.world.connection import plan_address
from labkit.world.inside.command_operations import CommandOperations
from labkit.world.inside.machine_operations import MachineOperations
from labkit.world.inside.world_operations import WorldOperations
from labkit.world.wire import MAX_BYTES

pytestmark = pytest.mark.world

REPOSITORY = Path(__file__).parents[2]
NOTHING: Any = None
OPS = sorted(
    op
    for operations in (
        WorldOperations({}, NOTHING, NOTHING),
        MachineOperations(NOTHING),
        CommandOperations(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING),
    )
    for op in operations.plan_table()
)
SAFE = [op for op in OPS if op not in ("end", "refuse", "keep")]
KEYS = ("op", "id", "machine", "machines", "argv", "environment", "names", "terminal", "judge", "namespaces", "journal", "number",
        "family", "type", "protocol", "first", "changes", "entry", "name", "kind", "node", "files", "sysctls")  # fmt: skip
WORDS = st.sampled_from(
    [*SAFE, "web", "worker1", "pod", "node", "true", "bash", "", "..", "\0", "\ud800", "x" * 70, "__class__", "PATH"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**31, 2**63, 2**64, -(2**63), 10**4000])
    | st.floats()
    | WORDS
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)
REQUESTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8)
LIKELY = st.fixed_dictionaries(
    {"op": st.sampled_from(SAFE)},
    optional={
        "machine": st.sampled_from(["web", "worker1", "fabric", "nobody"]) | VALUES,
        "argv": st.just(["true"]) | st.lists(WORDS, max_size=3) | VALUES,
        "machines": st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6), max_size=3) | VALUES,
        "environment": VALUES, "names": VALUES, "terminal": VALUES, "judge": VALUES, "namespaces": VALUES, "journal": VALUES,
        "number": st.integers() | VALUES, "family": st.sampled_from([1, 2, 10, 16, 17]) | VALUES, "type": st.sampled_from([1, 2, 3, 5]) | VALUES,
        "protocol": st.integers(-1, 300) | VALUES, "first": VALUES, "changes": VALUES, "entry": VALUES,
    },
)  # fmt: skip
FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)


def send(sock: socket.socket, data: bytes, descriptors: Sequence[int] = ()) -> None:
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    sock.sendmsg([data], rights, socket.MSG_NOSIGNAL)


def receive(sock: socket.socket) -> dict[str, Any] | None:
    """One answer, its descriptors closed; None for a closed connection."""
    try:
        data, ancillary, _, _ = sock.recvmsg(MAX_BYTES + 1, 4096)
    except ConnectionResetError:
        return None
    for _, _, numbers in ancillary:
        for descriptor in array.array("i", numbers):
            os.close(descriptor)
    answer: dict[str, Any] | None = json.loads(data) if data else None
    return answer


def connect(world: World) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    sock.connect(plan_address(world.name, hidden=True))
    sock.settimeout(30)
    return sock


def count(world: World) -> int:
    return min(int(world.ask("count")[0]["descriptors"]) for _ in range(5))


@pytest.fixture
def unharmed(lab: World) -> Iterator[World]:
    """The lab, which must be the same afterwards."""
    before = lab.pid, {each.name for each in lab.machines()}, count(lab)
    yield lab
    for each in lab.machines():  # a right request may have made some
        if each.name not in before[1]:
            lab.remove_machine(each.name)
    assert (lab.ask("hello")[0]["pid"], {each.name for each in lab.machines()}, count(lab)) == before
    assert lab.machine("web").run("echo well").stdout == "well\n"


@contextlib.contextmanager
def stray_descriptors() -> Iterator[list[int]]:
    """One of each sort."""
    reader, writer = os.pipe()
    found = [
        reader,
        writer,
        os.open("/dev/null", os.O_RDWR),
        os.open("/", os.O_RDONLY),
        os.memfd_create("x"),
        os.eventfd(0),
    ]
    found += [os.pidfd_open(os.getpid()), *(each.detach() for each in socket.socketpair())]
    try:
        yield found
    finally:
        for descriptor in found:
            os.close(descriptor)


MALFORMED = {
    "nothing": b"",
    "no JSON": b"\x00\xff\x80",
    "half": b'{"op":"hello"',
    "two": b'{"op":"hello"}{"op":"hello"}',
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "not a number": b'{"op":"meta","changes":{"a":NaN,"b":Infinity}}',
    "huge number": b'{"op":"hello","id":' + b"9" * 100_000 + b"}",
    "no UTF-8": b'{"op":"\xff\xfe"}',
    "surrogate": b'{"op":"run","machine":"\\ud800","argv":["\\ud800"]}',
    "deep lists": b'{"op":' + b"[" * 70_000,
    "deep lists closed": b'{"op":"meta","changes":{"a":' + b"[" * 900 + b"]" * 900 + b"}}",
    "deeper lists closed": b'{"op":"meta","changes":{"a":' + b"[" * 60_000 + b"]" * 60_000 + b"}}",
    "deep objects": b'{"a":' * 30_000,
    "op of a Python object": b'{"op":"_class__"}',
    "op with dots": b'{"op":"hello.__func__"}',
    "oversized": b'{"op":"hello","pad":"' + b"x" * MAX_BYTES + b'"}',
    "far too large": b"x" * 400_000,
    "equal keys": b'{"op":"hello","op":"list","op":7}',
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(unharmed: World, name: str) -> None:
    with connect(unharmed) as sock, stray_descriptors() as stray:
        for descriptors in ((), stray):
            send(sock, MALFORMED[name], descriptors)
            answer = receive(sock)
            if answer is None:  # closed: an empty packet looks like the end of the connection
                return
            assert "error" in answer or "ok" in answer


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[World]:
    """A world of which nothing need remain but PID 1; in the end without its machines it holds no more than at first."""
    with World.start(f"fuzzed-{os.getpid()}", hidden=True) as world:
        before = count(world)
        world.add_machines([MachineSpec("worker1", "node"), MachineSpec("web", "pod", "worker1")])
        yield world
        for each in world.machines():
            with contextlib.suppress(UsageError):  # a pod goes with its node
                world.remove_machine(each.name)
        assert count(world) == before
        world.end()


@FUZZ
@given(data=st.binary(max_size=300))
def test_random_bytes(fuzzed: World, data: bytes) -> None:
    with connect(fuzzed) as sock:
        send(sock, data)
        answer = receive(sock)
        assert answer is None or "error" in answer


@FUZZ
@given(requests=st.lists(REQUESTS | LIKELY, min_size=1, max_size=4), stray=st.integers(0, 6))
def test_random_requests(fuzzed: World, requests: list[dict[str, Any]], stray: int) -> None:
    requests = [request for request in requests if request.get("op") not in ("end", "refuse")]
    with connect(fuzzed) as sock, stray_descriptors() as descriptors:
        for request in requests:
            try:
                data = json.dumps(request).encode()
            except ValueError:  # more digits than Python writes
                continue
            send(sock, data, descriptors[:stray])
            answer = receive(sock)
            while answer is not None and "exit" in answer:
                answer = receive(sock)
            assert answer is None or "error" in answer or "ok" in answer
    assert fuzzed.ask("hello")[0]["pid"] == fuzzed.pid
    assert fuzzed.read_trouble() == []


@pytest.mark.parametrize("op", [op for op in SAFE if op != "remove"])
def test_stray_descriptors_are_closed(unharmed: World, op: str) -> None:
    with stray_descriptors() as stray:
        for descriptors in ((), stray[:3], stray):
            with connect(unharmed) as sock:
                request = {
                    "op": op,
                    "machine": "web",
                    "argv": ["true"],
                    "machines": [{}],
                    "terminal": len(descriptors) == 3,
                }
                send(sock, json.dumps(request).encode(), descriptors)
                assert receive(sock) is not None


def test_a_packet_of_253_descriptors(unharmed: World) -> None:
    taken = [os.open("/dev/null", os.O_RDONLY) for _ in range(253)]
    try:
        with connect(unharmed) as sock:
            send(sock, b'{"op":"hello"}', taken)
            answer = receive(sock)
            assert answer is not None
            assert "64 descriptors" in answer["error"]
    finally:
        for descriptor in taken:
            os.close(descriptor)


@pytest.mark.parametrize("given", [0, 1, 2, 4])
def test_commands_with_the_wrong_number_of_descriptors(unharmed: World, given: int) -> None:
    said = f"{given} descriptors for stdin, stdout, stderr and 0 names"
    with (
        stray_descriptors() as stray,
        contextlib.closing(unharmed.connect()) as connection,
        pytest.raises(UsageError, match=said),
    ):
        connection.ask("run", stray[:given], machine="web", argv=["true"])


def test_commands_with_descriptors_of_the_wrong_kind(unharmed: World) -> None:
    with stray_descriptors() as stray:
        connection = unharmed.connect()
        connection.ask("run", stray[3:6], machine="web", argv=["bash", "-c", "read x; echo x; exit 7"])
        assert connection.wait_exit(20) is not None
        connection.close()


@pytest.mark.parametrize("kind", range(9))
def test_what_cannot_be_drained(unharmed: World, kind: int) -> None:
    """Files and folders are refused, the rest is read until it ends; neither blocks PID 1."""
    with stray_descriptors() as stray:
        with contextlib.closing(unharmed.connect()) as connection, contextlib.suppress(UsageError):
            connection.ask("drain", [stray[kind]])
        assert unharmed.ask("hello")[0]["pid"] == unharmed.pid
        os.write(stray[1], b"x")


def test_hundreds_of_connections_that_say_nothing(unharmed: World) -> None:
    socks = [connect(unharmed) for _ in range(300)]
    assert unharmed.machine("web").run("echo served").stdout == "served\n"
    for sock in socks:
        sock.close()


def test_more_connections_than_are_allowed(unharmed: World) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with contextlib.ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        socks = [stack.enter_context(connect(unharmed)) for _ in range(1100)]
        assert unharmed.ask("hello")[0]["pid"] == unharmed.pid
        send(socks[0], b'{"op":"hello"}')
        assert receive(socks[0]) is not None
        assert socks[-1].recv(1) == b""  # turned away
        with pytest.raises(WorldError):
            unharmed.machine("web").run("true")


def test_a_client_that_never_reads(unharmed: World) -> None:
    with connect(unharmed) as deaf:
        deaf.setblocking(False)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(100_000):
                try:
                    send(deaf, b'{"op":"list"}')
                except BlockingIOError:
                    assert unharmed.ask("hello")[0]["pid"] == unharmed.pid
            pytest.fail("PID 1 should have hung up")


def test_connections_that_hang_up_at_once(unharmed: World) -> None:
    """In the middle of a request, of a command, of its end."""
    with stray_descriptors() as stray:
        for number in range(150):
            with connect(unharmed) as sock:
                send(
                    sock,
                    json.dumps(
                        {"op": "run", "machine": "web", "argv": ["true"] if number % 3 else ["sleep", "60"]}
                    ).encode(),
                    [stray[2]] * 3,
                )
                if number % 2:
                    receive(sock)
    assert unharmed.machine("web").run("sleep 0.5; pgrep -x sleep").stdout.count("\n") <= 1


# --- few descriptors


FEW = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (120, 120))
from labkit.errors import WorldError
from labkit.world import MachineSpec, World
with World.start(sys.argv[1], hidden=True) as world:
    world.add_machines([MachineSpec("h", "host")])
    try:
        world.add_machines([MachineSpec(f"m{n}", "host") for n in range(60)])
        print("made")
    except WorldError as error:
        print(error.message)
    print(len(world.machines()), world.machine("h").run("echo fine").stdout.strip())
    clients = []
    try:
        for _ in range(102):
            clients.append(world.connect())
            clients[-1].ask("hello")
        print("all came in")
    except WorldError as error:
        print("turned away")
    print(world.ask("hello")[0]["name"] == sys.argv[1])
    for client in clients:
        client.close()
    print(world.machine("h").run("echo fine").stdout.strip())
    world.end()
"""


def test_a_pid_1_that_runs_out_of_descriptors() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FEW, f"few-{os.getpid()}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        timeout=120,
    )
    assert ran.stdout.splitlines() == [
        "too many open files: fewer machines, or a higher `ulimit -n`", "1 fine", "turned away", "True", "fine",
    ], ran.stderr  # fmt: skip
