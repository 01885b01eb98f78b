"""What a proof says, and when it is none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from labkit.course.table import BEGIN, END, render_kept, replace_table
from labkit.errors import UsageError
from labkit.lab.definition import Equivalent
from labkit.net import Change
from labkit.proof.mutants import find_chain, group_explained, plan_mutants
from labkit.proof.prove import find_untested, match_equivalent, sort_solutions
from labkit.proof.record import read_record, render_record
from labkit.proof.result import Broken, Mutant, Proof, Right, Start, Wrong, render_score

PROOF = Proof(
    lab="03-bridge",
    start=Start(failed=("a", "b")),
    right=(Right("reference", passed=True), Right("other-way", passed=True)),
    wrong=(Wrong("wrong-mask", ("a",), ("a",), ok=True),),
    faults=(Broken("port-down", ("a",), ok=True),),
    mutants=(Mutant("address x on web", ("a",)), Mutant("link lo up on web")),
    equivalent={"link lo up on web": "nothing here uses it"},
)


def test_the_json_of_the_contract() -> None:
    assert json.loads(json.dumps(PROOF.to_data())) == {
        "lab": "03-bridge",
        "start": {"failed": ["a", "b"], "passed": []},
        "right": [{"name": "reference", "passed": True}, {"name": "other-way", "passed": True}],
        "wrong": [{"name": "wrong-mask", "must_fail": ["a"], "failed": ["a"], "ok": True}],
        "faults": [{"name": "port-down", "breaks": ["a"], "ok": True}],
        "mutants": {
            "total": 2,
            "killed": 1,
            "equivalent": [{"mutant": "link lo up on web", "reason": "nothing here uses it"}],
            "survived": [],
        },
        "version": 1,
    }
    assert (PROOF.ok, PROOF.exit_status) == (True, 0)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"start": Start(failed=("a",), passed=("b",))}, 1),
        ({"right": (Right("reference", passed=False),)}, 1),
        ({"wrong": (Wrong("w", ("a",), ("a", "b"), ok=False),)}, 1),
        ({"faults": (Broken("f", (), ok=False),)}, 1),
        ({"equivalent": {}}, 1),
        ({"errors": ("chaos: passed",)}, 1),
        ({"untold": ("start: a: no ping",)}, 3),
    ],
)
def test_one_thing_amiss_and_it_is_no_proof(change: dict[str, object], status: int) -> None:
    proof = dataclasses.replace(PROOF, **change)  # type: ignore[arg-type]
    assert (proof.ok, proof.exit_status) == (False, status)
    assert render_score(proof).startswith("**not proven**")


def test_an_equivalent_has_to_exist_and_to_survive() -> None:
    mutants = [Mutant("link lo up on web"), Mutant("link lo up on db", ("a",)), Mutant("route x on web")]
    explained, errors = match_equivalent([Equivalent("link lo up on web", "why")], mutants)
    assert (explained, errors) == ({"link lo up on web": "why"}, [])
    explained, errors = match_equivalent([Equivalent("link lo up on *", "why"), Equivalent("rule *", "why")], mutants)
    assert explained == {"link lo up on web": "why"}
    assert [error.partition(":")[2] for error in errors] == [
        " killed all the same: link lo up on db",
        " there is no such mutant",
    ]


def test_a_check_that_nothing_wrong_failed_is_a_defect() -> None:
    assert find_untested(["a", "b"], PROOF) == ["check b: nothing wrong ever failed it"]


def test_solutions_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "solutions").mkdir()

    def write(*names: str) -> tuple[list[str], list[str]]:
        for path in (tmp_path / "solutions").iterdir():
            path.unlink()
        for name in names:
            (tmp_path / "solutions" / f"{name}.sh").touch()
        return sort_solutions(tmp_path)

    assert write("wrong-b", "reference", "other-a") == (["reference", "other-a"], ["wrong-b"])
    for names in (
        ["reference", "other-a"],
        ["other-a", "wrong-b"],
        ["reference", "wrong-b"],
        ["reference", "other-a", "wrong-b", "x"],
    ):
        with pytest.raises(UsageError, match="solutions"):
            write(*names)


def test_the_readme_gets_the_table_between_its_marks() -> None:
    table = "| a row |\n"
    text = replace_table(f"# labkit\n\n{BEGIN}\nold\n{END}\nrest\n", table)
    assert text == f"# labkit\n\n{BEGIN}\n{table}{END}\nrest\n"
    assert replace_table(text, table) == text
    with pytest.raises(UsageError, match="README has no place"):
        replace_table("# labkit\n", table)
    assert render_kept(PROOF.to_data()) == "2 right, 1 wrong, 1 faults, 1 mutants (+1 explained)"


def test_a_kept_proof_is_of_these_files_only(tmp_path: Path) -> None:
    folder = tmp_path / "90-lab"
    (folder / "solutions").mkdir(parents=True)
    (folder / "checks.py").write_text("one")
    with pytest.raises(UsageError, match="can't be read"):
        read_record(folder)
    (folder / "proof.json").write_text(render_record(folder, PROOF))
    assert read_record(folder)["mutants"]["killed"] == 1
    (folder / "lesson.md").write_text("text is not what is proven")
    assert read_record(folder)["lab"] == "03-bridge"
    for change in (folder / "solutions" / "wrong-x.sh", folder / "checks.py"):
        change.write_text("two")
        with pytest.raises(UsageError, match="other files"):
            read_record(folder)


@pytest.mark.parametrize(
    ("label", "chain"),
    [
        ("iptables -t nat -A CNI-abc -s 10.0.0.2/32 -j ACCEPT on worker1", "CNI-abc"),
        ("iptables -t nat -A POSTROUTING -j MASQUERADE on worker1", None),
        ("route 10.0.0.0/8 via 10.0.0.1 on worker1", None),
        ("x -A", None),
    ],
)
def test_rules_of_a_chain_are_one_mutant(label: str, chain: str | None) -> None:
    assert find_chain(label) == chain


def test_what_is_right_for_a_while_only_may_be_seen_or_not() -> None:
    listed = [Equivalent("Service *", "a connection goes on", either=True)]
    for failed in ((), ("new_ones_are_served",)):
        mutants = (Mutant("Service web on control", failed), Mutant("Pod x on control", ("pages_come_in",)))
        explained, errors = match_equivalent(listed, mutants)
        assert (explained, errors) == ({"Service web on control": "a connection goes on"}, [])
        assert Proof("16", Start((), ()), mutants=mutants, equivalent=explained).killed == 1


def test_what_is_explained_together_goes_together_on_each_machine() -> None:
    roles = [Change("control", f"Role r{n} on control", [[f"d{n}"]]) for n in "12"]
    other, elsewhere = Change("control", "Pod x on control", [["p"]]), Change("worker1", "Role r3 on worker1", [["d3"]])
    listed = [Equivalent("Role *", "rights are asked for once")]
    assert group_explained([roles[0], other, roles[1], elsewhere], listed) == [tuple(roles), (other,), (elsewhere,)]


def test_grouped_rules_go_together() -> None:
    rules = [Change("worker1", f"iptables -A CNI-abc -s {n} on worker1", [[f"d{n}"]]) for n in "12"]
    single = Change("worker1", "route x on worker1", [["r"]])
    assert plan_mutants([*rules, single]) == [
        single,
        Change("worker1", "rules of CNI-abc on worker1", [["d1"], ["d2"]]),
    ]
