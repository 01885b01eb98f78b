"""What the client makes of a launcher that fails, says nothing, or hangs."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import UsageError, WorldError
from labkit.world import starter
from labkit.world.inside.work import Work

ADDRESS = f"\0labkit-test-{os.getpid()}"
ANSWER = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); s.recv(99999); s.send({!r})"


def start(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Have `code` be the launcher."""
    started: list[subprocess.Popen[bytes]] = []

    def start_launcher(_: str, __: str, sock: int, trouble: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-IS", "-c", code, str(sock)]
        started.append(subprocess.Popen(command, pass_fds=(sock,), stderr=trouble, start_new_session=True))
        return started[-1]

    monkeypatch.setattr(starter, "start_launcher", start_launcher)
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names are wanted
    spec: dict[str, Any] = {"name": "x", "address": ADDRESS}
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: [each.wait() for each in started])
        starter.start_world(spec, owner=None, journal=None, work=None).close()
    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_an_answer_is_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    start(monkeypatch, ANSWER.format(b'{"ok":{}}'))


def test_its_last_words_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorldError, match="could not be made: ImportError: nothing there"):
        start(monkeypatch, "raise ImportError('nothing there')")


def test_no_words_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorldError, match="it ended without a word"):
        start(monkeypatch, "import os; os._exit(1)")


def test_a_refusal_names_stage_and_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WorldError, match="file tree: mount proc on /proc: No space left on device") as raised:
        start(
            monkeypatch,
            ANSWER.format(b'{"stage":"file tree","errno":28,"error":"mount proc on /proc: No space left on device"}'),
        )
    assert raised.value.hint.startswith("user.max_")


def test_a_taken_name(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = ANSWER.format(b'{"stage":"socket","errno":98,"error":"Address already in use"}')
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as holder:
        holder.bind(ADDRESS)
        holder.listen()
        with pytest.raises(UsageError, match="lab x is running already"):
            start(monkeypatch, taken)
    with pytest.raises(WorldError, match="belongs to a process that does not answer"):
        start(monkeypatch, taken)


def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starter, "_SECONDS", 0.3)
    with pytest.raises(WorldError, match=r"nothing was heard of it for 0\.3 s"):
        start(monkeypatch, "import signal, os; os.fork(); signal.pause()")


# --- the journal's file


def make_socket(path: Path) -> None:
    """Its address may be 107 bytes long; the path of a test's folder is longer now and then."""
    folder = os.open(path.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


ODD: dict[str, Callable[[Path], object]] = {
    "a FIFO": os.mkfifo,
    "a link": lambda path: path.symlink_to(path.with_name("victim")),
    "a folder": lambda path: path.mkdir(),
    "a device": lambda path: path.symlink_to("/dev/full"),
    "a socket": make_socket,
}


@pytest.mark.parametrize("kind", ODD)
def test_a_journal_that_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    (tmp_path / "victim").write_text("untouched")
    path = tmp_path / "journal.jsonl"
    ODD[kind](path)
    with pytest.raises(UsageError, match=f"the journal {path}") as raised:
        starter._open_journal(path)
    assert "move what is there away" in raised.value.hint
    assert (tmp_path / "victim").read_text() == "untouched"


def test_journals_are_their_owners_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        os.close(starter._open_journal(tmp_path / "x.jsonl"))
    finally:
        os.umask(before)
    assert (tmp_path / "x.jsonl").stat().st_mode & 0o777 == 0o600


# --- the work folder


def test_a_work_folder_is_known_again_by_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    there = (tmp_path / "real").stat()
    for name in ("real", "link"):  # a link of one's own is a way to say it
        assert starter.find_work(tmp_path / name) == (str(tmp_path / "real"), there.st_dev, there.st_ino)


@pytest.mark.parametrize("folder", ["/", "/home", "/tmp", "/etc", "/usr/local", "/proc/self/fd", "/sys", "/dev/shm"])
def test_the_system_is_no_work_folder(folder: str) -> None:
    with pytest.raises(UsageError, match="it is the system's") as raised:
        starter.find_work(Path(folder))
    assert "LABKIT_WORK" in raised.value.hint


def test_a_work_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory"):
        starter.find_work(tmp_path / "nowhere")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make files of somebody else's: run as root")
@pytest.mark.parametrize("where", ["work", "work/below"])
def test_a_link_of_somebody_elses_is_not_followed(tmp_path: Path, where: str) -> None:
    (tmp_path / "victim" / "below").mkdir(parents=True)
    (tmp_path / "work").symlink_to("victim")
    os.lchown(tmp_path / "work", 65534, 65534)
    with pytest.raises(UsageError, match="leads through a link of somebody else's"):
        starter.find_work(tmp_path / where)


def test_a_folder_that_took_the_place_of_the_work_folder_is_not_opened(tmp_path: Path) -> None:
    for name in ("work", "other"):
        (tmp_path / name).mkdir()
    work = Work(*starter.find_work(tmp_path / "work"))
    os.close(work.open("/"))
    (tmp_path / "work").rename(tmp_path / "moved")
    (tmp_path / "other").rename(tmp_path / "work")
    with pytest.raises(OSError, match="another folder lies there now"):
        work.open("/")
    (tmp_path / "work").rmdir()
    (tmp_path / "work").symlink_to("moved")
    with pytest.raises(OSError, match=r"Not a directory|symbolic link"):
        work.open("/")
