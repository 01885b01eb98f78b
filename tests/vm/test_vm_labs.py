"""The long part of ./lab test --vm: labs solved and checked on the VM's kernel, what of it a learner sees, its end. A VM for each."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine import REPOSITORY, RunInVm
from tests.waiting import wait_until

pytestmark = [pytest.mark.vm, pytest.mark.slow, pytest.mark.timeout(7200)]
LABS = {
    "02-routing": "true",
    "04-gateway-routes": "true",
    "11-calico-ipip": "labkit exec playcekube-worker01 -- ip -d link show tunl0",
}
SOLVE = "labkit start {lab} >/dev/null && labkit solve >/dev/null && labkit check --json; echo ==; {look}"


@pytest.mark.parametrize("lab", LABS)
def test_labs_are_solved_and_checked(run_in_vm: RunInVm, lab: str) -> None:
    ran = run_in_vm(SOLVE.format(lab=lab, look=LABS[lab]))
    report, _, seen = ran.stdout.partition("==\n")
    assert report, ran.stderr
    assert {each["id"]: each for each in json.loads(report)["checks"] if each["status"] != "passed"} == {}
    if lab == "11-calico-ipip":
        assert re.search(r"^\s+ipip ", seen, re.MULTILINE), seen  # the kernel's own, not the stand-in's veth


@pytest.mark.parametrize("tests", ["tests/agents/ipip", "tests/fabric/test_fabric.py"])
def test_tests_of_what_this_machines_kernel_may_lack(run_in_vm: RunInVm, tests: str) -> None:
    ran = run_in_vm(f"python -m pytest -n0 -q -p no:cacheprovider --timeout=3600 {tests}")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def list_left() -> list[str]:
    """Processes of a VM of ours: each has the socket of its network, or the folder of its kernel, among its words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().decode(errors="replace").split("\0")
            if any("virtme" in word for word in words) and str(REPOSITORY) in " ".join(words):
                found.append(f"{path.parent.name} {words[0]}")
    return found


@contextlib.contextmanager
def start(*words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [REPOSITORY / "lab", "vm", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_vm_that_is_killed_leaves_nothing(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with start("--", "sleep", "1000") as process:
        wait_until(list_left, 60)
        process.send_signal(number)
        wait_until(lambda: not list_left(), 60)
        assert process.wait() in {-number, 130}
    assert [path.name for path in tmp_path.iterdir()] == []
