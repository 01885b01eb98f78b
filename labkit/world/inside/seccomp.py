"""The one system-call filter: with a single uid inside, set*id and chown succeed and change nothing.

Unmodified tcpdump, nginx, bird, su and chown expect these calls to work; mkosi answers chown in the same way (mkosi v25, sandbox.py).
prlimit of another process is refused, and so is what would slow PID 1 down: a learner has its uid.
Keys belong to the host's user, who has few of them.
So is making a file setuid or setgid: it would be so on the host too, owned by whoever started the lab.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import Final

from labkit.world.kernel import set_seccomp

Instruction = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Making:
    """A call that gives a file its mode, its argument number `mode`; where it opens files, only with O_CREAT in `flags`."""

    number: int
    mode: int
    flags: int | None = None


@dataclass(frozen=True)
class _Abi:
    """Numbers of one architecture (asm/unistd.h): `pretend` set*id and chown; `limit` prlimit64; `foreign` numbers from there on.

    `schedule`: sched_setparam, sched_setscheduler, sched_setaffinity, sched_setattr; `nice`: setpriority, ioprio_set;
    `keys`: add_key, request_key, keyctl.
    """

    audit: int
    pretend: tuple[int, ...]
    making: tuple[_Making, ...]
    limit: int
    foreign: int
    schedule: tuple[int, ...]
    nice: tuple[int, int]
    keys: tuple[int, ...]


_ABIS: Final = {
    "x86_64": _Abi(
        0xC000003E,
        # setuid setgid setreuid setregid setgroups setresuid setresgid setfsuid setfsgid, chown fchown lchown fchownat
        (105, 106, 113, 114, 116, 117, 119, 122, 123, 92, 93, 94, 260),
        # chmod fchmod fchmodat creat mknod mknodat, open openat
        (_Making(90, 1), _Making(91, 1), _Making(268, 2), _Making(85, 1), _Making(133, 1), _Making(259, 2), _Making(2, 2, 1),
         _Making(257, 3, 2)),
        302,
        0x40000000,  # x32
        (142, 144, 203, 314),
        (141, 251),
        (248, 249, 250),
    ),
    # arm64 has neither chown nor lchown, neither chmod nor open: its C library calls fchownat, fchmodat, openat
    "aarch64": _Abi(
        0xC00000B7, (146, 144, 145, 143, 159, 147, 149, 151, 152, 55, 54),
        (_Making(52, 1), _Making(53, 2), _Making(33, 2), _Making(56, 3, 2)), 261, 0x40000000,
        (118, 119, 122, 274), (140, 30), (217, 218, 219),
    ),
}  # fmt: skip
_FCHMODAT2: Final = _Making(452, 2)
_UNSEEN: Final = (425, 437)  # io_uring_setup, openat2: what they are to do lies in memory, where a filter can't look
_OF_USER: Final = (2, 3)  # PRIO_USER, IOPRIO_WHO_USER
_RIGHTS: Final = 0o6000  # setuid, setgid
_CREATING: Final = 0o20000100  # O_CREAT, O_TMPFILE's own bit
_LOAD, _JUMP_EQUAL, _JUMP_FROM, _JUMP_ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
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
        *_plan_case(abi.limit, [*_plan_test(0, _JUMP_EQUAL, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]),
        *(
            each
            for number in (*_UNSEEN, *abi.keys)
            for each in _plan_case(number, [(_RETURN, 0, 0, _ERRNO | errno.ENOSYS)])
        ),
        *(each for number in abi.schedule for each in _plan_case(number, _plan_sparing(0))),
        *(
            each
            for number, user in zip(abi.nice, _OF_USER, strict=True)
            for each in _plan_case(number, _plan_sparing(1, user))
        ),
        *(each for making in (*abi.making, _FCHMODAT2) for each in _plan_making(making)),
        *((_JUMP_EQUAL, last - i, 0, number) for i, number in enumerate(abi.pretend)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO),
    ]


def _plan_making(making: _Making) -> list[Instruction]:
    """Refused with setuid or setgid in the mode: such a file in a folder shared with the host would give its owner's rights away."""
    rest = [*_plan_test(making.mode, _JUMP_ANY, _RIGHTS, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    if making.flags is None:
        return _plan_case(making.number, rest)
    creating = [(_LOAD, 0, 0, _argument(making.flags)), (_JUMP_ANY, 0, len(rest) - 1, _CREATING)]
    return _plan_case(making.number, [*creating, *rest])


def _plan_sparing(target: int, user: int | None = None) -> list[Instruction]:
    """Refused for PID 1, the argument number `target`, and for all of a user, where the first argument can say so."""
    everybody = [] if user is None else _plan_test(0, _JUMP_EQUAL, user, _ERRNO | errno.EPERM)
    return [*everybody, *_plan_test(target, _JUMP_EQUAL, 1, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]


def _plan_case(number: int, block: list[Instruction]) -> list[Instruction]:
    """For this call what `block`, which ends in a return, says."""
    return [(_JUMP_EQUAL, 0, len(block), number), *block]


def _plan_test(argument: int, jump: int, value: int, answer: int) -> list[Instruction]:
    """This answer if the argument's lower half passes; else go on."""
    return [(_LOAD, 0, 0, _argument(argument)), (jump, 0, 1, value), (_RETURN, 0, 0, answer)]


def _argument(number: int) -> int:
    return _FIRST_ARGUMENT + 8 * number


def ensure_filter() -> None:
    """Install the filter on this process; every process it starts inherits it."""
    set_seccomp(plan_filter(os.uname().machine))
