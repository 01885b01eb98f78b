"""Scripts in a world: `on` means what a name stands for when the command runs."""

from __future__ import annotations

import pytest

from labkit.lab.runner import Job, run_script
from labkit.world import World

pytestmark = pytest.mark.world


def test_a_pod_that_is_made_anew_meanwhile_is_the_new_one(lab: World) -> None:
    node = lab.machine("worker1")
    assert node.run("mkdir -p /etc/netns/late && echo nameserver 10.96.0.10 >/etc/netns/late/resolv.conf").status == 0
    assert node.run("ip netns add late").status == 0
    assert lab.machine("late").run("ip -br link").stdout.split()[:2] == ["lo", "DOWN"]
    text = """
    on late ip link set lo up
    on worker1 ip netns del late
    on worker1 ip netns add late
    on late ip -br link
    on late cat /etc/resolv.conf
    """
    assert run_script(node, Job("anew", text, journal=False)).stdout.split()[:2] == ["lo", "DOWN"]
    assert "nameserver 10.96.0.10" in run_script(node, Job("again", text, journal=False)).stdout
    assert lab.machine("late").run("ip -br link").stdout.split()[:2] == ["lo", "DOWN"]


def test_a_pod_that_a_script_makes_is_a_machine_to_it(lab: World) -> None:
    said = run_script(
        lab.machine("worker1"), Job("new", "on worker2 ip netns add born\non born ip -br link", journal=False)
    )
    assert said.stdout.split()[0] == "lo"
