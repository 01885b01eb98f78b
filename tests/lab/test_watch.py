"""Being told when a lab's network has changed, and not running in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.lab.lab import Lab
from labkit.lab.session import start_hidden_lab
from labkit.lab.watch import Watch

pytestmark = pytest.mark.world
SOON = 5.0


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with start_hidden_lab("03-bridge", f"test-watch-{tmp_path.name}"[:40], tmp_path / "journal.jsonl") as lab:
        yield lab


class Watched:
    """A watch in a thread of its own: how often it woke up, what it saw last, the processor time it took."""

    def __init__(self, lab: Lab) -> None:
        self.watch = Watch(lab)
        self.woken, self.seconds, self.begun = 0, 0.0, 0.0
        self.names: set[str] = set()
        self.again = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self._look()
        self.begun = time.thread_time()
        while self.watch.wait():
            self.woken += 1
            self._look()
        self.seconds = time.thread_time() - self.begun
        self.watch.close()

    def _look(self) -> None:
        live = self.watch.read()
        machines = live.network.machines if live else ()
        self.names = {f"{machine.name} {link.name}" for machine in machines for link in machine.links}
        self.names |= {machine.name for machine in machines}
        self.again.set()

    def wait_for(self, name: str, *, there: bool = True) -> None:
        until = time.monotonic() + SOON
        while (name in self.names) != there:
            self.again.clear()
            assert self.again.wait(max(0, until - time.monotonic())) or (name in self.names) == there, self.names


@pytest.fixture
def watched(lab: Lab) -> Iterator[Watched]:
    watched = Watched(lab)
    watched.wait_for("worker1")
    yield watched
    watched.watch.stop()
    watched.thread.join(SOON)
    assert not watched.thread.is_alive()


def do(lab: Lab, script: str) -> None:
    done = lab.world.machine("worker1").run(script)  # not by the lab's own, which writes into the journal
    assert done.status == 0, done.stderr


def test_it_wakes_when_links_and_addresses_come(lab: Lab, watched: Watched) -> None:
    do(lab, "ip link add cni0 type bridge")
    watched.wait_for("worker1 cni0")
    do(lab, "ip link del cni0")
    watched.wait_for("worker1 cni0", there=False)


def test_what_happens_in_a_pod_wakes_it_too(lab: Lab, watched: Watched) -> None:
    do(lab, "ip netns add web; ip link add veth-web type veth peer name eth0 netns web")
    watched.wait_for("web eth0")
    do(lab, "ip -n web link add name inner type bridge")
    watched.wait_for("web inner")


def test_a_pod_without_a_link_is_seen_by_the_journal_s_line(lab: Lab, watched: Watched) -> None:
    assert lab.machine("worker1").run("ip netns add alone").status == 0
    watched.wait_for("alone")


def test_a_watched_pod_can_be_taken_away(lab: Lab, watched: Watched) -> None:
    """A socket in it would keep it alive, and its end of the cable."""
    do(lab, "ip netns add web; ip link add veth-web type veth peer name eth0 netns web")
    watched.wait_for("worker1 veth-web")
    do(
        lab,
        "ip netns del web; for i in $(seq 50); do ip link show veth-web >/dev/null 2>&1 || exit 0; sleep 0.1; done; exit 1",
    )
    watched.wait_for("worker1 veth-web", there=False)


def test_nothing_runs_while_nothing_changes(lab: Lab, watched: Watched) -> None:
    do(lab, "ip link set lo up; ping -c 1 127.0.0.1")  # lo's coming up is an event
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        woken = watched.woken
        time.sleep(1)
        if watched.woken == woken:
            break
    began, cpu = watched.woken, time.process_time()
    do(lab, "ping -c 3 -i 0.2 127.0.0.1 >/dev/null")
    busy = time.process_time() - cpu
    cpu = time.process_time()
    time.sleep(2)
    assert watched.woken == began, "neither packets nor time wake it"
    assert time.process_time() - cpu < 0.01, f"{busy} for a command"


def test_it_goes_on_after_a_reset(lab: Lab, watched: Watched) -> None:
    do(lab, "ip link add cni0 type bridge")
    watched.wait_for("worker1 cni0")
    lab.reset()
    watched.wait_for("worker1 cni0", there=False)
    watched.wait_for("worker1 eth0")
    do(lab, "ip link add later type bridge")
    watched.wait_for("worker1 later")
    lab.down()


def test_it_says_that_the_lab_has_ended(lab: Lab, watched: Watched) -> None:
    lab.down()
    watched.wait_for("worker1", there=False)
