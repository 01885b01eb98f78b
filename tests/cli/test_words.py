"""The words of a command line, and how what is said fits a terminal."""

from __future__ import annotations

import io
import itertools
import shlex
from datetime import UTC, datetime
from typing import Any

import pytest

from labkit.cli.completion import complete
from labkit.cli.entry import run_command_line
from labkit.cli.printing import adapt, wrap
from labkit.cli.table import COMMANDS
from labkit.cli.words import find_command, parse_words
from labkit.cli.worlds import render_since
from labkit.course.reading import render_lesson
from labkit.errors import UsageError
from labkit.lab.folders import find_lab
from labkit.show.text import measure
from labkit.typed import to_notebook, to_terminal


def parse(*words: str) -> Any:
    return parse_words(find_command(words[0], COMMANDS), words[1:])


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("words", "lab", "id_", "value"),
    [
        ("", None, None, []),
        ("03", "03", None, []),
        ("how-many 3", None, "how-many", ["3"]),
        ("03-bridge how-many 3", "03-bridge", "how-many", ["3"]),
        ("--lab 03 how-many 3", "03", "how-many", ["3"]),
        ("how-many --lab 03 3", "03", "how-many", ["3"]),
        ("no-route Network is unreachable", None, "no-route", ["Network", "is", "unreachable"]),
        ("03-brige how-many", "03-brige", "how-many", []),
    ],
)
def test_the_lab_may_be_left_out(words: str, lab: str | None, id_: str | None, value: list[str]) -> None:
    options = parse("answer", *words.split())
    assert (options.lab, options.id, options.value) == (lab, id_, value)


@pytest.mark.parametrize("name", ["check", "hint"])
def test_an_id_is_a_word(name: str) -> None:
    assert (parse(name, "pods_talk").lab, parse(name, "pods_talk").id) == (None, "pods_talk")
    assert (parse(name, "03", "pods_talk").lab, parse(name, "03", "pods_talk").id) == ("03", "pods_talk")
    assert parse(name).lab is None


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_about_a_running_lab_takes_it_as_an_option(command: Any) -> None:
    if any("--lab" in each.names for each in command.arguments):
        words = {"journey": ["a", "b"], "reach": ["a", "b"], "cni": ["add", "a"], "shell": ["a"], "exec": ["a"]}
        assert parse(command.name, *words.get(command.name, []), "--lab", "03").lab == "03"


def test_words_that_are_neither_lab_nor_argument_are_told_with_the_command_s_usage(capsys: Any) -> None:
    for words in (
        ["shell", "nolab", "web"],
        ["down", "03", "more"],
        ["check", "--bogus"],
        ["down", "03", "--lab", "04"],
    ):
        assert run_command_line(words) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"usage: labkit {words[0]} ")
    assert run_command_line(["strat"]) == 2
    assert "did you mean start?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "machine", "lab", "theirs"),
    [
        ("web ip -br addr", "web", None, ["ip", "-br", "addr"]),
        ("web -- ip -br addr", "web", None, ["ip", "-br", "addr"]),
        ("web -- --help", "web", None, ["--help"]),
        ("web --lab 03 -- ls --lab x", "web", "03", ["ls", "--lab", "x"]),
        ("--lab=03 web ls", "web", "03", ["ls"]),
        ("-- web ls", "web", None, ["ls"]),
        ("03-bridge web -- ls", "web", "03-bridge", ["ls"]),
        ("web bash -c --", "web", None, ["bash", "-c", "--"]),
        ("web", "web", None, []),
    ],
)
def test_exec_leaves_the_command_its_words(words: str, machine: str, lab: str | None, theirs: list[str]) -> None:
    options = parse("exec", *words.split())
    assert (options.machine, options.lab, options.words) == (machine, lab, theirs)


def test_help_version_and_examples(capsys: Any) -> None:
    assert run_command_line(["help"]) == 0
    assert "labkit shell worker1" in capsys.readouterr().out
    assert run_command_line(["help", "exec"]) == run_command_line(["exec", "web", "--help"]) == 0
    first, again = capsys.readouterr().out.split("usage: ")[1:]
    assert first == again
    assert run_command_line(["--version"]) == 0
    assert capsys.readouterr().out.startswith("labkit 0.")


