"""A learner is root on its machines, and nowhere else: nothing of the host's can be written or remounted."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.world import Machine, World

pytestmark = pytest.mark.world

# each must fail; "{}" is a folder of the machine's own
REFUSED = (
    "mount -o remount,rw /",
    "mount -o remount,bind,rw /",
    "mount -o remount,rw /usr",
    "mount -o remount,bind,rw /usr",
    "mount -o remount,bind,rw /proc/sys",
    "mount --bind /usr {} && mount -o remount,bind,rw {}",
    "mount --rbind / {} && touch {}/usr/labkit-was-here",
    "umount /usr",
    "umount -l /usr",
    "umount /proc/sys",
    "umount -l /proc",
    "umount -l /",
    "mknod {}/disk b 8 0 && head -c1 {}/disk",
    "mknod {}/disk b 254 0 && head -c1 {}/disk",
    "mknod {}/mem c 1 1 && head -c1 {}/mem",
    "mknod {}/kmsg c 1 11 && head -c1 {}/kmsg",
    "head -c1 /dev/vda",
    "head -c1 /dev/sda",
    "head -c1 /dev/kmsg",
    "touch /usr/labkit-was-here",
    "touch /usr/bin/ip",
    "touch /etc/labkit-was-here",
    "touch /labkit-was-here",
    "touch /.host/etc/passwd",
    "mkdir /labkit-was-here",
    "rm -f /etc/hostname",
    "rm -f /.host/etc/hostname",
    "echo x >> /etc/passwd",
    "echo 1 > /proc/sys/kernel/panic",
    "echo 0 > /proc/sys/kernel/randomize_va_space",
    "echo x > /proc/sys/kernel/core_pattern",
    "echo x > /proc/sys/kernel/hostname",
    "echo 1 > /proc/sys/vm/drop_caches",
    "echo 100 > /proc/sys/fs/file-max",
    "echo 5 > /proc/sys/user/max_net_namespaces",
    "sysctl -w kernel.panic=1",
    "echo b > /proc/sysrq-trigger",
    "echo x > /sys/kernel/uevent_helper",
    "echo mem > /sys/power/state",
    "echo never > /sys/kernel/mm/transparent_hugepage/enabled",
    "umount /sys; echo never > /sys/kernel/mm/transparent_hugepage/enabled",
    "mount -t sysfs none {} && echo never > {}/kernel/mm/transparent_hugepage/enabled",
    "umount /sys; mkdir /sys/fs/cgroup/labkit",
    "umount /sys; umount -l /sys/fs/cgroup",
    "mount -t cgroup2 none {}",
    "mount -t proc none {}",
    "unshare --pid --fork --mount-proc true",
    "mount -t debugfs none {}",
    "mount -t securityfs none {}",
    "mount -t ext4 /dev/vda {}",
    "mount -t overlay overlay -o lowerdir=/usr,upperdir={},workdir={} /usr && touch {}/../x/y",
    "swapon /dev/vda",
    "date --set=2001-01-01",
    "insmod /dev/null",
    "dmesg --clear",
    "reboot --force",
    "chroot /proc/1/root true",
)
AGAIN = (
    "unshare --user --map-root-user --mount",
    "unshare --user --map-root-user --mount --net --uts --ipc --pid --fork",
)


@pytest.mark.parametrize("command", REFUSED)
def test_refused(web: Machine, command: str) -> None:
    ran = web.run(f"set -e; d=$(mktemp -d); {command.replace('{}', '$d')}")
    assert ran.status != 0
    assert ran.stderr != ""


@pytest.mark.parametrize("prefix", AGAIN)
@pytest.mark.parametrize("command", [each for each in REFUSED if "unshare" not in each])
def test_refused_in_a_further_user_namespace(web: Machine, prefix: str, command: str) -> None:
    ran = web.run(f"d=$(mktemp -d); export d; {prefix} bash -ec '{command.replace('{}', '$d')}'")
    assert ran.status != 0


def test_what_is_refused_is_refused_for_a_reason_of_rights(web: Machine) -> None:
    """The same commands work where they should: in private places and on the machine's own network."""
    works = "mount --bind /tmp /mnt; umount /mnt; mount -t tmpfs none /mnt; touch /mnt/x; touch /run/x /var/log/x; sysctl -qw net.ipv4.ip_forward=1"
    ran = web.run(f"set -e; {works}; mount -t sysfs none /mnt; ls /mnt/class/net")
    assert (ran.status, ran.stdout) == (0, "lo\n"), ran.stderr


def test_every_mount_is_private_or_read_only(lab: World) -> None:
    """The mount table itself: what can be written is a tmpfs, a pseudo file system, or the learner's own folder."""
    machine = lab.machine("api")
    rows = [line.split() for line in machine.run("cat /proc/self/mountinfo").stdout.splitlines()]
    seen = [row for i, row in enumerate(rows) if not any(row[4].startswith(f"{later[4]}/") for later in rows[i + 1 :])]
    kinds = {row[4]: row[row.index("-") + 1] for row in seen if row[5].split(",")[0] == "rw"}
    assert "tmpfs" in kinds.values()
    allowed = {"tmpfs", "proc", "sysfs", "devpts", "nsfs"}
    assert {path for path, kind in kinds.items() if kind not in allowed and not path.startswith("/dev/")} == set()


def test_no_file_outside_private_places_can_be_written(lab: World) -> None:
    find = "find / -xdev -writable -not -type l -not -path '/.machine*' -not -path '/dev/*' -not -path /.labkit/run -path '/*/*'"
    assert lab.machine("api").run(f"{find}; find /usr /etc /.host /home /srv -writable -not -type l").stdout == ""


def test_files_of_other_users_stay_closed(web: Machine) -> None:
    assert Path("/etc/shadow").exists()
    assert web.run("cat /.host/etc/shadow").status != 0
    assert web.probe(["cat", "/.host/etc/shadow"]).status != 0


def test_the_world_s_own_accounts_have_no_passwords(web: Machine) -> None:
    accounts = [line.split(":") for line in web.run("cat /etc/shadow").stdout.splitlines()]
    assert {"root", "nobody"} <= {name for name, *_ in accounts}
    assert {password for _, password, *_ in accounts} == {"*"}
