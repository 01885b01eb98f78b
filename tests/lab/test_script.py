"""Scripts: steps, heads, and the bash functions they use."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from labkit.errors import UsageError
from labkit.lab.runner import PRELUDE
from labkit.lab.script import parse_fault, parse_script
from labkit.world import Result, run_program

TEXT = """#!/bin/bash
# must fail: first_check, second_check
name=web
#: make-it core Make the thing
echo one
#: break core
break_something
#: repair more
echo two
"""


def test_a_solution_is_cut_at_its_steps() -> None:
    script = parse_script("reference", TEXT, where="x")
    assert script.must_fail == ("first_check", "second_check")
    assert [(step.id, step.level, step.title) for step in script.steps] == [
        ("make-it", "core", "Make the thing"),
        ("break", "core", ""),
        ("repair", "more", ""),
    ]
    assert "name=web" in script.preamble
    assert (step := script.find_break()) is not None
    assert step.id == "break"


def test_parts_keep_the_preamble() -> None:
    script = parse_script("reference", TEXT, where="x")
    assert [step.id for step in script.cut(to="break").steps] == ["make-it", "break"]
    rest = script.cut(after="break").render()
    assert "name=web" in rest
    assert "begin_step repair\necho two" in rest
    assert "echo one" not in rest
    with pytest.raises(UsageError, match="no step 'nowhere'"):
        script.cut(to="nowhere")


def test_a_script_without_steps_is_run_whole() -> None:
    script = parse_script("wrong-x", "# must fail: a\necho all\n", where="x")
    assert (script.steps, script.must_fail) == ((), ("a",))
    assert "echo all" in script.render()


def test_a_label_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="there twice"):
        parse_script("reference", "#: a\n#: a\n", where="x")


def test_a_faults_head() -> None:
    head = (
        "# cause: link-down | no-carrier\n# where: web:eth0 | web\n# report: The shop is closed.\n# shows: silence.\n"
    )
    fault = parse_fault("f", f"{head}on web true\n", where="x")
    assert fault.report == "The shop is closed."
    assert (fault.cause, fault.where, fault.shows) == (("link-down", "no-carrier"), ("web:eth0", "web"), "silence.")
    with pytest.raises(UsageError, match="no `# where:`"):
        parse_fault("f", "# cause: link-down\n# shows: silence.\n", where="x")


# --- the prelude, with an nsenter that only says what it was asked


@pytest.fixture
def fake_bin(tmp_path: Path) -> Path:
    program = tmp_path / "nsenter"
    program.write_text(
        '#!/bin/bash\necho "$1" >&2\nwhile [[ $1 == --* && $1 != -- ]]; do shift; done\nshift\nexec "$@"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def run_bash(folder: Path, text: str) -> tuple[Result, list[str]]:
    said = folder / "said"
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "LK_web_1": "7,8,9",
        "LK_worker1": "4,5,6",
        "LK_NODES": "worker1",
        "LK_ANSWERS": "3",
    }
    script = f"exec 3>{said}\n{PRELUDE.read_text()}\n{text}"
    result = run_program(["bash", "-c", script], env=environment)
    return result, said.read_text().splitlines()


def test_on_enters_the_machine_and_passes_pipes_and_heredocs(fake_bin: Path) -> None:
    result, _ = run_bash(fake_bin, "on web-1 cat <<X | on worker1 tr a-z A-Z\nhello\nX\n")
    assert result.stdout == "HELLO\n"
    assert sorted(result.stderr.split()) == ["--net=/proc/self/fd/4", "--net=/proc/self/fd/7"]


def test_a_failing_command_stops_the_script_and_is_named_ready_to_paste(fake_bin: Path) -> None:
    result, said = run_bash(fake_bin, "begin_step one\nname=x\non web-1 test -e '/no where' -a $name\necho never\n")
    assert result.status == 1
    assert "never" not in result.stdout
    assert said == ["failed\tone\t1\ton web-1 test -e /no\\ where -a x "]


@pytest.mark.parametrize(
    "text",
    [
        "on web-1 false | cat",
        "x=$(on web-1 false)",
        "f() { on web-1 false; }\nf",
        "(on web-1 false)",
        "false",
        "on nobody true",
    ],
)
def test_failing_anywhere_stops_it(fake_bin: Path, text: str) -> None:
    result, said = run_bash(fake_bin, f"{text}\necho never\n")
    assert result.status
    assert "never" not in result.stdout
    assert said[0].startswith("failed\t")


def test_a_failure_that_the_script_expects_is_none(fake_bin: Path) -> None:
    result, said = run_bash(
        fake_bin, "on web-1 false || true\nif on web-1 false; then echo odd; fi\nanswer how-many 3 or 4\n"
    )
    assert (result.status, result.stdout) == (0, "")
    assert said == ["answer\thow-many\t3 or 4"]
