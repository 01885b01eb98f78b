"""Breaking something: a fault is in when a check says so, and leaves nothing when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import labkit
from labkit.api import LiveLab
from labkit.check import Report, Status
from labkit.errors import LabkitError, UsageError
from labkit.lab.entries import Break, parse_entry
from labkit.lab.harm import list_differences, put_in, take_back
from labkit.net import read_snapshot

pytestmark = pytest.mark.world

HEAD = "# cause: {name}\n# where: right\n# report: it is {name}.\n# shows: {name}.\n"


@pytest.fixture
def lab(two_hosts: Path) -> Iterator[LiveLab]:
    with labkit.start(two_hosts.name) as started:
        started.solve(to="pod")
        yield started
        started.down()


def write_fault(folder: Path, name: str, text: str) -> None:
    (folder / "faults" / f"{name}.sh").write_text(HEAD.format(name=name) + text)


def told(report: Report) -> dict[str, str]:
    return {verdict.id: str(verdict.status) for verdict in report.verdicts}


def read_breaks(lab: LiveLab) -> list[Break]:
    return [entry for entry in lab.read_entries() if isinstance(entry, Break)]


def test_a_fault_that_no_check_notices_is_taken_back_and_another_one_takes_its_place(lab: LiveLab) -> None:
    for name in ("link-down", "no-address"):
        (lab.folder / "faults" / f"{name}.sh").unlink()
    write_fault(lab.folder, "mtu", "on right ip link set eth0 mtu 1400\n")
    write_fault(lab.folder, "ttl", "on worker1 sysctl -w net.ipv4.ip_forward=1\n")
    write_fault(lab.folder, "down", "on right ip link set eth0 down\n")
    before = read_snapshot(lab.machines())
    assert lab.break_() == "it is down."
    assert [(each.name, each.checks, each.chosen) for each in read_breaks(lab)] == [
        ("down", ("left_reaches_right",), False)
    ]
    lab.machine("right").run("ip link set eth0 up")
    assert list_differences(lab.world, before) == []


def test_a_fault_by_name_that_breaks_nothing_is_said_and_is_none(lab: LiveLab) -> None:
    write_fault(lab.folder, "mtu", "on right ip link set eth0 mtu 1400\n")
    with pytest.raises(LabkitError, match="this fault breaks nothing in this network"):
        lab.break_("mtu")
    assert lab.machine("right").run("cat /sys/class/net/eth0/mtu").stdout == "1500\n"
    assert (lab.read_state().fault, read_breaks(lab)) == (None, [])
    with pytest.raises(UsageError, match="has no fault 'nothing'"):
        lab.break_("nothing")


def test_a_fault_that_fails_half_way_leaves_nothing_and_tells_nothing(lab: LiveLab) -> None:
    text = """on right ip addr flush dev eth0
on right ip link add b0 type bridge
on right ip link set eth0 master b0
on left ip route add 10.77.0.0/16 dev eth0
on worker1 touch "/tmp/with a blank"
undo on worker1 rm "/tmp/with a blank"
on right ip link set secret-name up
on right touch /tmp/never
"""
    for name in ("link-down", "no-address"):
        write_fault(lab.folder, name, text)
    before = read_snapshot(lab.machines())
    with pytest.raises(LabkitError) as caught:
        lab.break_()
    assert "secret-name" not in caught.value.message + caught.value.hint
    assert list_differences(lab.world, before) == []
    assert lab.machine("worker1").run("ls /tmp").stdout == ""
    assert lab.machine("right").run("ls /tmp/never").status
    assert lab.check().list_ids(Status.FAILED) == ["fault_repaired"]


def test_what_can_not_be_taken_back_is_said(lab: LiveLab) -> None:
    write_fault(lab.folder, "gone", "on worker1 ip link del d0\n")
    lab.machine("worker1").run("ip link add d0 type veth peer name d1")
    harm = put_in(lab.world, lab.get_fault("gone"))
    with pytest.raises(LabkitError, match=r"could not be taken back: .*link d0 \(veth\) on worker1"):
        take_back(lab.world, harm)


def test_a_fault_of_ones_own_choice_earns_a_student_nothing(two_hosts: Path) -> None:
    with labkit.start(two_hosts.name, student="anna") as lab:
        lab.solve(to="pod")
        lab.break_("link-down")
        lab.machine("right").run("ip link set eth0 up")
        lab.answer("fault.cause", "link-down")
        lab.answer("fault.where", "right")
        report = lab.check()
        assert (told(report)["fault_repaired"], told(report)["fault_named"]) == ("failed", "skipped")
        assert "you chose what breaks" in {each.id: each.observed for each in report.verdicts}["fault_repaired"]
        lab.break_()
        assert lab.read_state().fault == lab.definition.variant.choose("fault", ["link-down", "no-address"])
        lab.machine("right").run(f"ip link set eth0 up; ip addr replace {lab.values['right']}/24 dev eth0")
        assert told(lab.check())["fault_repaired"] == "passed"
        lab.down()


def test_a_solution_names_the_fault_that_it_got(two_hosts: Path) -> None:
    (two_hosts / "faults" / "no-address.sh").unlink()
    write_fault(two_hosts, "mtu", "on right ip link set eth0 mtu 1400\n")
    names = (f"student{number}" for number in range(100))
    with labkit.start(two_hosts.name, student=next(filter(_gets_mtu, names))) as lab:
        lab.solve()
        assert lab.read_state().fault == "link-down"
        assert set(told(lab.check()).values()) == {"passed"}
        lab.down()


def _gets_mtu(student: str) -> bool:
    from labkit.lab.definition import read_definition
    from labkit.lab.folders import find_lab

    return read_definition(find_lab("90"), student).variant.choose("fault", ["link-down", "mtu"]) == "mtu"


def test_the_help_that_was_taken_is_in_the_report(lab: LiveLab) -> None:
    assert lab.check().to_data()["helped"] == {"hints": {}, "solved": True, "seen": True}
    lab.hint("left_reaches_right")
    lab.reset()
    assert lab.check().to_data()["helped"] == {"hints": {"left_reaches_right": 1}, "solved": False, "seen": True}


def test_a_journal_breaks_by_the_name_of_a_fault_and_nothing_else(lab: LiveLab) -> None:
    lab.note(Break(name="no-fault"))
    lab.break_("no-address")
    lab.down()
    with labkit.start(lab.name, resume=True) as again:
        assert any("no fault 'no-fault'" in note for note in again.read_notes())
        assert again.read_state().fault == "no-address"
        assert lab.values["right"] not in again.machine("right").run("ip addr").stdout
        again.solve(to="pod")  # so that the fixture finds a world to end
    forged = parse_entry(b'{"kind": "break", "name": "no-address", "script": "break_something() { true; }"}')
    assert forged == Break(name="no-address")


def test_a_second_fault_is_refused_with_the_first_one_s_complaint(lab: LiveLab) -> None:
    complaint = lab.break_()
    with pytest.raises(UsageError, match="something is broken already") as raised:
        lab.break_()
    assert complaint in raised.value.message
