"""Whole labs on Debian's kernel, and the packet that travels there as it does on this machine."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.vm.inside import REPOSITORY, Inside

pytestmark = [pytest.mark.vm, pytest.mark.alone, pytest.mark.timeout(6000)]
MINUTES = 60.0  # of an idle machine, in which a VM has started, solved or checked a lab by far

Say = Callable[[str], str]
IPIP = "11-calico-ipip"
# What differs between two packets of one kind, and the stand-in's own end of tunl0.
DRAWN = {"id", "chksum", "load"}
STAND_IN = "tunl0-ipip"


def solve(inside: Inside, lab: str) -> None:
    for command in ("start", "solve", "check"):
        inside.expect(f"labkit {command} {lab}", 10 * MINUTES)


def test_a_lab_is_solved_and_checked_and_its_cables_can_be_slow(inside: Inside) -> None:
    solve(inside, "02-routing")
    inside.expect("labkit exec 02-routing router1 -- tc qdisc add dev eth1 root netem delay 20ms", MINUTES)
    said = inside.expect("labkit exec 02-routing web -- ping -q -c 10 -i 0.2 10.20.3.10", 2 * MINUTES)
    assert 20 <= float(said.rpartition(" = ")[2].partition("/")[0]) < 40  # the shortest: one of the two ways is slow
    inside.expect("labkit down 02-routing", MINUTES)


def test_links_of_a_definition_are_slow_and_tunnels_the_kernels(inside: Inside) -> None:
    """The tests that are refused or carried by a stand-in on a kernel that lacks it."""
    said = inside.expect(
        "python -m pytest -n0 -q -p no:cacheprovider tests/fabric/test_fabric.py tests/agents/ipip -k 'delay or ipip' -rA",
        20 * MINUTES,
    )
    assert "test_delay_is_kept_or_refused_clearly" in said
    assert " failed" not in said


def test_lab_11_is_solved_on_the_kernels_ipip_and_its_packets_travel_as_with_the_stand_in(inside: Inside) -> None:
    realm = {**os.environ, "LABKIT_REALM": f"{os.environ['LABKIT_REALM']}-here"}  # journals of both lie in one folder

    def here(command: str) -> str:
        return subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, check=True, cwd=REPOSITORY, env=realm
        ).stdout

    try:
        there = read_journey(lambda command: inside.expect(command, 10 * MINUTES))
        kind = inside.expect(f"labkit exec {IPIP} playcekube-worker01 -- ip -d link show tunl0", MINUTES)
        assert "ipip" in kind
        assert there == read_journey(here)
    finally:
        here(f"labkit down {IPIP} || true")
    for command in ("solve", "check"):
        inside.expect(f"labkit {command} {IPIP}", 10 * MINUTES)


def read_journey(say: Say) -> list[Any]:
    """What is seen of one ping and its answer, from the IP layer up, once packets are wrapped where a router is between."""
    say(f"labkit start {IPIP} && labkit solve {IPIP} --to cross-subnet")
    journey = json.loads(say(f"labkit journey {IPIP} web db --json"))
    return [
        (
            hop["machine"],
            hop["link"],
            hop["direction"],
            [strip(layer) for layer in hop["layers"] if layer["name"] != "Ether"],
        )
        for hop in (*journey["hops"], *journey["reply"])
        if hop["link"] != STAND_IN
    ]


def strip(layer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in layer.items() if name not in DRAWN}
