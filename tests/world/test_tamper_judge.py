"""What a learner does to programs and files of a machine does not change what the judge sees there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest

from labkit.errors import CannotTell
from labkit.world import Machine, MachineSpec, World

pytestmark = pytest.mark.world

LIAR = "#!/bin/sh\\necho '[]'; echo LIES\\n"
HIDE_PROGRAMS = f"""
mkdir -p /tmp/liar && printf "{LIAR}" > /tmp/liar/ip && cp /tmp/liar/ip /tmp/liar/ping && chmod +x /tmp/liar/*
"""
TRICKS = {
    "PATH": "export PATH=/tmp/liar:$PATH; echo 'PATH=/tmp/liar:$PATH' >> /root/.bashrc; echo 'export PATH=/tmp/liar' > /root/.profile",
    "bind over ip": 'for p in $(type -aP ip ping); do mount --bind /tmp/liar/ip "$(readlink -f "$p")"; done',
    "bind over /usr/bin": "mount --bind /tmp/liar /usr/bin",
    "tmpfs over /usr": "mkdir /tmp/keep; mount -t tmpfs none /usr",
    "tmpfs over /.machine": "mount -t tmpfs none /.machine",
    "umount /.machine": "umount -l /.machine",
    "tmpfs over /proc and /sys": "umount -l /sys; mount -t tmpfs none /sys; mount -t tmpfs none /proc",
    "umount everything": "umount -a -l",
    "preload": "echo /tmp/liar/liar.so > /tmp/preload; mount --bind /tmp/preload /etc/ld.so.preload; export LD_PRELOAD=/tmp/liar/liar.so",
    "rm -rf": "rm -rf --no-preserve-root /root/.* /tmp/* /run/* /etc/* /var/log/* /usr/bin /usr/sbin /root /tmp /run 2>/dev/null",
    "pivot_root": "mount -t tmpfs none /tmp && cd /tmp && mkdir old && pivot_root . old",
    "hostname": "hostname worker9",
}


@pytest.fixture
def fresh(lab: World) -> Iterator[Machine]:
    """A pod for one trick; the other machines must not notice."""
    lab.add_machines([MachineSpec("victim", "pod", "worker1")])
    yield lab.machine("victim")
    lab.remove_machine("victim")


def test_the_liar_lies(fresh: Machine) -> None:
    assert "LIES" in fresh.run(f"{HIDE_PROGRAMS}{TRICKS['bind over ip']}; ip link").stdout


@pytest.mark.parametrize("trick", TRICKS)
def test_the_judge_sees_the_truth_all_the_same(lab: World, fresh: Machine, trick: str) -> None:
    truth = fresh.probe(["ip", "-j", "link"])
    where = fresh.probe(["readlink", "-f", "/proc/self/exe"]).stdout
    elsewhere = lab.machine("web").run("ls / /usr /etc /root; mount; hostname")
    fresh.run(HIDE_PROGRAMS + TRICKS[trick])
    after = fresh.probe(["ip", "-j", "link"])
    assert (after.status, after.stdout) == (0, truth.stdout)
    assert json.loads(after.stdout)[0]["ifname"] == "lo"
    assert fresh.probe(["readlink", "-f", "/proc/self/exe"]).stdout == where
    assert fresh.probe(["hostname"]).stdout != "worker9\n"
    assert lab.machine("web").run("ls / /usr /etc /root; mount; hostname").stdout == elsewhere.stdout


@pytest.mark.parametrize("trick", TRICKS)
def test_the_machine_can_be_taken_away_and_made_again(lab: World, fresh: Machine, trick: str) -> None:
    fresh.run(HIDE_PROGRAMS + TRICKS[trick])
    lab.remove_machine("victim")
    lab.add_machines([MachineSpec("victim", "pod", "worker1")])
    assert lab.machine("victim").run("ip -br link; hostname").stdout.split()[0::4][0] == "lo"


def test_a_killer_of_probes_gets_no_verdict(web: Machine) -> None:
    """Killed at once or as soon as they are seen: the judge says that it cannot tell, and never something wrong."""
    killer = web.start_process("while :; do pkill -KILL -x sleep; done", standard=None)
    outcomes = set()
    try:
        until = time.monotonic() + 3
        while "killed" not in outcomes and time.monotonic() < until:
            try:
                outcomes.add("ran" if web.probe(["sleep", "0.2"]).status == 0 else "wrong")
            except CannotTell as error:
                outcomes.add("killed" if "signal 9" in error.message else error.message)
    finally:
        killer.stop()
        killer.wait(20)  # closing alone leaves it up to 0.6 s, in which it would meet the next test's probe
        killer.close()
    assert "killed" in outcomes
    assert outcomes <= {"ran", "killed"}


def test_a_stopped_probe_gets_no_verdict(web: Machine) -> None:
    stopper = threading.Thread(target=web.run, args=("until pkill -STOP -x sleep; do :; done",), kwargs={"timeout": 3})
    stopper.start()
    with pytest.raises(CannotTell, match="did not end within"):
        web.probe(["sleep", "0.9"], timeout=1.5)
    stopper.join()


def test_a_probe_that_does_not_exist_gets_no_verdict(web: Machine) -> None:
    with pytest.raises(CannotTell, match="No such file"):
        web.probe(["no-such-program"])


def test_the_judge_is_in_the_machines_network_only(web: Machine) -> None:
    inside, judge = (
        each(["readlink", "/proc/self/ns/net", "/proc/self/ns/mnt", "/proc/self/ns/user"])
        for each in (web.run, web.probe)
    )
    assert inside.stdout.split()[0] == judge.stdout.split()[0]
    assert not set(inside.stdout.split()[1:]) & set(judge.stdout.split()[1:])
