"""Where a world cannot be made: the reason and the remedy are named. Such machines are imitated in namespaces of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.world

REPOSITORY = Path(__file__).parents[2]
START = """
import sys
from labkit.errors import LabkitError
from labkit.world import MachineSpec, World, kernel
{before}
try:
    with World.start("refused", hidden=True) as world:
        world.add_machines([MachineSpec("h", "host")])
        print("made", world.machine("h").run("id -u").stdout.strip())
        world.end()
except LabkitError as error:
    print(error.message, error.hint, sep="\\n")
"""
# as a container engine's filter: EPERM to one system call (1: x86_64, 0: arm64), everything else is let through
FILTER = """
import os
number = {numbers}[os.uname().machine == "x86_64"]
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
kernel.set_seccomp([(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | 1), (0x06, 0, 0, 0x7FFF0000)])
"""
UNSHARE, MOUNT, SETNS = (97, 272), (40, 165), (268, 308)


def start_in(script: str, before: str = "") -> list[str]:
    """Run `script` (bash), in which $start makes a world; what was said."""
    code = START.format(before=before)
    ran = subprocess.run(
        ["bash", "-ec", script],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(REPOSITORY), "python": sys.executable, "code": code},
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.stdout, ran.stderr
    return ran.stdout.splitlines()


def test_nothing_is_in_the_way_here() -> None:
    assert start_in('"$python" -c "$code"') == ["made 0"]


def test_a_root_that_may_map_no_other_uid_is_like_a_user() -> None:
    """As in a container without subordinate uids."""
    assert start_in('unshare --user --map-root-user "$python" -c "$code"') == ["made 0"]


@pytest.mark.parametrize("kind", ["user", "net", "pid"])
def test_no_namespaces_left(kind: str) -> None:
    said = start_in(
        f'unshare --user --map-root-user bash -ec \'echo 0 > /proc/sys/user/max_{kind}_namespaces; "$python" -c "$code"\''
    )
    stage = "user namespace" if kind == "user" else "namespaces"
    assert said == [
        f"the world for refused could not be made: {stage}: unshare {'0x10020000' if kind == 'user' else '0x6c000000'}: No space left on device",
        f"user.max_{kind}_namespaces is 0 here: sudo sysctl -w user.max_{kind}_namespaces=65536",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "stage"), [(UNSHARE, "user namespace: unshare 0x10020000"), (MOUNT, "file tree: mount  on /")]
)
def test_a_containers_filter(call: tuple[int, int], stage: str) -> None:
    message, hint = start_in('"$python" -c "$code"', FILTER.format(numbers=call))
    assert message == f"the world for refused could not be made: {stage}: Operation not permitted"
    assert "--privileged" in hint
    assert "seccomp=unconfined" in hint


@pytest.mark.parametrize(
    ("mask", "stage"),
    [
        ("mount -t tmpfs none /proc/fs", "file tree: mount proc on /proc"),
        ("mount --bind /dev/null /proc/meminfo", "file tree: mount proc on /proc"),
        (
            "mount -t sysfs none /sys; mount -t tmpfs none /sys/kernel",
            "first machine: making .fabric: mount sysfs on /sys",
        ),
    ],
)
def test_a_masked_proc_or_sys(mask: str, stage: str) -> None:
    """As Docker has them without systempaths=unconfined."""
    own = "unshare --user --map-root-user --mount --net --pid --fork --mount-proc"
    message, hint = start_in(f'{own} bash -ec \'{mask}; "$python" -c "$code"\'')
    assert message == f"the world for refused could not be made: {stage}: Operation not permitted"
    assert "systempaths=unconfined" in hint


def test_a_chroot() -> None:
    message, hint = start_in(
        'unshare --user --map-root-user --mount bash -ec \'mount --rbind / /mnt; chroot /mnt "$python" -c "$code"\''
    )
    assert "user namespace: unshare 0x10020000: Operation not permitted" in message
    assert "chroot" in hint
