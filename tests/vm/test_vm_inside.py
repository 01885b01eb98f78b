"""A real VM with Debian's kernel: what comes out of it, and what that kernel can."""

from __future__ import annotations

import json
import os

import pytest

from tests.vm.inside import REPOSITORY, Inside

# the doctor's first part; its second, asking thirty programs for their versions, is the same as outside
TRY = """
import dataclasses, json
from labkit.doctor import list_capabilities, try_capabilities
print(json.dumps([dataclasses.asdict(each) for each in try_capabilities(list_capabilities())]))
""".replace("\n", ";").strip(";")
pytestmark = [pytest.mark.alone, pytest.mark.timeout(1500)]


def test_status_and_streams_come_back_apart(inside: Inside) -> None:
    said = inside.run("echo out; echo err >&2; exit 7")
    assert (said.status, said.stdout, said.stderr) == (7, "out\n", "err\n")


def test_it_is_this_machines_checkout_and_the_same_person(inside: Inside) -> None:
    assert inside.expect("pwd; id -u").split() == [str(REPOSITORY), str(os.getuid())]


def test_a_lab_there_has_all_that_labs_can_want_of_a_kernel(inside: Inside) -> None:
    """Each capability is tried on a machine of a world, so as somebody without root."""
    found = json.loads(inside.expect(f"python -P -c '{TRY}'", 300))
    lacking = {each["name"]: each["detail"] for each in found if not each["ok"]}
    assert not lacking.keys() - {"ip_vs"}, lacking
    # ip_vs before Linux 6.9 or so is for root of the first namespace; whoever has a newer kernel has it too
    assert {"ipip", "netem", "ipvlan", "vlan", "openvswitch"} <= {each["name"] for each in found if each["ok"]}


def test_a_new_machine_has_no_tunnel_that_nobody_made(inside: Inside) -> None:
    assert [each["ifname"] for each in json.loads(inside.expect("unshare -Urn ip -j link"))] == ["lo"]
