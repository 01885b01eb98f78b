"""A journal done again in a fresh world, one's own or somebody else's."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.lab import replay as module
from labkit.lab.diagnosis import CAUSE
from labkit.lab.entries import AnswerGiven, Break, Entry, Run, Solution
from labkit.lab.journal import plan_path, read_state
from labkit.lab.lab import Lab
from labkit.lab.replay import replay
from labkit.lab.session import start_lab
from labkit.timing import scale
from tests.cli.conftest import CLI, Terminal

pytestmark = pytest.mark.world


@pytest.fixture
def lab(two_hosts: str) -> Iterator[Lab]:
    with start_lab(two_hosts) as lab:
        yield lab
        lab.down()


def run(script: str, **fields: Any) -> Run:
    return Run(machine="left", script=script, **{"status": 0} | fields)


def shell(line: str, session: str = "a", **fields: Any) -> Run:
    return run(line, session=session, via="shell", **fields)


def read(lab: Lab, path: str) -> str:
    return lab.machine("left").run(["cat", path], journal={}).stdout


def test_what_was_stopped_is_left_out_and_said(lab: Lab) -> None:
    began = time.monotonic()
    notes = replay(
        lab, [run("while :; do :; done", status=130, seconds=50), run("vi", status=143), run("echo b >/tmp/b")]
    )
    assert time.monotonic() - began < scale(10)
    assert notes == [f"left: {deed}: left out: it was stopped the first time" for deed in ("while :; do :; done", "vi")]
    assert read(lab, "/tmp/b") == "b\n"


def test_a_shell_remembers_its_folder_and_its_variables(lab: Lab) -> None:
    lines = [
        "mkdir -p /tmp/deep; cd /tmp/deep", "export WORD=one", "say() { echo $WORD $PWD; }", "say >out", "false", "cat <<E >here\n$WORD\nE",
    ]  # fmt: skip
    work: list[Entry] = [shell(line, status=int(line == "false")) for line in lines]
    work.insert(4, shell("echo ${WORD-none} $PWD >/tmp/other", session="b"))
    work.append(run("echo ${WORD-none} >/tmp/apart"))
    assert replay(lab, work) == []
    assert [read(lab, path) for path in ("/tmp/deep/out", "/tmp/deep/here", "/tmp/other", "/tmp/apart")] == [
        "one /tmp/deep\n", "one\n", "none /root\n", "none\n",
    ]  # fmt: skip
    again = [entry for entry in lab.read_entries() if isinstance(entry, Run) and entry.session == "a"]
    assert [(entry.script, entry.status) for entry in again[-2:]] == [("false", 1), (lines[-1], 0)]


def test_a_shell_s_exit_and_its_jobs_in_the_background(lab: Lab) -> None:
    work = [shell("sleep 71 &"), shell("exit 3", status=3), shell("echo new >/tmp/new")]
    assert replay(lab, work) == []
    assert read(lab, "/tmp/new") == "new\n"
    assert [argv for _, argv in lab.machine("left").list_processes() if "71" in argv] == [["sleep", "71"]]


def test_what_waits_for_ever_is_cut_off(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNKNOWN", 0.5)
    monkeypatch.setattr(module, "LONGEST", 0.5)
    work = [run("sleep 72", seconds=1e9), shell("sleep 73"), shell("echo on >/tmp/on")]
    first, second = replay(lab, work)
    assert first.startswith("left: sleep 72: bash -c sleep 72 on left did not end within")
    assert second.startswith("left: sleep 73: did not end within")
    assert read(lab, "/tmp/on") == "on\n"
    monkeypatch.setattr(module, "WHOLE", 0.0)
    assert replay(lab, work)[0].startswith("3 more were left out")


def test_each_deed_is_told_before_it_is_done(lab: Lab) -> None:
    told: list[str] = []
    replay(lab, [run("true"), shell("cd /tmp")], told.append)
    assert told == ["left: true", "left: cd /tmp"]


def test_a_fault_is_the_lab_s_own_whatever_the_journal_says(lab: Lab) -> None:
    replay(lab, [Solution(name="reference", script="")])
    forged = {"kind": "break", "name": "link-down", "script": "true", "text": "true", "status": 0}
    entry = module_parse(forged)
    assert replay(lab, [entry]) == []
    assert "DOWN" in lab.machine("right").run("ip -br link show eth0", journal={}).stdout
    (note,) = replay(lab, [Break(name="../../solutions/reference")])
    assert "has no fault" in note


def module_parse(data: dict[str, Any]) -> Entry:
    from labkit.lab.entries import parse_entry

    entry = parse_entry(json.dumps(data).encode())
    assert entry is not None
    return entry


def test_answers_about_a_fault_count_once_and_in_another_journal_they_count() -> None:
    first = [Break(name="f"), AnswerGiven(id=CAUSE, value="a", time=1.0), AnswerGiven(id=CAUSE, value="b", time=2.0)]
    again = [
        Break(name="f"),
        *(AnswerGiven(id=CAUSE, value=each.value, time=9.0, given=each.time) for each in first[1:]),
    ]
    assert read_state([*first, *again]).tries == {CAUSE: ("a", "b")}
    assert read_state([*first, *again, *again]).tries == {CAUSE: ("a", "b")}
    assert read_state(again).tries == {CAUSE: ("a", "b")}
    later = AnswerGiven(id=CAUSE, value="c", time=10.0)
    assert read_state([*first, *again, later]).tries == {CAUSE: ("a", "b", "c")}


def test_odd_entries_are_notes(lab: Lab) -> None:
    odd: list[Entry] = [
        Run(machine="nobody", script="true"), Run(machine="left", argv=()), Run(machine="left", argv=("\0",)), run("", status=0),
        Solution(name="x" * 5000, script="exit 1"), Break(name="\x1b[31m"), shell("echo \0 \udcff"), run("true", unkept=9),
    ]  # fmt: skip
    notes = replay(lab, odd)
    assert len(notes) >= 5
    assert not [note for note in notes if "Traceback" in note]


def test_what_came_through_stdin_comes_back(two_hosts: str, tmp_path: Any) -> None:
    (tmp_path / "big").write_bytes(b"x" * 100_000)

    def cli(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*CLI, *words], capture_output=True, text=True, check=False, timeout=60, **options)

    cli("start", two_hosts)
    cli("exec", "--lab", two_hosts, "left", "--", "tee", "/tmp/piped", input="one\n✓\n")
    with (tmp_path / "big").open() as file:
        cli("exec", "--lab", two_hosts, "left", "--", "tee", "/tmp/big", stdin=file)
    cli("exec", "--lab", two_hosts, "left", "--", "true", input="not read")
    terminal = Terminal([*CLI, "shell", "--lab", two_hosts, "left"])
    terminal.read_until("# ")
    terminal.ask("cd /tmp; export X=shell", "# ")
    terminal.ask("echo $X >typed", "# ")
    terminal.close()
    cli("down", two_hosts)
    resumed = cli("start", two_hosts, "--resume")
    try:
        assert resumed.returncode == 0, resumed.stderr
        assert "again: left: tee /tmp/piped" in resumed.stderr
        assert "its input, 100000 bytes, was not kept" in resumed.stdout
        assert (
            cli("exec", "--lab", two_hosts, "left", "--", "cat", "/tmp/piped", "/tmp/typed").stdout == "one\n✓\nshell\n"
        )
        assert plan_path(two_hosts, None).stat().st_mode & 0o777 == 0o600
    finally:
        cli("down", two_hosts)
