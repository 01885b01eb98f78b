"""The one system-call filter: with a single uid inside, set*id and chown succeed and change nothing.

Unmodified tcpdump, nginx, bird, su and chown expect these calls to work; mkosi answers chown in the same way (mkosi v25, sandbox.py).
"""

from __future__ import annotations

import os
from typing import Final

from labkit.world.kernel import set_seccomp

_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# setuid setgid setreuid setregid setgroups setresuid setresgid setfsuid setfsgid, chown fchown lchown fchownat
_CALLS: Final = {
    "x86_64": (105, 106, 113, 114, 116, 117, 119, 122, 123, 92, 93, 94, 260),
    # arm64 has neither chown nor lchown: its C library calls fchownat
    "aarch64": (146, 144, 145, 143, 159, 147, 149, 151, 152, 55, 54),
}
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ANSWER_SUCCESS = 0x7FFF0000, 0x00050000
_OFFSET_NUMBER, _OFFSET_ARCH = 0, 4


def plan_filter(machine: str) -> list[tuple[int, int, int, int]]:
    """The BPF program for `uname -m` = machine: the calls above return 0, everything else is let through."""
    calls = _CALLS[machine]
    checks = [(_JUMP_EQUAL, len(calls) - i, 0, number) for i, number in enumerate(calls)]
    return [
        (_LOAD, 0, 0, _OFFSET_ARCH),
        (_JUMP_EQUAL, 1, 0, _ARCH[machine]),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _OFFSET_NUMBER),
        *checks,
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ANSWER_SUCCESS),
    ]


def ensure_filter() -> None:
    """Install the filter on this process; every process it starts inherits it."""
    set_seccomp(plan_filter(os.uname().machine))
