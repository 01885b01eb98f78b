"""The one system-call filter: with a single uid inside, set*id and chown succeed and change nothing.

Unmodified tcpdump, nginx, bird, su and chown expect these calls to work; mkosi answers chown in the same way (mkosi v25, sandbox.py).
prlimit of another process is refused: having PID 1's uid, a learner could otherwise take its open files or its time away.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import Final

from labkit.world.kernel import set_seccomp

Instruction = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Abi:
    """Numbers of one architecture (asm/unistd.h): `pretend` set*id and chown; `limit` prlimit64; `foreign` numbers from there on."""

    audit: int
    pretend: tuple[int, ...]
    limit: int
    foreign: int


_ABIS: Final = {
    "x86_64": _Abi(
        0xC000003E,
        # setuid setgid setreuid setregid setgroups setresuid setresgid setfsuid setfsgid, chown fchown lchown fchownat
        (105, 106, 113, 114, 116, 117, 119, 122, 123, 92, 93, 94, 260),
        302,
        0x40000000,  # x32
    ),
    # arm64 has neither chown nor lchown: its C library calls fchownat
    "aarch64": _Abi(0xC00000B7, (146, 144, 145, 143, 159, 147, 149, 151, 152, 55, 54), 261, 0x40000000),
}
_LOAD, _JUMP_EQUAL, _JUMP_FROM, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data (linux/seccomp.h)


def plan_filter(machine: str) -> list[Instruction]:
    """The BPF program for `uname -m` = machine. Other ABIs the kernel may know (32 bit, x32) do not exist inside."""
    abi = _ABIS[machine]
    last = len(abi.pretend)
    return [
        (_LOAD, 0, 0, _ARCH),
        (_JUMP_EQUAL, 1, 0, abi.audit),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
        (_JUMP_FROM, 0, 1, abi.foreign),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_JUMP_EQUAL, 0, 3, abi.limit),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_JUMP_EQUAL, last + 1, 0, 0),  # of itself: allowed
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        *((_JUMP_EQUAL, last - i, 0, number) for i, number in enumerate(abi.pretend)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO),
    ]


def ensure_filter() -> None:
    """Install the filter on this process; every process it starts inherits it."""
    set_seccomp(plan_filter(os.uname().machine))
