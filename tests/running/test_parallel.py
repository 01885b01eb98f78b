"""Which tests go to a worker in one piece, which begin first, and which belong to a lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running.parallel import LONG, plan_place, plan_unit

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("tests/net/test_net.py::test_a[x::y]", "tests/net/test_net.py"),
        ("tests/labs/test_proof.py::test_proven[03-bridge]", "tests/labs/test_proof.py[odd]"),
        ("tests/labs/test_proof.py::test_proven[10-calico-bgp]", "tests/labs/test_proof.py[even]"),
        ("tests/labs/test_students.py::test_ten[03-bridge]", "tests/labs/test_students.py[03-bridge]"),
        ("tests/notebooks/test_notebooks.py::test_red[03-bridge]", "tests/notebooks/test_notebooks.py[03-bridge]"),
        ("tests/world/test_kill.py::test_killing_pid_1", "tests/world/test_kill.py"),
    ],
)
def test_what_goes_together(name: str, unit: str) -> None:
    assert plan_unit(name) == unit


def test_what_takes_longest_begins_first() -> None:
    names = [
        "tests/net/test_net.py",
        "tests/labs/test_students.py",
        "tests/labs/test_proof.py",
        "tests/cni/test_cni.py",
    ]
    assert sorted(names, key=plan_place) == [names[2], names[1], names[3], names[0]]


@pytest.mark.parametrize("beginning", LONG)
def test_what_is_named_is_there(beginning: str) -> None:
    path = REPOSITORY / beginning
    assert list(path.parent.glob(f"{path.name}*"))


def test_a_lab_s_tests_are_its_own(pytester: pytest.Pytester) -> None:
    found = collect(pytester, "--lab=03-bridge")
    assert "tests/labs/test_proof.py::test_proven[03-bridge]" in found
    assert "tests/labs/test_checked_bridge.py::test_the_bridge_keeps_its_mac_while_checked" in found
    assert not [name for name in found if "04-gateway-routes" in name or "flannel" in name]


def collect(pytester: pytest.Pytester, *options: str) -> list[str]:
    ran = pytester.run(
        "python",
        "-m",
        "pytest",
        "--rootdir",
        REPOSITORY,
        "--collect-only",
        "-q",
        *options,
        REPOSITORY / "tests" / "labs",
    )
    return [line for line in ran.outlines if "::" in line]
