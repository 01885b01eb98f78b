"""What can be said of a fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.errors import UsageError
from labkit.lab.diagnosis import check_choice, list_causes, read_meanings
from labkit.lab.folders import find_lab, list_labs


def write_labs(folder: Path, causes: dict[str, list[str]]) -> None:
    for lab, names in causes.items():
        (folder / lab / "faults").mkdir(parents=True)
        (folder / lab / "lab.toml").touch()
        for name in names:
            (folder / lab / "faults" / f"{name}.sh").write_text(f"# cause: {name}\n# where: x\n# shows: y\n")


def test_causes_of_the_course_so_far_and_at_least_eight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_LABS", str(tmp_path))
    write_labs(tmp_path, {"01-a": ["a", "b"], "02-b": ["b", "c", "d", "e", "f"], "03-c": ["g", "h"], "04-d": ["i"]})
    assert list_causes("01-a") == list("abcdefgh")
    assert list_causes("03-c") == list("abcdefgh")
    assert list_causes("04-d") == list("abcdefghi")


def test_labs_are_found_by_name_or_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_LABS", str(tmp_path))
    write_labs(tmp_path, {"01-a": [], "02-routing": []})
    assert list_labs() == ["01-a", "02-routing"]
    assert find_lab("02").name == find_lab("02-routing").name == "02-routing"
    with pytest.raises(UsageError) as caught:
        find_lab("02-rooting")
    assert "02-routing" in caught.value.hint


def test_a_word_that_can_not_be_said_is_no_answer() -> None:
    assert check_choice("fault.where", " Web:eth0 ", ["web", "web:eth0"]) == "web:eth0"
    assert check_choice("fault.where", "web", ["web", "web:eth0"]) == "web"
    assert check_choice("fault.cause", "missing-r", ["missing-route", "missing-link"]) == "missing-route"
    for unclear in ("missing-", "", " "):
        with pytest.raises(UsageError, match="can't be said here"):
            check_choice("fault.cause", unclear, ["missing-route", "missing-link"])
    with pytest.raises(UsageError) as caught:
        check_choice("fault.where", "web:eth7", ["web", "web:eth0"])
    assert "web, web:eth0" in caught.value.hint


def test_every_cause_of_the_course_is_explained_in_one_line_and_no_other() -> None:
    causes = list_causes("99")
    assert len(causes) > 50
    assert set(read_meanings()) == set(causes)
    assert all(0 < len(line) <= 80 for line in read_meanings().values())
