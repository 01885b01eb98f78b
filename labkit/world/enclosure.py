"""The file tree inside a world: the host's, read-only, with private places where things are written.

    /            a tmpfs of ours, read-only when finished
    /usr /home … the host's, bound read-only
    /etc         links to the host's files; what each machine has for itself are links into /.machine
    /run /tmp /root /var/lib /var/log /opt/cni    links into /.machine
    /.machine    one tmpfs for each machine, mounted in its own mount namespace
    /.labkit/bin    commands of ours (labkit/commands), first in PATH

With links, a machine costs two mounts instead of a dozen. The tree is finished before any learner's process exists.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.world import kernel
from labkit.world.kernel import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, MS_REMOUNT

OLD: Final = "/.old"
MACHINE: Final = "/.machine"
WORK: Final = "/.labkit/work"
PACKAGE: Final = "/.labkit/package"
SITE: Final = "/.labkit/site"
COMMANDS: Final = "/.labkit/bin"
PYTHON: Final = "/.labkit/python"

OWN_ETC: Final = ("hosts", "resolv.conf", "hostname", "cni", "kube-flannel", "bird", "calico", "kubernetes")
OWN_TOP: Final = ("run", "tmp", "root")
OWN_VAR: Final = ("lib", "log")
_BUILT: Final = frozenset({"etc", "opt", "var", "proc", "sys", "dev", *OWN_TOP, OLD[1:], MACHINE[1:], ".labkit"})
_PLAIN_PYTHON: Final = "/usr/bin/python3"
_COMMAND: Final = f"""#!{PYTHON} -IS
# {{name}}: labkit's, standing in for the program of that name
import sys

sys.path += ["{PACKAGE}", "{SITE}"]
from labkit.commands.{{module}} import main

