"""A lab in a real world: start, solve, break, answer, check, resume; and its proof."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import labkit
from labkit import LiveLab
from labkit.check import Report, Status
from labkit.check.dropped import Question, parse_question
from labkit.check.verdict import Evidence
from labkit.errors import UsageError, WorldError
from labkit.lab.entries import Run
from labkit.lab.journal import read_journal
from labkit.lab.listing import list_running
from labkit.lab.runner import ScriptError
from labkit.proof.prove import prove
from labkit.timing import scale
from labkit.world import World, list_worlds

pytestmark = pytest.mark.world

ALL = ["left_reaches_right", "right_sees_left", "pod_is_there", "fault_repaired", "fault_named"]


@pytest.fixture
def lab(two_hosts: Path) -> Iterator[LiveLab]:
    with labkit.start(two_hosts.name) as started:
        yield started
    if two_hosts.name in list_worlds():
        World.attach(two_hosts.name).end()


def told(report: Report) -> dict[str, str]:
    return {verdict.id: str(verdict.status) for verdict in report.verdicts}


@pytest.mark.user
@pytest.mark.alone
def test_red_at_the_start_and_green_when_solved(lab: LiveLab) -> None:
    began = time.monotonic()
    report = lab.check()
    assert time.monotonic() - began < scale(1.5)
    assert (report.exit_status, report.list_ids(Status.PASSED)) == (1, [])
    outcome = lab.solve()
    assert outcome.answers[0] == ("how-many", "3")
    report = lab.check()
    assert told(report) == dict.fromkeys(ALL, "passed")
    assert (report.exit_status, report.points, report.max_points) == (0, 7.5, 7.5)
    assert report.verdicts[0].evidence[0].machine == "left"


def test_a_red_checks_evidence_names_the_rule_that_dropped_its_packet(lab: LiveLab) -> None:
    lab.solve()
    lab.machine("right").run("iptables -A INPUT -p icmp -j DROP")
    verdict = lab.check("left_reaches_right").verdicts[0]
    journey, decided = verdict.evidence[-2:]
    assert verdict.status is Status.FAILED
    assert journey.argv == ("labkit", "journey", "left", decided.argv[-1])
    assert (
        journey.stdout == "on right dropped by iptables -t filter -A INPUT -p icmp -j DROP (table filter, chain INPUT)"
    )


@pytest.mark.parametrize(
    ("argv", "said", "question"),
    [
        (("labkit", "reach", "a", "b", "--address", "10.0.0.2"), "UDP of 84 bytes: no answer", Question("a", "10.0.0.2", udp=40000)),
        (("labkit", "reach", "a", "b", "--address", "10.0.0.2"), "large ping of 1500 bytes: no answer", Question("a", "10.0.0.2")),
        (("ping", "-c", "1", "-W", "1", "10.0.0.2"), "no answer within 1 s", Question("a", "10.0.0.2")),
        (("nc", "-z", "-v", "-w", "2", "10.0.0.2", "5432"), "no answer", Question("a", "10.0.0.2", tcp=5432)),
        (("dig", "+short", "@10.96.0.10", "web", "A"), "no answer", Question("a", "10.96.0.10", udp=53)),
        (("bash", "-c", "curl -m 2 http://10.96.0.80:80/"), "", Question("a", "10.96.0.80", tcp=80)),
        (("ip", "-j", "route"), "", None),
    ],
)  # fmt: skip
def test_what_was_asked_is_followed_by_a_packet_of_its_kind(
    argv: tuple[str, ...], said: str, question: Question | None
) -> None:
    assert parse_question(Evidence("a", argv, said, 1)) == question
    assert parse_question(Evidence("a", argv, said, 0)) is None, "that went well"


def test_typed_by_hand_it_is_the_same(lab: LiveLab) -> None:
    lab.machine("left").run("ip addr add 10.9.0.1/24 dev eth0")
    lab.machine("right").run(["ip", "addr", "add", "10.9.0.2/24", "dev", "eth0"])
    assert told(lab.check()) == {
        "left_reaches_right": "passed",
        "right_sees_left": "passed",
        "pod_is_there": "failed",
        "fault_repaired": "failed",
        "fault_named": "skipped",
    }
    assert list(told(lab.check("right_sees_left"))) == ["right_sees_left"]


def take_turns(lab: LiveLab, ended: threading.Event, first: threading.Event) -> None:
    """For a second the hosts reach each other, for the next the pod has its loopback; never both."""
    ends = [("right", "eth0"), ("web", "lo")]
    while not ended.is_set():
        for (machine, link), state in zip(ends, ("down", "up"), strict=True):
            lab.machine(machine).run(f"ip link set {link} {state}")
        ends.reverse()
        first.set()
        ended.wait(1)


def test_a_network_that_is_right_by_turns_is_never_right(two_hosts: Path) -> None:
    path = two_hosts / "lab.toml"
    path.write_text(path.read_text().replace("within = 1", "within = 3"))
    ended, first = threading.Event(), threading.Event()
    with labkit.start(two_hosts.name) as lab:
        lab.solve(to="pod")
        turning = threading.Thread(target=take_turns, args=(lab, ended, first))
        turning.start()
        try:
            first.wait()
            reports = [lab.check() for _ in range(4)]
        finally:
            ended.set()
            turning.join()
    green = [report for report in reports if report.list_ids(Status.PASSED) == ALL[:3]]
    assert len(green) <= 1, "once the turn may come between two looks that are at one time"


def test_a_fault_shows_at_the_first_try_for_nobody_remembers_an_answer_to_arp(lab: LiveLab) -> None:
    lab.solve(to="pod")
    left = lab.machine("left")
    left.run("ip neigh replace 10.9.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent")
    assert lab.check().list_ids(Status.FAILED) == ["fault_repaired"]
    assert lab.values["right"] in left.run("ip neigh").stdout
    lab.break_("no-address")
    assert left.run("ip neigh").stdout.split()[-1] == "PERMANENT"
    assert len(left.run("ip neigh").stdout.splitlines()) == 1


@pytest.mark.alone
def test_broken_named_and_repaired(lab: LiveLab) -> None:
    with pytest.raises(UsageError, match="not right yet"):
        lab.break_()
    with pytest.raises(UsageError, match="nothing is broken yet"):
        lab.answer("fault.cause", "link-down")
    lab.solve(to="pod")
    began = time.monotonic()
    assert lab.check().list_ids(Status.FAILED) == ["fault_repaired"]
    assert time.monotonic() - began < scale(0.8)
    assert lab.break_("link-down") == '"The other side does not answer."'
    assert told(lab.check())["fault_repaired"] == "failed"
    with pytest.raises(UsageError, match="can't be said"):
        lab.answer("fault.where", "right:eth9")
    lab.answer("fault.cause", "missing-address")
    lab.answer("fault.where", "right")
    lab.machine("right").run("ip link set eth0 up")
    lab.machine("left").run("ip neigh flush dev eth0")  # it still waits for an answer to an old question
    assert told(lab.check())["fault_named"] == "failed"
    lab.answer("fault.cause", "link-down")
    report = lab.check()
    assert told(report) == dict.fromkeys(ALL, "passed")
    assert report.verdicts[-1].points == 1.5
    lab.reset()
    assert told(lab.check())["fault_repaired"] == "failed"


def test_answers_and_hints(lab: LiveLab) -> None:
    assert lab.answer("how-many", "2").right is None, "noted, and nothing more"
    shown = lab.show_truth("how-many")
    assert shown
    assert (shown.right, shown.guess, shown.truth) == (False, "2", "3")
    assert lab.answer("how-many", "3").right is True, "it has been seen"
    with pytest.raises(UsageError, match="asks nothing called"):
        lab.answer("how-much", "3")
    assert set(lab.list_answers()) == {"how-many", "fault.cause", "fault.where"}
    assert "worker1:lo" not in lab.list_answers()["fault.where"]
    assert [lab.hint().text for _ in range(4)] == [
        "Have they addresses?",
        "ip addr on left",
        "ip addr add",
        "ip addr add",
    ]
    with pytest.raises(UsageError, match="has no check"):
        lab.hint("nothing")


def test_a_failing_command_of_a_solution_is_named(lab: LiveLab) -> None:
    path = lab.folder / "solutions" / "other-longer.sh"
    path.write_text("#: first core\non left ip addr add 1.2.3.4/24 dev 'no where'\n")
    with pytest.raises(ScriptError) as caught:
        lab.solve("other-longer")
    assert "other-longer, step first: on left ip addr add 1.2.3.4/24 dev no\\ where: status 1" in caught.value.message
    assert "labkit exec left -- ip addr add" in caught.value.hint


def test_a_second_handle_meets_the_same_lab(lab: LiveLab) -> None:
    same = labkit.start(lab.name)
    assert same.world.pid == lab.world.pid
    for wrong in ({"student": "anna"}, {"fabric": "mininet"}):
        with pytest.raises(UsageError, match="is running with"):
            labkit.start(lab.name, **wrong)  # type: ignore[arg-type]
    same.reset()
    assert lab.world.pid == same.world.pid
    assert lab.machine("left").run("hostname").stdout == "left\n"
    assert lab.name in [each["lab"] for each in list_running()]
    same.down()
    with pytest.raises(WorldError):
        lab.machine("left")
    with pytest.raises(UsageError, match="is not running"):
        labkit.attach(lab.name)


def test_resume_does_it_all_again(lab: LiveLab) -> None:
    lab.solve(to="pod")
    lab.break_("no-address")
    lab.answer("fault.cause", "missing-address")
    lab.answer("fault.where", "right:eth0")
    lab.machine("right").run("cat >/tmp/x; ip addr add $(cat /tmp/x) dev eth0", stdin="10.9.0.2/24")
    lab.machine("left").run("exit 7")
    assert lab.check().exit_status == 0
    lab.down()
    again = labkit.start(lab.name, resume=True)
    assert told(again.check()) == dict.fromkeys(ALL, "passed")
    assert again.read_notes() == []
    again.down()
    with labkit.start(lab.name) as plain:
        assert plain.check().exit_status == 1


def test_what_was_done_is_in_the_journal(lab: LiveLab) -> None:
    lab.machine("left").run("ip link")
    lab.machine("left").run(["ip", "addr"])
    lab.solve(to="addresses")
    entries = lab.read_entries()
    data = [entry.to_data() for entry in entries[:3]]
    kinds = [(each["kind"], each.get("machine", ""), each.get("argv", each.get("script", ""))) for each in data]
    assert kinds == [("start", "", ""), ("run", "left", "ip link"), ("run", "left", ("ip", "addr"))]
    assert [entry.kind for entry in entries[3:]] == ["reset", "script", "answer"]
    assert all(entry.time > 0 for entry in entries)
    journal = Path(lab.world.read_meta()["journal"])
    with journal.open("ab") as file:
        file.write(b'{"kind": "answer", "id": "torn')
    lab.down()
    labkit.start(lab.name).close()
    assert read_journal(journal)[-1].kind == "start"


def test_a_students_lab(two_hosts: Path) -> None:
    lab = labkit.start(two_hosts.name, student="anna")
    try:
        assert lab.values["net"] != "10.9.0.0/24"
        lab.solve()
        assert lab.check().exit_status == 0
        with labkit.attach(two_hosts.name) as same:
            assert same.values == lab.values
        assert lab.read_state().fault == lab.definition.variant.choose("fault", ["link-down", "no-address"])
    finally:
        lab.down()


def test_nothing_remains_of_a_lab_that_can_not_be_built(two_hosts: Path) -> None:
    path = two_hosts / "lab.toml"
    path.write_text(path.read_text() + '[[start]]\nmachine = "left"\nrun = "exit 3"\n')
    with pytest.raises(labkit.LabkitError, match="start command on left: exit 3: status 3"):
        labkit.start(two_hosts.name)
    assert two_hosts.name not in list_worlds()


@pytest.mark.slow
def test_the_proof(two_hosts: Path) -> None:
    proof = prove(two_hosts.name)
    data = proof.to_data()
    assert data["start"] == {"failed": ALL, "passed": []}
    assert data["right"] == [{"name": "reference", "passed": True}, {"name": "other-longer", "passed": True}]
    assert {wrong["name"]: wrong["ok"] for wrong in data["wrong"]} == {"wrong-nothing": True, "wrong-source": True}
    assert [fault["breaks"] for fault in data["faults"]] == [["left_reaches_right"]] * 2
    assert data["mutants"]["survived"] == []
    assert data["mutants"]["total"] >= 3
    assert (proof.errors, proof.untold, proof.exit_status) == ((), (), 0)
    assert two_hosts.name not in list_worlds()
    assert not [name for name in list_worlds() if name.startswith("proof-")]


@pytest.mark.slow
def test_a_proof_finds_what_is_wrong(two_hosts: Path) -> None:
    checks = two_hosts / "checks.py"
    text = checks.read_text()
    text += '\n\n@check()\ndef always(lab: View) -> None:\n    """Nothing is wrong."""\n'
    text += '\n\n@check()\ndef loopback(lab: View) -> None:\n    """left can ping itself, or the tool is missing."""\n    lab.machine("left").probe(["no-such-program"])\n'
    checks.write_text(text)
    (two_hosts / "solutions" / "other-longer.sh").write_text("#: first\non left ip addr add 10.9.0.1/24 dev eth0\n")
    (two_hosts / "faults" / "no-address.sh").write_text(
        "# cause: nothing\n# where: left\n# shows: nothing\non left true\n"
    )
    proof = prove(two_hosts.name)
    assert proof.start.passed == ("always",)
    assert {right.name: right.passed for right in proof.right} == {"reference": False, "other-longer": False}
    assert {fault.name: fault.ok for fault in proof.faults} == {"link-down": False, "no-address": False}
    assert any(error.startswith("chaos: passed") and "always" in error for error in proof.errors)
    assert "check always: nothing wrong ever failed it" in proof.errors
    assert any("no-such-program" in line for line in proof.untold)
    assert proof.exit_status == 3


def test_what_a_resume_could_not_do_again_is_said(lab: LiveLab) -> None:
    lab.note(Run(machine="nobody", argv=("true",), status=0))
    lab.machine("left").run("test -e /tmp/there || { touch /tmp/there; exit 4; }")
    lab.note(Run(machine="left", argv=("true",), status=3))
    lab.down()
    with labkit.start(lab.name, resume=True) as again:
        notes = again.read_notes()
    assert any("no machine 'nobody'" in note for note in notes)
    assert not any("/tmp/there" in note for note in notes)
    assert any("the first time" in note for note in notes)


@pytest.mark.parametrize("owner", ["me", "-1"])
def test_an_owner_that_is_no_process_is_refused(two_hosts: Path, monkeypatch: pytest.MonkeyPatch, owner: str) -> None:
    monkeypatch.setenv("LABKIT_OWNER", owner)
    with pytest.raises(UsageError, match="LABKIT_OWNER"):
        labkit.start(two_hosts.name)


def test_replaying_an_entry_of_a_later_kind_is_no_end(lab: LiveLab) -> None:
    lab.world.write_journal({"kind": "something-new", "name": "x"})
    lab.machine("left").run("ip addr add 10.9.0.1/24 dev eth0")
    lab.down()
    with labkit.start(lab.name, resume=True) as again:
        assert "10.9.0.1" in again.machine("left").run("ip addr").stdout
