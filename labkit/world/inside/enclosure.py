"""The file tree inside a world: the host's, read-only, with private places where things are written.

    /            a tmpfs of ours, read-only when finished
    /usr /opt …  the host's programs, bound read-only; of its other folders only this interpreter's: sockets and FIFOs that lie
                 in them could be connected to and written, read-only or not, and none of a person's files is any lab's business
    /etc         links to the host's files; what each machine has for itself are links into /.machine
    /run /tmp /root /var/lib /var/log    links into /.machine, and what else machines of this world have for themselves
    /.machine    one tmpfs for each machine, mounted in its own mount namespace
    /.labkit/bin    programs that came with the request to make this world, first in PATH
    /.labkit/programs    a folder of the host's with more of them, second in PATH
    /.labkit/run    a tmpfs that all machines share, for those programs' sockets

With links, a machine costs two mounts instead of a dozen. The tree is finished before any learner's process exists.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labkit.world import kernel
from labkit.world.inside.work import Work
from labkit.world.kernel import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, MS_REMOUNT
from labkit.world.places import COMMANDS, MACHINE, OLD, OWN_TOP, PACKAGE, PROGRAMS, PYTHON, SHARED, SITE, WORK

OWN_ETC: Final = ("hosts", "resolv.conf", "hostname")
OWN_VAR: Final = ("lib", "log")
_PROGRAMS: Final = frozenset(("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix", "gnu"))
_EMPTY: Final = ("home", "media", "mnt", "srv")
_PRIVATE: Final = tuple(f"/{name}/" for name in (*OWN_TOP, "var"))
_PLAIN_PYTHON: Final = "/usr/bin/python3"
_DEVICES: Final = ("null", "zero", "full", "random", "urandom", "tty", "net/tun")


@dataclass(frozen=True)
class Visible:
    """Folders of the host's that are shown whatever their rights: labkit's, its site-packages', the learner's, writable.

    `work_tree`: a detached mount of `work` to be used in its place (outer.py, as root). `programs`: name -> text.
    `own`: folders that each machine has for itself, such as etc/cni/net.d. `binaries`: a folder of programs.
    """

    package: str
    site: str | None
    work: Work | None
    work_tree: int | None
    programs: Mapping[str, str]
    own: Sequence[str]
    binaries: str | None


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
    _mirror("/", _PROGRAMS.__contains__)
    for name in _EMPTY:
        Path("/", name).mkdir(exist_ok=True)  # somebody's folder may have been bound below it
    _build_etc((*OWN_ETC, *_find_below("etc", visible.own)))
    _build_var()
    _build_opt(_find_below("opt", visible.own))
    _build_kernel_trees()
    _build_programs(python, visible.programs)
    if visible.work:
        _bind_work_at_its_own_path(visible.work.path)
    for name in OWN_TOP:
        Path("/", name).symlink_to(f"{MACHINE}/{name}")
    Path(MACHINE).mkdir()
    kernel.unmount(OLD)
    kernel.mount("", "/", flags=MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID)


def _bind_visible(visible: Visible) -> None:
    for source, target in ((visible.package, PACKAGE), (visible.site, SITE), (visible.binaries, PROGRAMS)):
        if source:
            Path(target).mkdir(parents=True)
            kernel.bind(OLD + source, target)
            kernel.make_read_only(target)
    _bind_interpreter(str(Path(sys.base_prefix).resolve()))
    if visible.work:
        tree = visible.work_tree
        if tree is None:
            opened = visible.work.open(OLD)
            tree = kernel.open_tree(opened)
            os.close(opened)
        Path(WORK).mkdir()
        kernel.attach_tree(tree, WORK)
        kernel.make_harmless(WORK)
        os.close(tree)


def _bind_interpreter(prefix: str) -> None:
    """The folder of the Python that runs this, where it is a person's own: PID 1 and the agents load modules from there."""
    if prefix.split("/")[1] not in (*_PROGRAMS, "opt", "") and not f"{prefix}/".startswith(_PRIVATE):
        Path(prefix).mkdir(parents=True)
        kernel.bind(OLD + prefix, prefix)
        kernel.make_read_only(prefix)