sys.exit(main())
"""
_DEVICES: Final = ("null", "zero", "full", "random", "urandom", "tty", "net/tun")


@dataclass(frozen=True)
class Visible:
    """Folders of the host's that are shown whatever their rights: labkit's, its site-packages', the learner's, writable.

    `work_tree`: a detached mount of `work` to be used in its place (outer.py, as root).
    """

    package: str
    site: str | None
    work: str | None
    work_tree: int | None


def enter_private_root(visible: Visible, drop: Callable[[], None]) -> None:
    """Build the tree described above and make it this mount namespace's root.

    What is to be `visible` is bound while the caller's own rights still reach it; `drop` then gives those up.
    """
    python = str(Path(sys.executable).resolve())
    kernel.mount("", "/", flags=MS_REC | MS_PRIVATE)
    kernel.mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID, "mode=755")  # noqa: S108 - a mount point that always exists
    Path("/tmp" + OLD).mkdir()  # noqa: S108
    kernel.pivot_root("/tmp", "/tmp" + OLD)  # noqa: S108
    os.chdir("/")
    _bind_visible(visible)
    drop()
    _mirror("/", skip=_BUILT)
    _build_etc()
    _build_var_and_opt()
    _build_kernel_trees()
    _build_commands(python)
    if visible.work:
        _bind_work_at_its_own_path(visible.work)
    for name in OWN_TOP:
        Path("/", name).symlink_to(f"{MACHINE}/{name}")
    Path(MACHINE).mkdir()
    kernel.unmount(OLD)
    kernel.mount("", "/", flags=MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID)


def _bind_visible(visible: Visible) -> None:
    for source, target in ((visible.package, PACKAGE), (visible.site, SITE)):
        if source:
            Path(target).mkdir(parents=True)
            kernel.bind(OLD + source, target)
            kernel.make_read_only(target)
    if visible.work:
        Path(WORK).mkdir()
        if visible.work_tree is None:
            kernel.bind(OLD + visible.work, WORK)
        else:
            kernel.attach_tree(visible.work_tree, WORK)


def _bind_work_at_its_own_path(work: str) -> None:
    """Below /home and the like the folder is there, read-only: bind it again. Below private places write_skeleton links it."""
    if Path(work).is_dir():
        kernel.bind(WORK, work)


def _mirror(folder: str, skip: Iterable[str]) -> None:
    """In `folder`, what the host has there: folders bound read-only, links copied; files are left out."""
    for entry in os.scandir(OLD + folder):
        target = f"{folder.rstrip('/')}/{entry.name}"
        if entry.name in skip or Path(target).exists():
            continue
        if entry.is_symlink():
            Path(target).symlink_to(os.readlink(entry.path))  # noqa: PTH115 - scandir gives strings
        elif entry.is_dir():
            Path(target).mkdir()
            kernel.bind(entry.path, target)
            kernel.make_read_only(target)


def _build_etc() -> None:
    Path("/etc").mkdir()
    Path("/.host/etc").mkdir(parents=True)
    kernel.bind(OLD + "/etc", "/.host/etc")
    kernel.make_read_only("/.host/etc")
    for entry in os.scandir("/.host/etc"):
        if entry.name not in (*OWN_ETC, "shadow"):
            # a relative link would mean something else from /.host/etc
            goal = os.readlink(entry.path) if entry.is_symlink() else entry.path  # noqa: PTH115
            Path("/etc", entry.name).symlink_to(goal)
    for name in OWN_ETC:
        Path("/etc", name).symlink_to(f"{MACHINE}/etc/{name}")
    _write_shadow()


def _write_shadow() -> None:
    """Accounts without a password that never run out: nobody inside may read the host's, where PAM's su looks (1.5.2-6+deb12u2)."""
    names = [line.partition(":")[0] for line in Path("/.host/etc/passwd").read_text(errors="replace").splitlines()]
    Path("/etc/shadow").write_text("".join(f"{name}:*:::::::\n" for name in names))
    Path("/etc/shadow").chmod(0o600)


def _build_var_and_opt() -> None:
    Path("/var").mkdir()
    _mirror("/var", skip=(*OWN_VAR, "tmp", "run", "lock"))
    for name in OWN_VAR:
        Path("/var", name).symlink_to(f"{MACHINE}/var/{name}")
    Path("/var/tmp").symlink_to("/tmp")  # noqa: S108
    Path("/var/run").symlink_to("/run")
    Path("/opt").mkdir()
    _mirror("/opt", skip=("cni",))
    Path("/opt/cni").symlink_to(f"{MACHINE}/opt/cni")


def _build_commands(python: str) -> None:
    """Programs that start the modules of labkit/commands, by the interpreter this process has, where others may read it."""
    Path(PYTHON).symlink_to(python if os.access(python, os.X_OK) else _PLAIN_PYTHON)
    Path(COMMANDS).mkdir()
    for module in Path(PACKAGE, "labkit/commands").glob("[a-z]*.py"):
        program = Path(COMMANDS, module.stem.replace("_", "-"))
        program.write_text(_COMMAND.format(name=program.name, module=module.stem))
        program.chmod(0o755)


def _build_kernel_trees() -> None:
    for name in ("proc", "sys", "dev"):
        Path("/", name).mkdir()
    kernel.mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _protect_sysctls()
    # writable: a machine may mount its own sysfs only while a fully visible one is there
    kernel.bind(OLD + "/sys", "/sys")
    if Path("/sys/fs/cgroup").is_dir():  # a session's own part of it belongs to the user, and so to the learner
        kernel.mount("tmpfs", "/sys/fs/cgroup", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for device in _DEVICES:
        _bind_device(device)
    for name, goal in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        Path("/dev", name).symlink_to(goal)
    Path("/dev/shm").symlink_to(f"{MACHINE}/shm")  # noqa: S108
    Path("/dev/pts").mkdir()
    kernel.mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    Path("/dev/ptmx").symlink_to("pts/ptmx")


def _protect_sysctls() -> None:
    """/proc/sys read-only, /proc/sys/net writable: the latter belongs to each network namespace, the rest to the host."""
    writable = os.open("/proc/sys/net", os.O_PATH | os.O_CLOEXEC)
    kernel.bind("/proc/sys", "/proc/sys")
    kernel.make_read_only("/proc/sys")
    kernel.bind(f"/proc/self/fd/{writable}", "/proc/sys/net")
    os.close(writable)


def _bind_device(device: str) -> None:
    source, target = f"{OLD}/dev/{device}", Path("/dev", device)
    if Path(source).exists():
        target.parent.mkdir(exist_ok=True)
        target.touch()
        kernel.bind(source, str(target))
