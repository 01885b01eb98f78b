"""BIRD in the background: as it is called, and on a machine, where birdc answers and a slip in the conf is told in BIRD's words."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from labkit.daemons.daemon import Succeeds, Wish, plan_daemon
from labkit.lab.outfit import find_outfit
from labkit.world import Machine, MachineSpec, World

BIRD = shutil.which("bird", path="/usr/sbin:/usr/bin")
needs_bird = pytest.mark.skipif(not BIRD, reason="no BIRD here: apt-get install bird2")
CONF = "router id 10.0.0.1; protocol device {} protocol static mine { ipv4; route 10.1.0.0/16 blackhole; }"


def test_it_is_asked_by_its_socket() -> None:
    daemon = plan_daemon(Wish("bird", "bird", {"socket": "/run/calico/bird.ctl"}, ("-R",)))
    assert daemon.argv == (
        "bird", "-d", "-c", "/etc/bird/bird.conf", "-s", "/run/calico/bird.ctl", "-P", "/run/calico/bird.pid", "-R",
    )  # fmt: skip
    assert daemon.ready == Succeeds(("birdc", "-s", "/run/calico/bird.ctl", "show", "status"))


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with World.start(f"bird-{os.getpid()}", outfit=find_outfit(), hidden=True) as world:
        world.add_machines([MachineSpec("speaker", "node")])
        yield world.machine("speaker")
        world.end()


@pytest.mark.world
@needs_bird
def test_birdc_answers_until_it_is_stopped(machine: Machine) -> None:
    machine.run("cat >/etc/bird/bird.conf", stdin=CONF)
    assert machine.run("daemon start bird", timeout=60).status == 0
    assert "10.1.0.0/16" in machine.run("birdc show route").stdout
    assert machine.run("daemon stop bird", timeout=60).status == 0
    assert machine.run("birdc show route").status == 1


@pytest.mark.world
@needs_bird
def test_a_slip_in_the_conf_is_told_in_birds_own_words(machine: Machine) -> None:
    machine.run("cat >/etc/bird/bird.conf", stdin=CONF.replace("blackhole", "blackhol"))
    told = machine.run("daemon start bird", timeout=60)
    assert told.status == 1
    assert "syntax error" in told.stderr
