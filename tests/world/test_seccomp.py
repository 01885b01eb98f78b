"""The system-call filter, run by a small interpreter of the instructions it uses (seccomp(2), linux/filter.h)."""

from __future__ import annotations

import errno

import pytest

from labkit.world.inside.seccomp import Instruction, plan_filter

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
I386, X32 = 0x40000003, 0x40000000
SETUID, CHOWNAT, LIMIT, KILL, EXECVE = "setuid", "fchownat", "prlimit64", "kill", "execve"
NUMBERS = {
    "x86_64": {SETUID: 105, "setgid": 106, "setresuid": 117, "setgroups": 116, "chown": 92, CHOWNAT: 260, LIMIT: 302, KILL: 62, EXECVE: 59},
    "aarch64": {SETUID: 146, "setgid": 144, "setresuid": 147, "setgroups": 159, "fchown": 55, CHOWNAT: 54, LIMIT: 261, KILL: 129, EXECVE: 221},
}  # fmt: skip


def run_filter(program: list[Instruction], arch: int, number: int, *arguments: int) -> int:
    data = {0: number, 4: arch} | {16 + 8 * at: value for at, value in enumerate((*arguments, 0, 0, 0, 0))}
    at, value = 0, 0
    while True:
        code, yes, no, k = program[at]
        at += 1
        if code == 0x20:
            value = data[k]
        elif code == 0x06:
            return k
        else:
            hit = {0x15: value == k, 0x35: value >= k, 0x45: value & k}[code]
            at += yes if hit else no


@pytest.mark.parametrize("machine", ARCHES)
def test_calls_that_change_owner_or_user_seem_to_succeed(machine: str) -> None:
    for name, number in NUMBERS[machine].items():
        expected = ALLOW if name in (LIMIT, KILL, EXECVE) else ERRNO
        assert run_filter(plan_filter(machine), ARCHES[machine], number) == expected, name


@pytest.mark.parametrize("machine", ARCHES)
def test_limits_are_a_process_s_own(machine: str) -> None:
    number = NUMBERS[machine][LIMIT]
    assert run_filter(plan_filter(machine), ARCHES[machine], number, 0) == ALLOW
    assert run_filter(plan_filter(machine), ARCHES[machine], number, 1) == ERRNO | errno.EPERM


def test_other_abis_do_not_exist() -> None:
    """i386's prlimit64 is 340, x32's has a bit of its own: neither may be a way round."""
    assert run_filter(plan_filter("x86_64"), I386, 340, 1) == ERRNO | errno.ENOSYS
    assert run_filter(plan_filter("x86_64"), ARCHES["x86_64"], X32 | 302, 1) == ERRNO | errno.ENOSYS


CREATE, TMPFILE, JUNK = 0o100, 0o20200000, 0o6777
MODES = {  # name: (number, arguments before the mode)
    "x86_64": {
        "chmod": (90, (0,)), "fchmod": (91, (0,)), "fchmodat": (268, (0, 0)), "fchmodat2": (452, (0, 0)), "creat": (85, (0,)),
        "mknod": (133, (0,)), "mknodat": (259, (0, 0)), "open": (2, (0, CREATE)), "openat": (257, (0, 0, CREATE)),
        "openat, unnamed": (257, (0, 0, TMPFILE)),
    },
    "aarch64": {
        "fchmod": (52, (0,)), "fchmodat": (53, (0, 0)), "fchmodat2": (452, (0, 0)), "mknodat": (33, (0, 0)),
        "openat": (56, (0, 0, CREATE)), "openat, unnamed": (56, (0, 0, TMPFILE)),
    },
}  # fmt: skip


@pytest.mark.parametrize("machine", ARCHES)
@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o6777, 0o4000, 0o100, 0o1777, 0])
def test_no_file_gets_its_owner_s_rights(machine: str, mode: int) -> None:
    expected = ERRNO | errno.EPERM if mode & 0o6000 else ALLOW
    for name, (number, before) in MODES[machine].items():
        assert run_filter(plan_filter(machine), ARCHES[machine], number, *before, mode) == expected, name


@pytest.mark.parametrize("machine", ARCHES)
def test_opening_a_file_that_is_there_gives_no_mode_whatever_the_register_holds(machine: str) -> None:
    number, before = MODES[machine]["openat"]
    assert run_filter(plan_filter(machine), ARCHES[machine], number, *before[:-1], 0o2, JUNK) == ALLOW


KEYS = {"x86_64": [248, 249, 250], "aarch64": [217, 218, 219]}
SCHEDULE = {"x86_64": [142, 144, 203, 314], "aarch64": [118, 119, 122, 274]}
NICE = {"x86_64": {141: 2, 251: 3}, "aarch64": {140: 2, 30: 3}}  # setpriority and ioprio_set: what says "all of a user"


@pytest.mark.parametrize("machine", ARCHES)
def test_pid_1_is_not_slowed_down(machine: str) -> None:
    run = lambda *call: run_filter(plan_filter(machine), ARCHES[machine], *call)  # noqa: E731
    for number in SCHEDULE[machine]:
        assert [run(number, process) for process in (0, 1, 2)] == [ALLOW, ERRNO | errno.EPERM, ALLOW]
    for number, user in NICE[machine].items():
        assert [run(number, user - 2, process) for process in (0, 1, 2)] == [ALLOW, ERRNO | errno.EPERM, ALLOW]
        assert [run(number, user, who) for who in (0, 1, 1000)] == [ERRNO | errno.EPERM] * 3


@pytest.mark.parametrize("machine", ARCHES)
def test_every_other_call_is_let_through(machine: str) -> None:
    answers = [run_filter(plan_filter(machine), ARCHES[machine], number) for number in range(480)]
    assert answers.count(ERRNO) == (13 if machine == "x86_64" else 11)
    assert [number for number, answer in enumerate(answers) if answer not in (ERRNO, ALLOW)] == [
        *KEYS[machine], 425, 437,
    ]  # fmt: skip
