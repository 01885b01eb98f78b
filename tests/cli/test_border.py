"""What nobody foresaw is one line with a remedy; odd streams and letters are no reason to stop."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.cli.border import explain
from labkit.errors import LabkitError, UsageError, make_plain
from labkit.timing import read_factor, scale
from labkit.world import find_realm
from tests.cli.conftest import CLI


def run(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    whole = {"capture_output": True, "text": True, "timeout": 60} | options
    return subprocess.run([*CLI, *words], check=False, **whole)  # type: ignore[call-overload, no-any-return]


# what a program printed


@given(st.text(st.characters()))
def test_what_is_shown_changes_no_terminal(text: str) -> None:
    shown = make_plain(text)
    assert not [letter for letter in shown if letter < " " and letter not in "\n\t"]
    assert not set(shown) & {"\x7f", "\x9b", "\u202e", "\udcff"}
    shown.encode()
    assert make_plain(shown) == shown


def test_what_is_hidden_is_shown() -> None:
    assert make_plain("\x1b[31mred\x07\r\n\tö\x7f\x9b\udcff\u202e✓") == "^[[31mred^G^M\n\tö^?\\x9b\\xff\\u202e✓"
    error = LabkitError("\x1b]0;title\x07", hint="\x1b[2J")
    assert "\x1b" not in error.message + error.hint + str(error) + "".join(error._render_traceback_())


# what nobody foresaw


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EAGAIN, "Resource temporarily unavailable"), "ulimit -u"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "/x"),
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (MemoryError(), "ulimit -v"),
        (RuntimeError("can't start new thread"), "ulimit -u"),
        (KeyError("x"), "LABKIT_DEBUG=1"),
        (RecursionError(), "RecursionError"),
        (ValueError("first\nsecond"), "ValueError: first"),
    ],
)
def test_every_error_names_what_to_do(error: Exception, words: str) -> None:
    said = explain(error)
    assert words in f"{said.message} {said.hint}"
    assert said.hint
    assert "\n" not in said.message


FAULT = "import sys; from labkit.cli import main, printing; printing.json = None; sys.exit(main(['list', '--json']))"


def test_a_fault_of_our_own_is_one_line_and_with_debug_a_trace() -> None:
    ran = subprocess.run([sys.executable, "-c", FAULT], capture_output=True, text=True, check=False)
    assert ran.returncode == 3
    assert len(ran.stderr.splitlines()) == 2
    assert "LABKIT_DEBUG=1" in ran.stderr
    ran = subprocess.run(
        [sys.executable, "-c", FAULT],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LABKIT_DEBUG": "1"},
    )
    assert "Traceback" in ran.stderr
    assert "printing.py" in ran.stderr


def assert_one_line(ran: subprocess.CompletedProcess[str], *, status: int) -> None:
    assert ran.returncode == status, ran.stderr
    assert 0 < len(ran.stderr.splitlines()) <= 2, ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stderr.startswith("labkit: ")


# streams


@pytest.mark.parametrize("words", ["list", "list --json", "doctor", "--help"])
def test_a_full_disk_is_one_line(words: str) -> None:
    with Path("/dev/full").open("w") as full:
        ran = run(*words.split(), stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert_one_line(ran, status=3)
    assert "No space left on device" in ran.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_are_no_error(closed: str) -> None:
    ran = subprocess.run(
        ["bash", "-c", f'"$@" {closed}', "bash", *CLI, "list"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    "setting", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_a_terminal_of_few_letters_gets_what_comes_near(setting: dict[str, str]) -> None:
    plain = run("list", env=os.environ | setting)
    assert (plain.returncode, plain.stderr) == (0, "")
    assert plain.stdout.isascii()
    assert "+ can run here" in plain.stdout
    assert "?" not in plain.stdout


def test_json_holds_what_it_is_given() -> None:
    code = r"from labkit.cli.printing import print_json; print_json({'a': '\x1b\x9b\udcff\u00fc\u202e'})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == {"a": "\x1b\x9b\udcff\u00fc\u202e"}
    assert "\x1b" not in ran.stdout
    assert "\x9b" not in ran.stdout


# the environment


@pytest.mark.parametrize("text", ["inf", "1e308", "abc", "nan", "-1", "0", "1001", "1_0", "٣x"])
def test_a_factor_that_is_none_is_one_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LABKIT_TIMEOUT_SCALE", text)
    if text == "1_0":
        assert read_factor() == 10
        return
    with pytest.raises(UsageError, match="LABKIT_TIMEOUT_SCALE"):
        scale(1)


def limit(kind: int, most: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (most, most))


@pytest.mark.world
@pytest.mark.user
@pytest.mark.parametrize(
    ("name", "value"),
    [("HOME", "/dev/null"), ("HOME", ""), ("HOME", "relative"), ("XDG_STATE_HOME", "relative")],
)
def test_a_lab_starts_all_the_same(two_hosts: str, tmp_path: Path, name: str, value: str) -> None:
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path)} | {name: value}
    try:
        ran = run("start", two_hosts, env=environment)
        assert (ran.returncode, ran.stderr) == (0, "")
    finally:
        run("down", two_hosts)


@pytest.mark.world
@pytest.mark.user
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("XDG_STATE_HOME", "/proc/version"), ("XDG_STATE_HOME", "/proc/1"), ("LABKIT_OWNER", "9" * 30), ("LABKIT_OWNER", "x"),
        ("LABKIT_WORK", "/"), ("LABKIT_WORK", "/nonexistent"), ("LABKIT_TIMEOUT_SCALE", "inf"), ("LABKIT_LABS", "/nonexistent"),
        ("LABKIT_REALM", "../.."),
    ],
)  # fmt: skip
def test_an_odd_environment_is_one_line(two_hosts: str, name: str, value: str) -> None:
    ran = run("start", two_hosts, env=os.environ | {name: value})
    assert_one_line(ran, status=2)


@pytest.mark.world
@pytest.mark.user
@pytest.mark.parametrize(
    "student", ["../..", "../../../tmp/evil", "", ".", "a/b", "a\nb", "\x1b[31m", "x" * 300, "a;b", "\udcff"]
)
def test_an_odd_student_is_one_line(two_hosts: str, student: str) -> None:
    ran = run("start", two_hosts, f"--student={student}")
    assert_one_line(ran, status=2)
    assert "no student's name" in ran.stderr


@pytest.mark.world
@pytest.mark.user
@pytest.mark.parametrize("what", ["link", "pipe", "full", "folder", "second name"])
def test_a_journal_that_is_no_file_is_one_line(two_hosts: str, tmp_path: Path, what: str) -> None:
    journals = tmp_path / "labkit" / "journals" / find_realm()
    journals.mkdir(parents=True)
    journal, victim = journals / f"{two_hosts}.jsonl", tmp_path / "victim"
    victim.write_text("mine")
    match what:
        case "link":
            journal.symlink_to(victim)
        case "pipe":
            os.mkfifo(journal)
        case "full":
            journal.symlink_to("/dev/full")
        case "folder":
            journal.mkdir()
        case _:
            journal.hardlink_to(victim)
    ran = run("start", two_hosts, env=os.environ | {"XDG_STATE_HOME": str(tmp_path)}, timeout=20)
    assert_one_line(ran, status=2)
    assert str(journal) in ran.stderr
    assert victim.read_text() == "mine"


@pytest.mark.world
@pytest.mark.user
@pytest.mark.parametrize("what", ["processes", "files", "memory"])
def test_too_few_of_anything_is_one_line(two_hosts: str, what: str) -> None:
    kind, most = {
        "processes": (resource.RLIMIT_NPROC, 1), "files": (resource.RLIMIT_NOFILE, 6), "memory": (resource.RLIMIT_AS, 30_000_000),
    }[what]  # fmt: skip
    if what == "processes" and not os.geteuid():
        pytest.skip("root may start as many as it likes: run the tests as an ordinary user")
    ran = run("start", two_hosts, preexec_fn=limit(kind, most))
    assert_one_line(ran, status=3)
    assert "ulimit" in ran.stderr


@pytest.mark.world
@pytest.mark.user
def test_odd_bytes_pass_through_and_are_shown_as_what_they_are(two_hosts: str) -> None:
    assert run("start", two_hosts).returncode == 0
    try:
        odd = os.fsencode("\udcff") + b"\x1b[31m"
        ran = subprocess.run([*CLI, "exec", "left", "--", "printf", "%s", odd], capture_output=True, check=True)
        assert ran.stdout == odd
        assert r"\xff^[[31m" in run("journal", two_hosts).stdout
        assert_one_line(run("exec", "left\udcff\x1b", "--", "true"), status=125)
        assert_one_line(run("check", "\udcff"), status=2)
        run(
            "exec",
            "worker1",
            "--",
            "bash",
            "-c",
            "ip link add $'\\xff\\e]0;x' type bridge; ip link set $'\\xff\\e]0;x' alias $'a\\eb'",
        )
        for words in ("topology", "topology --json", "matrix", "journey left right", "check " + two_hosts, "ps"):
            ran_text = run(*words.split())
            assert ran_text.returncode in (0, 1, 2), ran_text.stderr
            assert "Traceback" not in ran_text.stderr
            assert "\x1b" not in ran_text.stdout
    finally:
        run("down", two_hosts)
