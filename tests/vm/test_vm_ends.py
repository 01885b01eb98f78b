"""Whole VMs: JupyterLab out of one, and what is left of one that is killed."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import read_status, wait_address
from tests.vm.inside import BOOT, REPOSITORY, VM
from tests.waiting import wait_until

pytestmark = [pytest.mark.vm, pytest.mark.alone, pytest.mark.timeout(1500)]


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*VM, *words], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def free_port() -> Iterator[int]:
    """One that nobody listens on; it is held until somebody else may take it over."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def list_machines(port: int) -> list[str]:
    """Processes of qemu that lead this port into a VM."""
    ran = subprocess.run(["pgrep", "-f", f"hostfwd=tcp:127.0.0.1:{port}-"], capture_output=True, text=True, check=False)
    return ran.stdout.split()


def test_jupyterlab_is_at_an_address_of_this_machine_and_ends_in_good_order(tmp_path: Path, free_port: int) -> None:
    with start("--work", str(tmp_path / "work"), "up", "--port", str(free_port)) as up:
        address = wait_address(up, BOOT)
        assert address.startswith(f"http://127.0.0.1:{free_port}/lab")
        assert read_status(address) == 200
        assert read_status(re.sub("token=.*", "token=wrong", address.replace("/lab?", "/api/contents?"))) == 403
        up.send_signal(signal.SIGINT)
        said = up.communicate()[0]
    assert up.returncode == 0
    assert "Your notebooks are in" in said
    assert (tmp_path / "work" / "00-start-here.ipynb").exists()
    assert not list_machines(free_port)


def test_kill_9_leaves_no_machine(tmp_path: Path, free_port: int) -> None:
    with start("--work", str(tmp_path / "work"), "up", "--port", str(free_port)) as up:
        wait_until(lambda: list_machines(free_port), BOOT)
        up.kill()
    wait_until(lambda: not list_machines(free_port))
    assert not [*(tmp_path / "work").iterdir()]
