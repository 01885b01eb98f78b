"""`labkit exec` between this process's descriptors and a command's: a terminal of its own, or pipes; nothing of ours is handed over."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.timing import scale
from labkit.world import World
from tests.cli.conftest import CLI, Terminal
from tests.waiting import wait_until

pytestmark = [pytest.mark.world, pytest.mark.user]


@pytest.fixture(scope="module")
def lab(two_hosts: str) -> Iterator[str]:
    subprocess.run([*CLI, "start", two_hosts], check=True, capture_output=True)
    yield two_hosts
    subprocess.run([*CLI, "down", two_hosts], check=True)


@pytest.fixture
def host(lab: str) -> Iterator[Terminal]:
    """A bash of the host's on a terminal, where `x` is labkit exec."""
    terminal = Terminal(["bash", "--norc", "--noprofile", "-i"])
    terminal.ask(f"PS1='host''$ '; x() {{ {sys.executable} -m labkit.cli exec --lab {lab} left -- \"$@\"; }}", "host$ ")
    yield terminal
    terminal.process.kill()
    terminal.process.wait()
    os.close(terminal.master)


def run_exec(lab: str, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
    whole = {"capture_output": True, "text": True, "timeout": 60} | options
    words = (*CLI, "exec", "--lab", lab, "left", "--", *words)
    return subprocess.run(words, check=False, **whole)  # type: ignore[call-overload, no-any-return]


def find_processes(lab: str, word: str) -> list[int]:
    """On the machine, those whose command line has this word for its last."""
    with World.attach(lab) as world:
        return [number for number, argv in world.machine("left").list_processes() if argv[-1:] == [word]]


def test_on_a_terminal_it_has_one_of_its_own(host: Terminal) -> None:
    host.ask(
        "x bash -c 'tty; stty size; hostname; echo $TERM $(printenv COLUMNS || echo none)'; echo status $?", "/dev/pts/"
    )
    host.read_until("30 90\r\nleft\r\n")
    host.read_until(f"{os.environ.get('TERM', 'xterm-256color')} none\r\nstatus 0\r\n")
    host.ask("x bash -c 'exit 7'; echo status $?", "status 7\r\n")
    host.ask("x nothing-such; echo status $?", "status 127\r\n")


def test_the_window_s_size_follows(host: Terminal, lab: str) -> None:
    host.ask("x bash -c 'stty size; read; stty size'", "30 90\r\n")
    host.resize(40, 120)
    wait_until(lambda: run_exec(lab, "bash", "-c", "stty size </dev/pts/0").stdout == "40 120\n")
    host.ask("", "40 120")


@pytest.mark.parametrize(
    "left_behind",
    ["setsid bash -c 'cat <&0' reader <&0 >/tmp/stolen 2>&1 &", "setsid bash -c 'exec cat /dev/tty' >/tmp/stolen 2>&1 &",
     "(trap '' HUP; cat 0<&1 >/tmp/stolen) &", "(trap '' HUP; stty -F /dev/tty -echo; cat <&2 >/tmp/stolen) &"],
)  # fmt: skip
def test_what_is_left_behind_reads_no_later_keys(host: Terminal, lab: str, tmp_path: Path, left_behind: str) -> None:
    host.ask(f"stty -g >{tmp_path}/before", "host$ ")
    host.ask(f"x bash -c {quote(left_behind + ' sleep .3')}; echo 'back'ed", "backed\r\n")
    host.read_until("host$ ")
    for number in range(8):
        host.ask(f"echo 'line'-{number}", f"line-{number}\r\n")
    assert "line" not in run_exec(lab, "cat", "/tmp/stolen").stdout
    host.ask(f"stty -g >{tmp_path}/after; echo 'do'ne", "done\r\n")
    assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text() != ""


def quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def test_control_c_ends_the_command_and_no_more(host: Terminal) -> None:
    host.ask("x bash -c 'echo up; sleep 60'; echo status $?", "up\r\n")
    host.type("\x03")
    host.read_until("status 130\r\n")
    host.ask(
        "x bash -c 'trap \"echo caught; exit 3\" INT; echo up; while :; do sleep .1; done'; echo status $?", "up\r\n"
    )
    host.type("\x03")
    host.read_until("caught\r\nstatus 3\r\n")


def test_control_z_suspends_it_and_fg_goes_on(host: Terminal, lab: str) -> None:
    host.type("x sleep 61\n")
    wait_until(lambda: find_processes(lab, "61"))
    host.type("\x1a")
    host.read_until("Stopped")
    host.ask("echo 'here' again", "here again\r\n")
    (process,) = find_processes(lab, "61")
    state = run_exec(lab, "ps", "-o", "stat=", "-p", str(process)).stdout
    assert state.startswith("T")
    host.ask("fg", "exec --lab")
    wait_until(lambda: run_exec(lab, "ps", "-o", "stat=", "-p", str(process)).stdout.startswith("S"))
    host.type("\x03")
    host.read_until("host$ ")
    assert find_processes(lab, "61") == []


def test_control_z_before_it_listens_waits_until_it_does() -> None:
    words = """
import os, signal
from labkit.cli import joint, terminal
terminal.hold_suspension()
os.kill(os.getpid(), signal.SIGTSTP)
with joint._catch_signals() as signals:
    print(list(os.read(signals, 64)) == [signal.SIGTSTP])
"""
    done = subprocess.run([sys.executable, "-c", words], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "True\n"


def test_control_z_in_a_shell_there_is_for_its_own_jobs(host: Terminal) -> None:
    host.ask("x bash --norc -i", "bash-")
    host.ask("sleep 62", "sleep 62\r\n")
    time.sleep(0.5)  # bash must have given its terminal to sleep
    host.type("\x1a")
    host.read_until("Stopped")
    host.ask("kill %1; hostname; exit", "left\r\n")
    host.read_until("host$ ")


def test_in_the_background_it_leaves_the_terminal_alone(host: Terminal) -> None:
    host.ask("x bash -c 'sleep 1; echo from-\"be\"hind' &", "host$ ")
    host.ask("echo typed-'mean'while", "typed-meanwhile\r\n")
    host.read_until("from-behind\r\n")
    host.ask("wait; echo 'all' over", "all over\r\n")


def test_what_goes_elsewhere_does_not_pass_the_terminal(host: Terminal, tmp_path: Path) -> None:
    host.ask(
        f"x bash -c 'echo out; echo err >&2; [ -t 0 ] && echo keys' 2>{tmp_path}/err >{tmp_path}/out; echo 'do'ne",
        "done\r\n",
    )
    assert (tmp_path / "out").read_bytes() == b"out\nkeys\n"
    assert (tmp_path / "err").read_bytes() == b"err\n"
    host.ask("x bash -c 'echo a; echo b' | tac | xargs", "b a\r\n")
    host.ask(f"x bash -c 'echo up >&2; cat' >{tmp_path}/typed", "up\r\n")
    host.type("one\ntwo\n")
    host.type("\x04")
    host.read_until("host$ ")
    assert (tmp_path / "typed").read_text() == "one\ntwo\n"


def test_a_pager_keeps_its_keys(host: Terminal, lab: str) -> None:
    host.ask("x bash -c 'seq 5000; sleep 64' | TERM=xterm LESS= less", "\r\n20\r\n")
    wait_until(lambda: find_processes(lab, "64"))  # bash takes a Ctrl-C at seq's end for seq's
    host.type(" ")
    host.read_until("\r\n50\r\n")
    host.type("\x03")
    host.read_until("\x07")  # the bell: less has seen it
    host.type("q")
    host.read_until("host$ ")


def test_the_terminal_is_left_as_it_was_also_when_killed(lab: str) -> None:
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    with contextlib.closing(os.fdopen(slave, "rb", buffering=0)):
        process = subprocess.Popen(
            [*CLI, "exec", "--lab", lab, "left", "--", "sleep", "63"], stdin=slave, stdout=slave, stderr=slave
        )
        wait_until(lambda: termios.tcgetattr(slave) != before)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 143
        assert termios.tcgetattr(slave) == before
    wait_until(lambda: not find_processes(lab, "63"))
    os.close(master)


# pipes


@pytest.mark.parametrize("kind", ["file", "socket", "null", "pipe"])
def test_no_descriptor_of_ours_is_handed_over(lab: str, tmp_path: Path, kind: str) -> None:
    """A file's could be changed through /proc/self/fd."""
    (tmp_path / "own").write_text("mine\n")
    script = "for at in 0 1 2; do readlink /proc/self/fd/$at; done; (echo changed >/proc/self/fd/0) 2>/dev/null; chmod 777 /proc/self/fd/0 2>/dev/null"
    with contextlib.ExitStack() as stack:
        stdin: int = {
            "file": lambda: os.open(tmp_path / "own", os.O_RDWR),
            "socket": lambda: socket.socket(socket.AF_UNIX).detach(),
            "null": lambda: os.open(os.devnull, os.O_RDONLY),
            "pipe": lambda: os.pipe()[0],
        }[kind]()
        stack.callback(os.close, stdin)
        with (tmp_path / "out").open("w") as out:
            ran = run_exec(lab, "bash", "-c", script, stdin=stdin, stdout=out, stderr=out, capture_output=False)
    assert ran.returncode in (0, 1)
    links = (tmp_path / "out").read_text().split()
    assert len(links) == 3
    assert all(link.startswith("pipe:") or link == "/dev/null" for link in links)
    assert links[1] == links[2], "both go to one file, in order"
    assert (tmp_path / "own").read_text() == "mine\n"
    assert (tmp_path / "own").stat().st_mode & 0o777 != 0o777


@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_it_takes_no_more_of_stdin_than_the_command_reads(lab: str, tmp_path: Path, kind: str) -> None:
    """So it may stand in a loop that reads lines, and in a script that is read from a pipe."""
    loop = f"while read -r line; do {' '.join(CLI)} exec --lab {lab} left -- echo got $line; done; echo end"
    one = f"{' '.join(CLI)} exec --lab {lab} left -- bash -c 'read -r line; echo there $line'; cat"
    lines = "".join(f"line-{number}\n" for number in range(4))
    (tmp_path / "lines").write_text(lines)
    for script, expected in (
        (loop, "".join(f"got line-{number}\n" for number in range(4)) + "end\n"),
        (one, "there line-0\nline-1\nline-2\nline-3\n"),
    ):
        with (tmp_path / "lines").open() as file:
            given = {"stdin": file} if kind == "file" else {"input": lines}
            ran = subprocess.run(
                ["bash", "-c", script], **given, stdout=subprocess.PIPE, text=True, check=True, timeout=60
            )  # type: ignore[call-overload]
        assert ran.stdout == expected


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 300_000, 5_000_000])
@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_all_of_stdin_comes_back(lab: str, tmp_path: Path, kind: str, size: int) -> None:
    data = os.urandom(1024) * (size // 1024) + b"x" * (size % 1024)
    (tmp_path / "data").write_bytes(data)
    with (tmp_path / "data").open("rb") as file:
        given = {"stdin": file} if kind == "file" else {"input": data}
        assert run_exec(lab, "cat", text=False, **given).stdout == data


def test_what_holds_the_output_in_the_background_holds_nobody_up(lab: str) -> None:
    began = time.monotonic()
    ran = run_exec(lab, "bash", "-c", "setsid bash -c 'while sleep .1; do echo late; done' & echo first")
    assert ran.stdout.startswith("first\n")
    assert time.monotonic() - began < scale(10)
    run_exec(lab, "pkill", "-f", "echo late")


def test_a_reader_that_goes_away_ends_the_command_as_a_pipe_does(lab: str) -> None:
    ran = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{' '.join(CLI)} exec --lab {lab} left -- yes | head -n 1"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (141, "y\n", "")


def test_a_full_disk_is_said(lab: str) -> None:
    with Path("/dev/full").open("w") as full:
        ran = run_exec(lab, "echo", "hello", stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert ran.returncode == 125
    assert "No space left on device" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_second_control_c_ends_it(lab: str) -> None:
    script = "trap 'echo no' INT; echo up; while :; do sleep .1; done"
    with subprocess.Popen(
        [*CLI, "exec", "--lab", lab, "left", "--", "bash", "-c", script], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "no\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 130
