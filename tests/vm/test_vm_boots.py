"""One VM, started once: streams, status, what lasts, what its kernel has, a lab solved and checked in it. The quick part of ./lab test --vm."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from labkit.doctor import list_capabilities
from tests.machine import RunInVm

pytestmark = [pytest.mark.vm, pytest.mark.timeout(3600)]
NEEDS_ROOT = {"ip_vs"}  # Linux 6.1 lets only the first user namespace ask for it; 6.12 any
SCRIPT = r"""
read -r line; echo "$line"; echo to-stderr >&2; printf '\0\r\n\377' | od -An -tx1
id -u; uname -r; nproc
touch "$XDG_STATE_HOME/labkit/from-the-vm" && rm -f /usr/x && ! touch /usr/x 2>/dev/null && echo 'only what is shared lasts'
echo ==; labkit doctor --json
echo ==; labkit start 01 >/dev/null && labkit solve >/dev/null && labkit check --json
echo ==; unshare -Urn ip -j link
exit 7
"""


@pytest.fixture(scope="module")
def ran(run_in_vm: RunInVm) -> subprocess.CompletedProcess[str]:
    return run_in_vm(SCRIPT, stdin="from-stdin\nmore\n")


@pytest.fixture
def parts(ran: subprocess.CompletedProcess[str]) -> list[str]:
    found = ran.stdout.split("==\n")
    assert len(found) == 4, ran.stdout + ran.stderr
    return found


def test_status_and_streams_come_back(ran: subprocess.CompletedProcess[str], parts: list[str]) -> None:
    assert ran.returncode == 7
    assert parts[0].splitlines()[:2] == ["from-stdin", " 00 0d 0a ff"]
    assert "to-stderr" in ran.stderr.splitlines()
    assert "the VM boots: the kernel starts" in ran.stderr


def test_the_person_is_the_same_and_the_kernel_another(parts: list[str]) -> None:
    uid, release, _ = parts[0].splitlines()[2:5]
    assert int(uid) == os.getuid()
    assert release != os.uname().release


def test_only_what_is_shared_lasts(parts: list[str]) -> None:
    assert "only what is shared lasts" in parts[0]
    assert (Path(os.environ["XDG_STATE_HOME"]) / "labkit" / "from-the-vm").exists()


def test_the_kernel_has_all_that_labs_want(parts: list[str]) -> None:
    found = {each["name"]: each["ok"] for each in json.loads(parts[1])["capabilities"]}
    assert {each.name for each in list_capabilities()} <= {*found}
    assert {name for name, ok in found.items() if not ok} <= NEEDS_ROOT


def test_a_lab_is_solved_and_checked_in_it(parts: list[str]) -> None:
    assert {each["id"]: each["status"] for each in json.loads(parts[2])["checks"] if each["status"] != "passed"} == {}


def test_a_new_machine_has_no_tunnel_of_the_kernels(parts: list[str]) -> None:
    assert [link["ifname"] for link in json.loads(parts[3])] == ["lo"]
