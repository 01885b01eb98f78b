"""What is worked out before anything is done: uids, sysctl paths, addresses, remedies, kept output."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from labkit.errors import UsageError
from labkit.world import remedies
from labkit.world.connection import plan_address
from labkit.world.inside.outer import ROOT_WORLD_UID, plan_world_uid
from labkit.world.inside.request import RequestError, parse_machine, take, take_arguments, take_environment
from labkit.world.inside.skeleton import SYSCTLS, plan_sysctl_path
from labkit.world.process import Kept
from labkit.world.remedies import Refusal, find_remedy

WHOLE = "         0          0 4294967295\n"


@pytest.mark.parametrize(
    ("uid_map", "uid"),
    [
        (WHOLE, ROOT_WORLD_UID),
        ("0 100000 65536\n", 65526),
        ("0 1000 1\n1 100000 65536\n", 65527),
        ("0 1000 1\n", None),
        ("0 0 500\n", None),
        ("", None),
    ],
)
def test_the_uid_nobody_has(uid_map: str, uid: int | None) -> None:
    assert plan_world_uid(uid_map) == uid


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
        ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
        ("net/ipv4/conf/flannel.1/forwarding", "net/ipv4/conf/flannel.1/forwarding"),
        ("net.ipv4.conf.flannel/1.forwarding", "net/ipv4/conf/flannel.1/forwarding"),
        ("hostname", "hostname"),
    ],
)
def test_where_a_sysctl_is(name: str, path: str) -> None:
    assert plan_sysctl_path(name) == path


def test_the_stated_sysctls_are_of_the_network_only() -> None:
    assert {name.split(".")[0] for name in SYSCTLS} == {"net"}


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    uid = os.getuid()
    monkeypatch.delenv("LABKIT_REALM")
    assert plan_address("03-bridge") == f"\0labkit/{uid}/03-bridge"
    assert plan_address("03-bridge", hidden=True) == f"\0labkit-hidden/{uid}/03-bridge"
    assert len(plan_address("x" * 60, hidden=True)) < 108
    with pytest.raises(UsageError):
        plan_address("a/b")
    monkeypatch.setenv("LABKIT_REALM", "x" * 16)
    assert plan_address("03-bridge") == f"\0labkit/{uid}.{'x' * 16}/03-bridge"
    assert len(plan_address("x" * 60, hidden=True)) < 108


@pytest.mark.parametrize("realm", ["a/b", "x" * 17, "a b", "..", "a\n"])
def test_what_is_no_realm_is_said(realm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_REALM", realm)
    with pytest.raises(UsageError, match="LABKIT_REALM"):
        plan_address("03-bridge")


def write(root: Path, **values: str) -> None:
    for name, value in values.items():
        path = root / "proc" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")


REFUSED = Refusal("user namespace", errno.EPERM, "unshare: Operation not permitted")


def test_debians_switch(tmp_path: Path) -> None:
    write(tmp_path, sys__kernel__unprivileged_userns_clone="0")
    assert find_remedy(REFUSED, tmp_path) == remedies.CLONE


@pytest.mark.parametrize("stage", ["user namespace", "namespaces", "file tree"])
def test_ubuntus_apparmor(tmp_path: Path, stage: str) -> None:
    write(tmp_path, sys__kernel__unprivileged_userns_clone="1", sys__kernel__apparmor_restrict_unprivileged_userns="1")
    assert find_remedy(Refusal(stage, errno.EACCES, "Permission denied"), tmp_path) == remedies.APPARMOR


def test_a_containers_filter(tmp_path: Path) -> None:
    write(tmp_path, self__status="Name:\tx\nSeccomp:\t2\n", sys__kernel__apparmor_restrict_unprivileged_userns="0")
    assert find_remedy(REFUSED, tmp_path) == remedies.CONTAINER


def test_a_chroot(tmp_path: Path) -> None:
    write(tmp_path, self__status="Name:\tx\nSeccomp:\t0\n")
    assert find_remedy(REFUSED, tmp_path) == remedies.CHROOT


def test_masked_proc(tmp_path: Path) -> None:
    refusal = Refusal("file tree", errno.EPERM, "mount proc on /proc: Operation not permitted")
    assert find_remedy(refusal, tmp_path) == remedies.MASKED


def test_used_up_names_the_lowest_limit(tmp_path: Path) -> None:
    write(tmp_path, sys__user__max_user_namespaces="100", sys__user__max_net_namespaces="3")
    hint = find_remedy(Refusal("namespaces", errno.ENOSPC, "No space left on device"), tmp_path)
    assert hint.startswith("user.max_net_namespaces is 3 here: sudo sysctl")


def test_a_kernel_without_user_namespaces(tmp_path: Path) -> None:
    assert find_remedy(Refusal("user namespace", errno.EINVAL, "Invalid argument"), tmp_path) == remedies.KERNEL


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOMEM, 0])
def test_what_is_not_known_is_left_to_the_doctor(tmp_path: Path, code: int) -> None:
    assert find_remedy(Refusal("namespaces", code, "?"), tmp_path) == remedies.DOCTOR


def test_every_remedy_is_one_line() -> None:
    lines = [value for name, value in vars(remedies).items() if name.isupper() and isinstance(value, str)]
    assert len(lines) >= 6
    assert all("\n" not in line and line for line in lines)


def test_output_is_kept_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.world.process._KEPT", 10)
    kept = Kept()
    for part in (b"12345", b"6789", b"abc", b"def"):
        kept.take(part)
    assert kept.render() == "123456789a\n[5 more bytes left out]\n"


def test_output_that_fits_is_whole() -> None:
    kept = Kept()
    kept.take("한".encode()[:1])
    kept.take("한".encode()[1:])
    assert kept.render() == "한"


@pytest.mark.parametrize("value", [None, "1", 1.0, True, [1]])
def test_a_field_of_the_wrong_type(value: object) -> None:
    with pytest.raises(RequestError, match="number: int expected"):
        take({"number": value}, "number", int)


@pytest.mark.parametrize("argv", [[], [1], ["a", None], ["a\0"], ["\ud800"], "true", {"a": 1}])
def test_no_command_line(argv: object) -> None:
    with pytest.raises(RequestError, match="argv"):
        take_arguments({"argv": argv})


@pytest.mark.parametrize(
    "environment", [{"": "x"}, {"A=B": "x"}, {"A": "x\0"}, {"A": 1}, {"\ud800": "x"}, [], {"A\0": "x"}]
)
def test_no_environment(environment: object) -> None:
    with pytest.raises(RequestError):
        take_environment({"environment": environment})


@pytest.mark.parametrize(
    "message", [None, [], {}, {"name": "x"}, {"name": "x", "kind": 1}, {"name": "x", "kind": "pod", "node": {}}]
)
def test_no_machine(message: object) -> None:
    with pytest.raises(RequestError):
        parse_machine(message, {})
