"""What a proof says, and when it is none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from labkit.check.proof import (
    BEGIN,
    END,
    Broken,
    Mutant,
    Proof,
    Right,
    Start,
    Wrong,
    render_score,
    render_table,
    replace_table,
)
from labkit.check.proving import find_untested, match_equivalent, sort_solutions
from labkit.errors import UsageError
from labkit.lab.definition import Equivalent

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
    table = render_table([("03-bridge", "Pods on one node", 30, PROOF)])
    assert "1/1 mutants (+1 explained)" in table
    text = replace_table(f"# labkit\n\n{BEGIN}\nold\n{END}\nrest\n", table)
    assert text == f"# labkit\n\n{BEGIN}\n{table}{END}\nrest\n"
    assert replace_table(text, table) == text
    with pytest.raises(UsageError, match="README"):
        replace_table("# labkit\n", table)