def test_every_example_is_taken() -> None:
    examples = [shlex.split(each) for command in COMMANDS for each in command.examples]
    assert len(examples) > 15
    for words in examples:
        parse(*itertools.takewhile(lambda word: word != "|" and not word.startswith(">"), words))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_long_lines_are_broken_between_words_below_their_last_column(width: int) -> None:
    line = "    hint      Which machine reaches which one, and which one no longer? Ask each of them: 확인합니다."
    lines = wrap(line, width).splitlines()
    assert max(map(measure, lines)) <= width
    assert all(each.startswith(" " * 14) for each in lines[1:])
    assert " ".join(each.strip() for each in lines).split() == line.split()


def test_columns_that_do_not_fit_follow_below_the_last_that_does() -> None:
    line = f"  4  out by flannel.1 of worker1  0.024 ms  IP 10.244.1.10 -> 10.244.3.10 ttl 63 | ICMP echo-request{' ' * 80}MAC rewritten; TTL 64 -> 63"
    below = "\n" + " " * 44
    assert wrap(line, 80) == below.join(
        (
            "  4  out by flannel.1 of worker1  0.024 ms  IP 10.244.1.10 -> 10.244.3.10 ttl 63",
            "| ICMP echo-request  MAC rewritten;",
            "TTL 64 -> 63",
        )
    )


def test_a_command_to_copy_stays_in_one_piece() -> None:
    line = f"    see it    labkit exec --lab 03-bridge web -- {'x ' * 60}"
    assert wrap(line, 80) == line


def test_colour_on_a_terminal_only(monkeypatch: Any) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = "✗ failed  web reaches api.\n    expected  an answer"
    assert adapt(text, Screen()) == "\x1b[31m✗ failed\x1b[0m  web reaches api.\n\x1b[1m    expected\x1b[0m  an answer"
    assert adapt(text, io.StringIO()) == text
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert adapt(text, Screen()) == text


def test_each_door_has_its_own_words() -> None:
    assert to_terminal("`%matrix` shows it; %lab break, then %check. 100%check") == (
        "`labkit matrix` shows it; labkit break, then labkit check. 100%check"
    )
    assert to_terminal("a cell %%on web; %%on") == "a cell labkit shell web; labkit shell"
    assert to_notebook("labkit start 03-bridge") == "%lab start 03-bridge"
    assert to_notebook("labkit check 03-bridge; break it when all is green") == "%check; break it when all is green"
    assert to_notebook("labkit exec web -- ip addr") == "%%on web: ip addr"
    assert to_notebook("labkit doctor says what is missing") == "labkit doctor says what is missing"
    assert UsageError("x", hint="labkit down 03-bridge ends it")._render_traceback_() == [
        "UsageError: x (%lab down 03-bridge ends it)"
    ]


def test_since_is_a_time_of_day() -> None:
    now = datetime(2026, 11, 29, 8, 24, 30, tzinfo=UTC)
    assert render_since("2026-11-29T08:12:01+00:00", now).endswith(" (12 min)")
    assert render_since("2026-11-29T01:12:01+00:00", now).endswith(" (7 h)")


@pytest.mark.parametrize(
    ("typed", "there", "absent"),
    [
        ("labkit st", {"start"}, {"check"}),
        ("labkit help jo", {"journey", "journal"}, set()),
        ("labkit start 0", {"03-bridge"}, set()),
        ("labkit check --", {"--json", "--only", "--lab"}, {"--svg"}),
        ("labkit start 03-bridge --fabric ", {"mininet", "netlink"}, {"03-bridge"}),
        ("labkit cni ", {"add", "del"}, set()),
        ("labkit nonsense ", set(), {"start"}),
    ],
)
def test_bash_completes_by_the_table_of_commands(typed: str, there: set[str], absent: set[str]) -> None:
    found = set(complete(typed))
    assert there <= found
    assert not absent & found


@pytest.mark.parametrize("name", ["00-start-here", "03-bridge", "06-cni", "07-flannel", "08-weave"])
def test_a_lesson_is_read_in_a_terminal(name: str) -> None:
    text = render_lesson(find_lab(name))
    assert f"labkit start {name}" in text
    assert "on worker1:\n\n    " in text or name.startswith("00")
    assert "here:\n\n    labkit check" in text
    assert "    !" not in text
    for word in ("%%on", "%lab", "%load_ext", "BEGIN SOLUTION", "{{", "<summary>", "data:image"):
        assert word not in text
