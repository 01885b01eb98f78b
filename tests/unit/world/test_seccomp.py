"""The system-call filter, run by a small interpreter of the instructions it uses (seccomp(2), linux/filter.h)."""

from __future__ import annotations

import errno

import pytest

from labkit.world.seccomp import Instruction, plan_filter

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
I386, X32 = 0x40000003, 0x40000000
SETUID, CHOWNAT, LIMIT, KILL, EXECVE = "setuid", "fchownat", "prlimit64", "kill", "execve"
NUMBERS = {
    "x86_64": {SETUID: 105, "setgid": 106, "setresuid": 117, "setgroups": 116, "chown": 92, CHOWNAT: 260, LIMIT: 302, KILL: 62, EXECVE: 59},
    "aarch64": {SETUID: 146, "setgid": 144, "setresuid": 147, "setgroups": 159, "fchown": 55, CHOWNAT: 54, LIMIT: 261, KILL: 129, EXECVE: 221},
}  # fmt: skip


def run_filter(program: list[Instruction], arch: int, number: int, first: int = 0) -> int:
    data = {0: number, 4: arch, 16: first}
    at, value = 0, 0
    while True:
        code, yes, no, k = program[at]
        at += 1
        if code == 0x20:
            value = data[k]
        elif code == 0x06:
            return k
        else:
            hit = {0x15: value == k, 0x35: value >= k}[code]
            at += yes if hit else no


@pytest.mark.parametrize("machine", ARCHES)
def test_calls_that_change_owner_or_user_seem_to_succeed(machine: str) -> None:
    for name, number in NUMBERS[machine].items():
        expected = ALLOW if name in (LIMIT, KILL, EXECVE) else ERRNO
        assert run_filter(plan_filter(machine), ARCHES[machine], number) == expected, name


@pytest.mark.parametrize("machine", ARCHES)
def test_limits_are_a_process_s_own(machine: str) -> None:
    number = NUMBERS[machine][LIMIT]
    assert run_filter(plan_filter(machine), ARCHES[machine], number, first=0) == ALLOW
    assert run_filter(plan_filter(machine), ARCHES[machine], number, first=1) == ERRNO | errno.EPERM


def test_other_abis_do_not_exist() -> None:
    """i386's prlimit64 is 340, x32's has a bit of its own: neither may be a way round."""
    assert run_filter(plan_filter("x86_64"), I386, 340, first=1) == ERRNO | errno.ENOSYS
    assert run_filter(plan_filter("x86_64"), ARCHES["x86_64"], X32 | 302, first=1) == ERRNO | errno.ENOSYS


@pytest.mark.parametrize("machine", ARCHES)
def test_every_other_call_is_let_through(machine: str) -> None:
    others = set(range(480)) - {
        number for number in range(480) if run_filter(plan_filter(machine), ARCHES[machine], number) == ERRNO
    }
    assert len(others) == 480 - (13 if machine == "x86_64" else 11)
    assert {run_filter(plan_filter(machine), ARCHES[machine], number) for number in others} == {ALLOW}
