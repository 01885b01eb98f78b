"""Containers on a node of a world: root, mounts, streams, ends, further processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from labkit.world import Machine, World

pytestmark = [pytest.mark.world, pytest.mark.user]
BEGIN = """
import json, os, subprocess, sys, time
sys.path += ["/.labkit/package", "/.labkit/site"]
from labkit.agents.containers.client import *
from labkit.agents.containers.spec import *
ensure_server()
keeper = Containers()
def spec(name, script, **more):
    return Spec(name, ("sh", "-c", script), {"PATH": os.environ["PATH"], "A": "b"}, f"/var/lib/c/{name}", f"/var/log/c/{name}/0.log", **more)
def run(name, script, **more):
    told = keeper.watch()
    keeper.start(spec(name, script, **more))
    return parse_ended(told.recv(1 << 16))
def read(name):
    return [line.split(" ", 3)[1::2] for line in open(f"/var/log/c/{name}/0.log").read().splitlines()]
"""


@pytest.fixture(scope="module")
def node(lab: World) -> Machine:
    made = lab.machine("worker1")
    assert not made.run(
        "ip netns add p1; mkdir -p /tmp/conf; echo hi >/tmp/conf/Corefile; echo 1.2.3.4 x >/tmp/hosts"
    ).status
    return made


Ask = Callable[[str], Any]


@pytest.fixture
def ask(node: Machine) -> Ask:
    def ask(text: str) -> Any:
        ran = node.run(["python3", "-IS", "-c", f"{BEGIN}\n{text}"], timeout=60)
        assert ran.status == 0, ran.stderr
        return json.loads(ran.stdout)

    return ask


def test_a_container_has_its_own_root_its_mounts_and_its_sandboxs_network(ask: Ask) -> None:
    shown = ask(
        """
mounts = (Mount("/tmp/conf", "/etc/coredns", True), Mount("/tmp/conf", "/data/deep"), Mount("/tmp/hosts", "/etc/hosts"))
script = "hostname; cat /etc/coredns/Corefile /data/deep/Corefile /etc/hosts; ls /sys/class/net; mkdir /own; touch /etc/coredns/x /tmp/y"
life = run("own", script, netns="/run/netns/p1", hostname="web", mounts=mounts)
print(json.dumps([life.status, read("own"), os.path.exists("/own"), os.path.exists("/tmp/y")]))
"""
    )
    status, lines, own, written = shown
    assert (status, own, written) == (1, False, False)
    assert [text for stream, text in lines if stream == "stdout"] == ["web", "hi", "hi", "1.2.3.4 x", "lo"]
    assert [text for stream, text in lines if stream == "stderr"] == [
        "touch: cannot touch '/etc/coredns/x': Read-only file system"
    ]


def test_an_end_tells_status_or_signal_and_takes_all_processes_along(ask: Ask) -> None:
    shown = ask(
        """
first = {run(f"exit{number}", "sleep 1000 & exit 5").status for number in range(20)}  # before anybody can look at it
keeper.start(spec("killed", "(setsid sleep 2000 &) ; exec sleep 1000"))
told = keeper.watch()
keeper.signal("killed", 15)
second = parse_ended(told.recv(1 << 16)).status
until = time.monotonic() + 10  # they have been killed; a busy kernel takes a while to bury them
left = [""]
while left and time.monotonic() < until:
    left = [line for line in os.popen("ps -eo args").read().splitlines() if line in ("sleep 1000", "sleep 2000")]
print(json.dumps([*first, second, left]))
"""
    )
    assert shown == [5, 143, []]


def test_what_can_not_be_started_says_why_and_leaves_nothing(ask: Ask) -> None:
    shown = ask(
        """
try:
    keeper.start(Spec("none", ("nope",), {"PATH": os.environ["PATH"]}, "/var/lib/c/none", "/var/log/c/none/0.log"))
except ContainerError as error:
    print(json.dumps([error.message, "none" in keeper.list_lives()]))
"""
    )
    assert shown == ['exec: "nope": executable file not found in $PATH', False]


def test_a_path_that_an_image_would_have_means_this_machines_program(ask: Ask) -> None:
    shown = ask(
        """
told = keeper.watch()
keeper.start(Spec("path", ("/usr/local/bin/true",), {"PATH": os.environ["PATH"]}, "/var/lib/c/path", "/var/log/c/path/0.log"))
print(json.dumps(parse_ended(told.recv(1 << 16)).status))
"""
    )
    assert shown == 0


def test_one_more_process_is_in_the_container_and_ends_with_its_connection(ask: Ask) -> None:
    shown = ask(
        """
keeper.start(spec("entered", "exec sleep 1000", netns="/run/netns/p1", hostname="db", mounts=(Mount("/tmp/conf", "/conf"),)))
reader, writer = os.pipe()
null = os.open("/dev/null", os.O_RDONLY)
entered = keeper.enter("entered", ["sh", "-c", "hostname; ls /conf; exit 7"], {"PATH": os.environ["PATH"]}, (null, writer, writer))
status = json.loads(entered.connection.recv(100))["status"]
os.close(writer)
said = os.read(reader, 1000).decode()
other = keeper.enter("entered", ["sleep", "3000"], {"PATH": os.environ["PATH"]}, (null, null, null))
ended = os.pidfd_open(other.process)
other.connection.close()
import select
print(json.dumps([status, said, bool(select.select([ended], [], [], 20)[0])]))
keeper.kill("entered")
"""
    )
    assert shown == [7, "db\nCorefile\n", True]


def test_containers_go_on_when_who_started_them_is_gone_and_are_found_again(ask: Ask) -> None:
    ask('keeper.start(spec("stays", "exec sleep 1000")); print(1)')
    shown = ask(
        'life = keeper.list_lives()["stays"]; keeper.kill("stays"); print(json.dumps([life.status, life.process > 1]))'
    )
    assert shown == [None, True]


def test_who_listens_gets_output_and_writes_into_stdin(ask: Ask) -> None:
    shown = ask(
        """
keeper.start(spec("echo", "while read line; do echo got $line; done", stdin=True))
reader, writer = os.pipe()
stdin = keeper.listen("echo", (writer, writer))
os.write(stdin, b"one\\n")
said = os.read(reader, 100).decode()
told = keeper.watch()
os.close(stdin)
keeper.close_stdin("echo")
print(json.dumps([said, parse_ended(told.recv(1 << 16)).status, read("echo")]))
"""
    )
    assert shown == ["got one\n", 0, [["stdout", "got one"]]]


def test_an_ended_container_takes_no_other_process_with_it(ask: Ask) -> None:
    """The kernel gives the number of a mount namespace that is gone to the next one: `ip netns exec` makes such."""
    ended = ask(
        """
told = keeper.watch()
others = []
for at in range(20):
    keeper.start(spec(f"short{at}", "exit 0"))
    others += [subprocess.Popen(["ip", "netns", "exec", "p1", "sleep", "5"]) for _ in range(3)]
    told.recv(1 << 16)
print(json.dumps([each.poll() for each in others]))
for each in others:
    each.kill()
"""
    )
    assert ended == [None] * 60
