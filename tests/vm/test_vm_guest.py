"""A guest as its host sees it, with a program in virtme-ng's place: streams, progress, ends. No VM is started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labkit.errors import LabkitError
from labkit.timing import scale
from labkit.vm import kvm, run
from labkit.vm.console import Console
from labkit.vm.debian import Kernel
from labkit.vm.run import Guest
from tests.waiting import wait_until

REPOSITORY = Path(__file__).parents[2]
BOOTS = "echo 'Linux version 6' >&2; echo 'labkit-vm: begins' >&2;"


def start(script: str) -> Guest:
    """The script has the guest's console as stderr; $1 is the descriptor of the command's, $2 that of what it is told."""
    return Guest(lambda stderr, told: ["bash", "-c", script, "-", str(stderr), str(told)], "told", dict(os.environ))


def follow(script: str) -> tuple[int, list[str]]:
    told: list[str] = []
    guest = start(script)
    try:
        return guest.run(told.append), told
    finally:
        guest.end()


def test_streams_and_status_come_back_apart(capfd: pytest.CaptureFixture[str]) -> None:
    status, told = follow(
        f"{BOOTS} echo out; echo err >&$1; cat /proc/self/fd/$2; echo 'labkit-vm: ended 7' >&2; exit 7"
    )
    assert status == 7
    assert capfd.readouterr() == ("out\ntold", "err\n")
    assert told[0].startswith("the VM boots: qemu starts (")


def test_a_command_may_end_with_255_too() -> None:
    assert follow(f"{BOOTS} echo 'labkit-vm: ended 255' >&2; exit 255")[0] == 255


@pytest.mark.parametrize(
    ("script", "says", "hint"),
    [
        ("echo 'Kernel panic - not syncing' >&2; exit 255", "ended before it had reported", "last lines say why"),
        ("echo 'init: cannot find script I/O ports' >&2; exit 255", "ended before it had reported", "udev"),
        (f"{BOOTS} echo 'Out of memory: Killed' >&2; exit 255", "ended early", "--memory 4096"),
        ("echo 'labkit-vm: no modules in /var/tmp/x' >&2; exit 1", "ended before it had reported", "LABKIT_CACHE"),
        ("exit 255", "ended before it had reported", "LABKIT_TIMEOUT_SCALE"),
    ],
)
def test_a_guest_that_gives_no_status_gives_its_last_lines_and_a_remedy(script: str, says: str, hint: str) -> None:
    told: list[str] = []
    guest = start(script)
    with pytest.raises(LabkitError, match=says) as caught:
        guest.run(told.append)
    guest.end()
    assert hint in caught.value.hint
    assert script.partition("'")[2].partition("'")[0] in told[-1]


def test_a_guest_that_never_reports_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BOOT", 0.2)
    guest = start("echo stuck >&2; exec sleep 1000")
    with pytest.raises(LabkitError, match="did not report within"):
        guest.run(lambda _: None)
    guest.end()
    assert guest.is_over()


def test_stages_are_told_as_they_come() -> None:
    console = Console()
    seen = []
    for line in (
        b"Linux ver",
        b"sion 6.1\r\n",
        b"virtme-ng-init: running systemd-tmpfiles\r\nlabkit-vm: loading modules\r\n",
    ):
        console.take(line)
        seen.append(console.stage)
    assert seen == ["qemu starts", "the kernel starts", "modules are loaded"]


def test_what_the_console_says_changes_no_terminal() -> None:
    console = Console()
    console.take(b"\x1b[2Jx\n")
    assert list(console.last) == ["^[[2Jx"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_whatever_ends_the_host_side_ends_qemu(tmp_path: Path, number: int) -> None:
    """vm/qemu under a virtme-run under a host side: the first is killed."""
    fake = tmp_path / "qemu-system-x86_64"
    fake.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/pid.new\nmv {tmp_path}/pid.new {tmp_path}/pid\nexec sleep 1000\n")
    fake.chmod(0o755)
    middle = f"import subprocess; subprocess.call(['{REPOSITORY}/vm/qemu'])"
    words = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-c", middle]
    script = f"import subprocess; subprocess.call({words!r}, start_new_session=True)"
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with subprocess.Popen([sys.executable, "-c", script], env=environment) as host:
        pid = wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
        host.send_signal(number)
    wait_until(lambda: not is_running(pid))


def is_running(pid: str) -> bool:
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(("qemu", "works"), [("exit 0", True), ("exit 1", False), ("exec sleep 1000", False)])
def test_kvm_is_proved_by_a_kernel_that_ends_in_time(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qemu: str,
    works: bool,  # noqa: FBT001 - a case
) -> None:
    fake = tmp_path / "bin" / "qemu-system-x86_64"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\necho called >>{tmp_path}/calls\n{qemu}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(kvm, "DEVICE", tmp_path)
    monkeypatch.setattr(kvm, "SECONDS", 1.0)
    (tmp_path / "vm").mkdir()
    began = time.monotonic()
    assert kvm.may_use_kvm(Kernel(tmp_path, "6")) is works
    assert kvm.may_use_kvm(Kernel(tmp_path, "6")) is works
    assert (tmp_path / "calls").read_text() == "called\n"
    assert time.monotonic() - began < scale(20)


SERVES = f"{BOOTS} cat >/dev/null; echo bye; echo 'labkit-vm: ended 0' >&2"


def serve(script: str) -> Guest:
    guest = Guest(lambda *_: ["bash", "-c", script], "", dict(os.environ), served=True)
    while not guest.console.began:
        guest.hand_on()
    return guest


def test_a_server_ends_in_good_order_when_its_input_does(capfd: pytest.CaptureFixture[str]) -> None:
    guest = serve(SERVES)
    assert guest.stop(lambda _: None) == 0
    guest.end()
    assert capfd.readouterr().out == "bye\n"


def test_a_server_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STOP", 0.2)
    guest = serve(f"{BOOTS} exec sleep 1000")
    with pytest.raises(LabkitError, match="did not end within"):
        guest.stop(lambda _: None)
    guest.end()
    assert guest.is_over()
