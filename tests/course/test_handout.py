"""What is printed: the recaps of all labs, and a student's own answers for the teacher."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from labkit.cli.entry import run_command_line
from labkit.course.handout import NAME, list_recap, render_handout
from labkit.course.lesson import read_lesson_cells
from labkit.lab.definition import read_definition
from labkit.lab.folders import find_lab, list_labs
from labkit.lab.script import choose_fault, read_faults


@pytest.fixture(scope="module")
def handout() -> str:
    return render_handout()


def test_every_lab_has_its_page_with_its_recap(handout: str) -> None:
    assert handout.count("<section>") == len(list_labs())
    for name in list_labs():
        lab = read_definition(find_lab(name))
        assert f"<h1>{name}: " in handout
        assert lab.learnt
        assert html.escape(lab.learnt) in handout
        assert list(list_recap(read_lesson_cells(find_lab(name)))), f"{name} has no recap"


def test_it_is_for_paper(handout: str) -> None:
    assert "<code>ip -br addr</code>" in handout
    assert "break-after: page" in handout
    assert ".ipynb" not in handout, "nothing to click"
    assert "BEGIN SOLUTION" not in handout
    assert "<h2>More" not in handout
    assert "](pictures/" not in handout


def test_a_student_s_own_are_other_addresses_and_the_fault_that_comes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["build", "--student", "s-1", "--to", str(tmp_path)]
    assert run_command_line([*words, "--handout"]) == 0
    assert run_command_line([*words, "--answers"]) == 0
    own = read_definition(find_lab("00"), "s-1")
    address = own.variant.values["server"]["address"]
    assert address != "10.0.0.20"
    assert address in (tmp_path / NAME).read_text()
    answers = (tmp_path / "answers-s-1.md").read_text()
    assert f"ip addr add {address}/24 dev eth0" in answers
    fault = choose_fault(read_faults(find_lab("00"), own.variant.values), own.variant)
    assert fault
    assert f"Breaks first: `{fault.name}`" in answers
    capsys.readouterr()
    assert run_command_line(["build", "--answers"]) == 2
    assert "--student ID" in capsys.readouterr().err
