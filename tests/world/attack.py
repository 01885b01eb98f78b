"""Run inside a machine, as the learner: try to reach a process in every way there is; JSON of what came of each.

sys.argv[1]: its number, or `child` for one of this script's own, which shows that the attempts are right.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
MEMORY = ctypes.create_string_buffer(8)
SYSCALLS = {
    "x86_64": {
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "kcmp": 312,
        "pidfd_getfd": 438,
        "process_madvise": 440,
    },
    "aarch64": {
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "kcmp": 272,
        "pidfd_getfd": 438,
        "process_madvise": 440,
    },
}[os.uname().machine]
SETNS, PTRACE_ATTACH, PTRACE_SEIZE, PTRACE_DETACH = "setns", 16, 0x4206, 17
NAMESPACES = {"net": 0x40000000, "mnt": 0x20000, "uts": 0x4000000, "ipc": 0x8000000}


class Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def copy_memory(call: str, target: int) -> None:
    own = Vector(ctypes.addressof(ctypes.create_string_buffer(8)), 8)
    theirs = Vector(ctypes.addressof(MEMORY), 8)
    checked(LIBC.syscall(SYSCALLS[call], target, ctypes.byref(own), 1, ctypes.byref(theirs), 1, 0))


def trace(target: int) -> None:
    checked(LIBC.ptrace(PTRACE_ATTACH, target, None, None))
    os.waitpid(target, 0x40000000)
    checked(LIBC.ptrace(PTRACE_DETACH, target, None, None))


def seize(target: int) -> None:
    checked(LIBC.ptrace(PTRACE_SEIZE, target, None, None))
    os.kill(target, 19)
    os.waitpid(target, 0x40000000)
    checked(LIBC.ptrace(PTRACE_DETACH, target, None, None))
    os.kill(target, 18)


def read(path: str) -> None:
    with Path(path).open("rb") as file:
        file.read(1)


def read_memory(path: str) -> None:
    with Path(path).open("rb") as file:
        os.pread(file.fileno(), 8, ctypes.addressof(MEMORY))


def write(path: str, text: str) -> None:
    with Path(path).open("w") as file:
        file.write(text)


def enter(path: str, kind: int) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    in_child(lambda: checked(LIBC.setns(descriptor, kind)))


def enter_by_pidfd(target: int, kind: int) -> None:
    descriptor = os.pidfd_open(target)
    in_child(lambda: checked(LIBC.setns(descriptor, kind)))


def in_child(work: Callable[[], object]) -> None:
    """What would change this process is done in a child; its errno comes back as exit status."""
    child = os.fork()
    if not child:
        try:
            work()
        except OSError as error:
            os._exit(error.errno or 255)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise OSError(code, os.strerror(code))


def take_descriptor(target: int) -> None:
    checked(LIBC.syscall(SYSCALLS["pidfd_getfd"], os.pidfd_open(target), 0, 0))


def compare(target: int) -> None:
    checked(LIBC.syscall(SYSCALLS["kcmp"], os.getpid(), target, 1, 0, 0))


def limit(target: int) -> None:
    checked(LIBC.prlimit(target, 7, (ctypes.c_uint64 * 2)(50, 50), None))


def list_attempts(target: int) -> Iterator[tuple[str, Callable[[], object]]]:
    proc = f"/proc/{target}"
    yield "ptrace attach", lambda: trace(target)
    yield "ptrace seize", lambda: seize(target)
    for call in ("process_vm_readv", "process_vm_writev"):
        yield call, lambda call=call: copy_memory(call, target)
    yield "read mem", lambda: read_memory(f"{proc}/mem")
    for name in ("environ", "auxv", "maps", "smaps", "io", "pagemap", "syscall", "personality", "stack"):
        yield f"read {name}", lambda name=name: read(f"{proc}/{name}")
    for name in ("fd", "map_files", "root/usr", "cwd/usr"):
        yield f"list {name}", lambda name=name: list(Path(proc, name).iterdir())
    for name in ("exe", "cwd", "root"):
        yield f"readlink {name}", lambda name=name: Path(f"{proc}/{name}").readlink()
    yield "open fd/0", lambda: read(f"{proc}/fd/0")
    yield "chroot", lambda: in_child(lambda: os.chroot(f"{proc}/root"))
    for name, kind in NAMESPACES.items():
        yield f"setns {name}", lambda name=name, kind=kind: enter(f"{proc}/ns/{name}", kind)
        yield f"setns by pidfd {name}", lambda kind=kind: enter_by_pidfd(target, kind)
    yield "pidfd_getfd", lambda: take_descriptor(target)
    yield "kcmp", lambda: compare(target)
    for name, text in (
        ("oom_score_adj", "900"),
        ("comm", "x"),
        ("coredump_filter", "0"),
        ("clear_refs", "1"),
        ("timerslack_ns", "1"),
    ):
        yield f"write {name}", lambda name=name, text=text: write(f"{proc}/{name}", text)
    yield "prlimit", lambda: limit(target)


def attempt(work: Callable[[], object]) -> str:
    try:
        work()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "?")
    return "done"


def main() -> None:
    child = 0
    os.chdir("/")  # before there is a child: it may take its time to begin
    if sys.argv[1] == "child":
        child = os.fork()
        if not child:
            signal.pause()
    sys.stdout.write(json.dumps({name: attempt(work) for name, work in list_attempts(child or int(sys.argv[1]))}))
    if child:
        os.kill(child, signal.SIGKILL)


main()
