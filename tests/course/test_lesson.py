"""Notebooks from lessons."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from labkit.course import notebooks
from labkit.course.lesson import Edition, render_notebook
from labkit.errors import UsageError
from labkit.lab.folders import find_lab, list_labs

LESSON = """---
kernelspec:
  display_name: Python 3
  name: python3
---

# {{ title }}, {{ minutes }} minutes

```{code-cell} ipython3
:id: start
%load_ext labkit
%lab start 90-try
```

Some text.

+++

Some text.

```{code-cell} ipython3
:id: exercise
:step: address
%%on {{ name }}
ip addr
  ### BEGIN SOLUTION
  ip addr add 10.0.0.1/24 dev eth0
  ### END SOLUTION
ip route
```

```{code-cell} ipython3
x = 1
### BEGIN SOLUTION
x = 2
### END SOLUTION
```

```{code-cell} ipython3
%check
```

```{code-cell} ipython3
%lab break 90-try
%answer fault.cause ?
%answer how-many ?
```

```{code-cell} ipython3
:id: last-check
%check
```
"""
TOML = """title = "Try"
minutes = 7
[values]
name = "web"
[vary]
name = { pick = ["shop"] }
[[host]]
name = "{{ name }}"
[[question]]
id = "how-many"
ask = "?"
kind = "number"
answer = 3
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "labs" / "90-try"
    for name, text in {
        "lab.toml": TOML,
        "lesson.md": LESSON,
        "solutions/reference.sh": "#: address\non web true\n",
        "faults/f.sh": "# cause: link-down\n# where: web:eth0\n# shows: silence\non web false\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.setenv("LABKIT_LABS", str(folder.parent))
    return folder


def read_cells(folder: Path, **edition: Any) -> dict[str, Any]:
    notebook = json.loads(render_notebook(folder, Edition(**edition)))
    return {cell["id"]: cell | {"source": "".join(cell["source"])} for cell in notebook["cells"]}


def find_sources(cells: dict[str, Any], start: str) -> list[str]:
    return [cell["source"] for cell in cells.values() if cell["source"].startswith(start)]


def test_the_same_lesson_gives_the_same_bytes(lab: Path) -> None:
    text = render_notebook(lab, Edition(points=6))
    assert text == render_notebook(lab, Edition(points=6))
    assert text.endswith("}\n")
    assert "jupytext" not in text


def test_ids_are_the_lessons_or_made_of_the_text(lab: Path) -> None:
    cells = read_cells(lab)
    assert {"start", "exercise", "last-check"} <= set(cells)
    alike = [name for name, cell in cells.items() if cell["source"] == "Some text."]
    assert alike[1] == f"{alike[0]}-2"
    (lab / "lesson.md").write_text(LESSON.replace("# {{ title }}", "# Another title: {{ title }}"))
    assert len(set(cells) - set(read_cells(lab))) == 1


def test_handed_out_without_solutions(lab: Path) -> None:
    cells = read_cells(lab)
    assert cells["exercise"]["source"] == "%%on web\nip addr\n  # your commands here\nip route"
    assert find_sources(cells, "x =") == ["x = 1\n..."]
    assert "10.0.0.1" not in render_notebook(lab, Edition())


def test_solved_for_the_tests(lab: Path) -> None:
    cells = read_cells(lab, solved=True)
    assert cells["exercise"]["source"] == "%%on web\nip addr\n  ip addr add 10.0.0.1/24 dev eth0\nip route"
    assert find_sources(cells, "%lab break") == [
        "%lab break 90-try --fault f\n%answer fault.cause link-down\n%answer how-many 3"
    ]


def test_a_step_of_the_reference_is_written_once(lab: Path) -> None:
    text = LESSON.replace("  ip addr add 10.0.0.1/24 dev eth0", '{{ step("address", name) }}')
    (lab / "lesson.md").write_text(text)
    (lab / "solutions" / "reference.sh").write_text("#: address\non web ip addr add 10.0.0.9/24 dev eth0\n")
    assert "ip addr\nip addr add 10.0.0.9/24 dev eth0\nip route" in read_cells(lab, solved=True)["exercise"]["source"]
    (lab / "lesson.md").write_text(text.replace('"address"', '"nothing"'))
    with pytest.raises(UsageError, match="no step 'nothing'"):
        read_cells(lab)


def test_a_students_own(lab: Path) -> None:
    cells = read_cells(lab, student="anna")
    assert cells["start"]["source"] == "%load_ext labkit\n%lab start 90-try --student anna"
    assert cells["exercise"]["source"].startswith("%%on shop")


def test_a_question_stands_above_the_cell_that_answers_it(lab: Path) -> None:
    asked = 'ask = "How does it fail?"\nkind = "choice"\nanswer = "host"\n[question.choices]\nhost = "by name"\nnet = "in silence"\n'
    (lab / "lab.toml").write_text(TOML.replace('ask = "?"\nkind = "number"\nanswer = 3\n', asked))
    cells = read_cells(lab, solved=True)
    assert cells["ask-how-many"]["source"] == "> **Question.** How does it fail?\n>\n> 1. by name\n> 2. in silence"
    names = list(cells)
    assert cells[names[names.index("ask-how-many") + 1]]["source"].endswith("%answer how-many host")


def test_a_question_is_written_once(lab: Path) -> None:
    (lab / "lesson.md").write_text(f"{LESSON}\n```{{code-cell}} ipython3\n%answer how-many ?\n```\n")
    assert [name for name in read_cells(lab) if name.startswith("ask-")] == ["ask-how-many"]


def test_nbgrader_reads_it(lab: Path) -> None:
    cells = read_cells(lab, points=6)
    exercise = cells["exercise"]["metadata"]
    assert exercise["nbgrader"] == {
        "grade": False,
        "grade_id": "exercise",
        "locked": False,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }
    assert exercise["labkit"] == {"step": "address"}
    graded = [cell for cell in cells.values() if cell["metadata"].get("nbgrader", {}).get("grade")]
    assert [cell["id"] for cell in graded] == ["last-check"]
    assert graded[0]["metadata"]["nbgrader"]["points"] == 6
    assert graded[0]["metadata"]["nbgrader"]["locked"] is True


def test_a_cell_with_nothing_but_the_stub_is_an_exercise_solved_by_its_step(lab: Path) -> None:
    stub = "```{code-cell} ipython3\n:id: repair-it\n:step: repair\n%%on MACHINE\n# your commands here\n```\n"
    (lab / "lesson.md").write_text(f"{LESSON}\n{stub}")
    (lab / "solutions" / "reference.sh").write_text("#: address\non web true\n#: repair\non web true\n")
    assert read_cells(lab)["repair-it"]["metadata"]["nbgrader"]["solution"] is True
    assert 'cut(after="address", to="repair")' in read_cells(lab, solved=True)["repair-it"]["source"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  ### END SOLUTION\n", "", "BEGIN SOLUTION without its other half"),
        ("  ### BEGIN SOLUTION\n", "", "END SOLUTION without its other half"),
        ("x = 2", "### BEGIN SOLUTION", "BEGIN SOLUTION without its other half"),
        ("  display_name: Python 3\n", "", "'display_name' is a required property"),
        (":step: address", ":step: nowhere", "there is no step nowhere"),
        ("{{ name }}", "{{ names }}", "'names' is undefined"),
    ],
)
def test_a_slip_is_said(lab: Path, old: str, new: str, said: str) -> None:
    (lab / "lesson.md").write_text(LESSON.replace(old, new))
    with pytest.raises(UsageError) as caught:
        render_notebook(lab, Edition())
    assert said in caught.value.message
    assert "labs/90-try/lesson.md" in caught.value.message