def _bind_work_at_its_own_path(work: str) -> None:
    """Below private places write_skeleton links it."""
    if not f"{work}/".startswith(_PRIVATE):
        Path(work).mkdir(parents=True, exist_ok=True)
        kernel.bind(WORK, work)


def _mirror(folder: str, wanted: Callable[[str], bool]) -> None:
    """In `folder`, what is wanted of what the host has there: folders bound read-only, links copied; files are left out."""
    for entry in os.scandir(OLD + folder):
        target = f"{folder.rstrip('/')}/{entry.name}"
        if not wanted(entry.name):
            continue
        if entry.is_symlink():
            Path(target).symlink_to(os.readlink(entry.path))  # noqa: PTH115 - scandir gives strings
        elif entry.is_dir():
            Path(target).mkdir()
            kernel.bind(entry.path, target)
            kernel.make_read_only(target)


def _find_below(folder: str, paths: Iterable[str]) -> list[str]:
    """Of the paths below a folder their next part, each once."""
    return list(dict.fromkeys(path.split("/")[1] for path in paths if path.startswith(f"{folder}/")))


def _build_etc(own: Sequence[str]) -> None:
    Path("/etc").mkdir()
    Path("/.host/etc").mkdir(parents=True)
    kernel.bind(OLD + "/etc", "/.host/etc")
    kernel.make_read_only("/.host/etc")
    for entry in os.scandir("/.host/etc"):
        if entry.name not in (*own, "shadow"):
            # a relative link would mean something else from /.host/etc
            goal = os.readlink(entry.path) if entry.is_symlink() else entry.path  # noqa: PTH115
            Path("/etc", entry.name).symlink_to(goal)
    for name in own:
        Path("/etc", name).symlink_to(f"{MACHINE}/etc/{name}")
    _write_shadow()


def _write_shadow() -> None:
    """Accounts without a password that never run out: nobody inside may read the host's, where PAM's su looks (1.5.2-6+deb12u2)."""
    names = [line.partition(":")[0] for line in Path("/.host/etc/passwd").read_text(errors="replace").splitlines()]
    Path("/etc/shadow").write_text("".join(f"{name}:*:::::::\n" for name in names))
    Path("/etc/shadow").chmod(0o600)


def _build_var() -> None:
    Path("/var").mkdir()
    for name in OWN_VAR:
        Path("/var", name).symlink_to(f"{MACHINE}/var/{name}")
    Path("/var/tmp").symlink_to("/tmp")  # noqa: S108
    Path("/var/run").symlink_to("/run")
    Path("/var/lock").symlink_to("/run/lock")


def _build_opt(own: Sequence[str]) -> None:
    Path("/opt").mkdir()
    if Path(OLD + "/opt").is_dir():
        _mirror("/opt", lambda name: name not in own)
    for name in own:
        Path("/opt", name).symlink_to(f"{MACHINE}/opt/{name}")


def _build_programs(python: str, programs: Mapping[str, str]) -> None:
    """They find the interpreter of this process at PYTHON, where others may read it."""
    Path(PYTHON).symlink_to(python if os.access(python, os.X_OK) else _PLAIN_PYTHON)
    Path(COMMANDS).mkdir()
    for name, text in programs.items():
        program = Path(COMMANDS, name)
        program.write_text(text)
        program.chmod(0o755)
    Path(SHARED).mkdir()
    kernel.mount("tmpfs", SHARED, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=1m")


def _build_kernel_trees() -> None:
    for name in ("proc", "sys", "dev"):
        Path("/", name).mkdir()
    kernel.mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _protect_sysctls()
    # writable until PID 1 has made the inner namespace: a machine may mount its own sysfs, to be written, only while a fully
    # visible one is there that can be written, too
    kernel.bind(OLD + "/sys", "/sys")
    kernel.make_harmless("/sys")
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
