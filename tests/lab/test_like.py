"""A solution that is like another one: what is replaced, added, left out; and what can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.errors import UsageError
from labkit.lab.script import Script, read_script

REFERENCE = """# As the lesson does it.
name=web
{% set mask = 24 %}
#: one core First
echo one $name {{ mask }}

#: two more Second
echo two

#: three core
echo three
#: four core
echo four
"""


def read(folder: Path, text: str, name: str = "wrong-x") -> Script:
    (folder / "solutions").mkdir(exist_ok=True)
    (folder / "solutions" / "reference.sh").write_text(REFERENCE)
    (folder / "solutions" / f"{name}.sh").write_text(text)
    return read_script(folder, name, {}, None)


def tell(script: Script) -> dict[str, str]:
    return {step.id: "; ".join(step.text.split("\n")[:-1]) for step in script.steps}


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    script = read(tmp_path, "# Wrong.\n# must fail: a, b\n# like: reference\n#: two\necho TWO\n")
    assert tell(script) == {"one": "echo one $name 24", "two": "echo TWO", "three": "echo three", "four": "echo four"}
    assert (script.must_fail, script.steps[1].level, script.steps[1].title) == (("a", "b"), "more", "Second")
    assert "name=web" in script.preamble


def test_steps_are_left_out_one_or_a_row(tmp_path: Path) -> None:
    script = read(tmp_path, "# like: reference\n# without: one, three to four\n")
    assert list(tell(script)) == ["two"]


def test_a_row_of_steps_becomes_one_that_is_called_as_the_last(tmp_path: Path) -> None:
    script = read(tmp_path, "# like: reference\n#: one to three\necho all\n")
    assert tell(script) == {"three": "echo all", "four": "echo four"}


def test_lines_are_added_before_and_after_a_step(tmp_path: Path) -> None:
    script = read(tmp_path, "# like: reference\n#: before two\necho a\n#: after two\necho b\n#: after four\necho c\n")
    assert tell(script)["two"] == "echo a; echo two; echo b"
    assert tell(script)["four"] == "echo four; echo c"


def test_values_and_variables_of_its_own_come_after_the_others(tmp_path: Path) -> None:
    script = read(tmp_path, "# like: reference\n{% set mask = 30 %}\nname=api\n#: two\necho {{ mask }}\n")
    assert tell(script)["one"] == "echo one $name 30"
    assert script.preamble.index("name=api") > script.preamble.index("name=web")


def test_like_one_that_is_like_another(tmp_path: Path) -> None:
    read(tmp_path, "# like: reference\n# must fail: z\n# without: four\n#: two\necho TWO\n", "other-y")
    script = read(tmp_path, "# must fail: a\n# like: other-y\n#: after two\necho b\n")
    assert tell(script)["two"] == "echo TWO; echo b"
    assert "four" not in tell(script)
    assert script.must_fail == ("a",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#: five\necho\n", "no step 'five'"),
        ("#: after five\necho\n", "no step 'five'"),
        ("# without: five\n", "no step 'five'"),
        ("# without: two\n#: after two\necho\n", "no step 'two'"),
        ("#: one to five\necho\n", "no step 'five'"),
        ("#: three to one\necho\n", "one stands before three"),
        ("#: two\n\n#: three\necho\n", "step two is empty"),
        ("#: two more\necho\n", "step 'two more'"),
        ("#: before two\necho a\n\n#: two\necho b\n", "lines before or after two, which is replaced"),
    ],
)
def test_a_step_that_is_not_there_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, f"# like: reference\n{text}")
    assert said in caught.value.message
    assert caught.value.message.startswith(f"labs/{tmp_path.name}/solutions/wrong-x.sh: ")
    assert caught.value.hint


@pytest.mark.parametrize("other", ["wrong-x", "none"])
def test_nothing_is_like_itself_or_like_what_is_not_there(tmp_path: Path, other: str) -> None:
    with pytest.raises(UsageError, match=r"like itself|can't be read"):
        read(tmp_path, f"# like: {other}\n")


def test_two_that_are_like_each_other_are_no_solution(tmp_path: Path) -> None:
    read(tmp_path, "# like: reference\n", "other-y")
    (tmp_path / "solutions" / "other-y.sh").write_text("# like: wrong-x\n")
    with pytest.raises(UsageError, match="like itself"):
        read(tmp_path, "# like: other-y\n")