def test_an_answer_to_nothing_is_said(lab: Path) -> None:
    (lab / "lesson.md").write_text(LESSON.replace("how-many", "how-much"))
    with pytest.raises(UsageError, match="nothing is asked called how-much"):
        render_notebook(lab, Edition(solved=True))


def test_the_folder_is_brought_up_to_date(lab: Path) -> None:
    wanted = notebooks.plan_notebooks(lambda _: 6)
    (path,) = wanted
    assert path == lab.parent.parent / "notebooks" / "90-try.ipynb"
    assert notebooks.find_stale(wanted) == [path]
    old = path.with_name("89-gone.ipynb")
    assert notebooks.ensure_notebooks(wanted) == [path]
    old.write_text("{}")
    path.write_bytes(path.read_bytes() + b" ")
    assert notebooks.find_stale(wanted) == [old, path]
    notebooks.ensure_notebooks(wanted)
    assert notebooks.find_stale(wanted) == []
    assert not old.exists()


@pytest.mark.parametrize("name", list_labs())
def test_every_lesson_names_the_words_of_the_field(name: str) -> None:
    """Who reads on elsewhere must be able to look things up."""
    text = (find_lab(name) / "lesson.md").read_text()
    (line,) = re.findall(r"^\*In books this is called:\* .*\.$", text, re.MULTILINE)
    assert line.count("*") > 3
    assert text.index("## Recap") < text.index(line) < text.index("**From memory:**")


@pytest.mark.parametrize("name", list_labs())
def test_links_lead_to_labs_that_are_there(name: str) -> None:
    text = (find_lab(name) / "lesson.md").read_text()
    assert set(re.findall(r"\]\(([0-9][^)/]*)\.ipynb\)", text)) <= set(list_labs())
