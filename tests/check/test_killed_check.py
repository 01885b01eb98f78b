"""`labkit check` and `labkit solve` killed or interrupted at any moment: the lab stays as right as it was (a sample of 408 rounds)."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

import labkit
from labkit import LiveLab
from labkit.world import World, list_worlds
from tests.waiting import wait_until

LAB = "06-cni"
CHECK = "chain_is_complete"  # plugs a pod in, with a port of the node's and a rate
# checks, and the folder where a file shows that they have plugged a pod in; the second calls the learner's plugin itself
PLUGGING = {CHECK: "/var/lib/cni/results", "my_plugin_checks": "/var/lib/cni/my-plugin"}
pytestmark = [pytest.mark.world, pytest.mark.slow, pytest.mark.lab(LAB)]
ROUNDS = 6
BOUND = 40.0  # seconds for all of them
CLI = (sys.executable, "-m", "labkit.cli")
# a check that is killed after bridge and before portmap
BROKEN_OFF = f"""
import os, signal
from labkit.cli.entry import run_command_line
from labkit.cni.call import Caller
call = Caller.call
def break_off(caller, plugin, environment, config):
    if (plugin, environment["CNI_COMMAND"]) == ("portmap", "ADD"):
        os.kill(os.getpid(), signal.SIGKILL)
    return call(caller, plugin, environment, config)
Caller.call = break_off
run_command_line(["check", "{LAB}", "--only", "{CHECK}"])
"""
# leases, what the plugins keep, rules, links: what a pod of a check leaves when its DEL is never made
LOOK = """
find /var/lib/cni -type f ! -name 'last_reserved_ip*' ! -name lock | sort
iptables-save | grep -v -e '^#' -e '^:' | sort
ip -br link | cut -d' ' -f1 | sort
ls /run/netns
"""


@pytest.fixture
def lab() -> Iterator[LiveLab]:
    with labkit.start(LAB) as lab:
        lab.solve()
        yield lab
    with contextlib.suppress(labkit.LabkitError):
        World.attach(LAB).end()


def run_until(ready: Callable[[], object], seconds: float, number: int, *words: str) -> None:
    """A command that gets this signal as soon as something is so, or after so many seconds, unless it has ended by then."""
    with subprocess.Popen([*CLI, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + seconds
        wait_until(lambda: ready() or process.poll() is not None or time.monotonic() > until, 2 * seconds + 20)
        process.send_signal(number)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("check", PLUGGING)
def test_a_check_that_is_ended_leaves_the_lab_as_right_as_it_was(lab: LiveLab, check: str, number: int) -> None:
    """What one leaves the next one collects: bridge, host-local, portmap, bandwidth and a learner's plugin each keep something."""
    began = time.monotonic()
    assert wait_until(lambda: lab.check(check).exit_status == 0, 60)
    usual, chance = time.monotonic() - began, random.Random(number)
    node = lab.machine("worker1")
    before = node.run(LOOK).stdout

    def is_plugged() -> bool:
        return any(not name.startswith(".") for name in node.list_folder(PLUGGING[check]) or ())

    run_until(is_plugged, 60, number, "check", LAB, "--only", check)
    began = time.monotonic()
    for _ in range(ROUNDS):
        if time.monotonic() < began + BOUND:  # a slow machine: fewer rounds
            run_until(lambda: False, usual * chance.uniform(0.2, 1), number, "check", LAB, "--only", check)
    # what the last one had begun may have ended after this one looked
    with contextlib.suppress(AssertionError):
        wait_until(lambda: lab.check(check).exit_status == 0 and node.run(LOOK).stdout == before, 60)
    assert node.run(LOOK).stdout.splitlines() == before.splitlines()
    assert lab.check(check).exit_status == 0


def test_what_a_broken_off_add_left_is_collected(lab: LiveLab) -> None:
    assert wait_until(lambda: lab.check(CHECK).exit_status == 0, 60)
    node = lab.machine("worker1")
    before = node.run(LOOK).stdout.splitlines()
    killed = subprocess.run([sys.executable, "-c", BROKEN_OFF], capture_output=True, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert len(node.run(LOOK).stdout.splitlines()) > len(before), "it left nothing"
    assert wait_until(lambda: lab.check(CHECK).exit_status == 0, 60)
    assert node.run(LOOK).stdout.splitlines() == before


def test_a_solution_that_is_ended_can_be_done_again() -> None:
    chance = random.Random(3)
    labkit.start(LAB).close()
    try:
        for _ in range(3):
            run_until(lambda: False, chance.uniform(0.1, 3), signal.SIGKILL, "solve", LAB)
        if LAB not in list_worlds():
            labkit.start(LAB).close()
        with labkit.attach(LAB) as again:
            again.solve()
            assert wait_until(lambda: again.check(CHECK).exit_status == 0, 60)
    finally:
        World.attach(LAB).end()
