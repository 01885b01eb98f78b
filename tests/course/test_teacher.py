"""The generated part of a teacher's page."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.course.teacher import BEGIN, END, plan_teacher_page
from labkit.errors import UsageError

LAB = """
title = "Try"
minutes = 5
[values]
name = "web"
[[host]]
name = "{{ name }}"
[[question]]
id = "how-many"
ask = "One | two?"
kind = "choice"
answer = "b"
explain = "Count them."
otherwise = "Look again."
[question.choices]
a = "one"
b = "two"
[question.guesses]
a = "There is one at least."
"""


LESSON = """---
kernelspec:
  display_name: Python 3
  name: python3
---

# Try

## 1. Begin

```{code-cell} ipython3
:id: first
%%on web
ip link
### BEGIN SOLUTION
ip addr add 10.0.0.1/24 dev eth0
### END SOLUTION
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "90-try"
    (folder / "solutions").mkdir(parents=True)
    (folder / "faults").mkdir()
    (folder / "lab.toml").write_text(LAB)
    (folder / "lesson.md").write_text(LESSON)
    (folder / "solutions" / "reference.sh").write_text("#: first core\ntrue\n#: second more\ntrue\n")
    (folder / "faults" / "down.sh").write_text(
        "# cause: link-down\n# where: {{ name }}\n# report: No answer.\n# shows: {{ name }} is silent.\n"
    )
    (folder / "teacher.md").write_text(f"# By hand\n\n{BEGIN}\nold\n{END}\n")
    return folder / "teacher.md"


def test_it_has_steps_questions_and_faults(page: Path) -> None:
    text = plan_teacher_page(page)
    assert text.startswith(f"# By hand\n\n{BEGIN}\n")
    assert "old" not in text
    assert "`first`, `second` (more)" in text
    assert "- `how-many` One | two? **two**: Count them.\n" in text
    assert "  - *one*: There is one at least.\n  - *anything else*: Look again.\n" in text
    assert "%%on web    # first\nip addr add 10.0.0.1/24 dev eth0\n" in text
    assert "| 1. Begin | 1 | 1 |" in text
    assert "| `down` | link-down | web | No answer. | web is silent. |" in text


def test_a_page_without_a_place_for_it_is_named(page: Path) -> None:
    page.write_text("# By hand\n")
    with pytest.raises(UsageError, match=r"labs/90-try/teacher\.md"):
        plan_teacher_page(page)
