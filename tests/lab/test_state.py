"""The user's own folder: found whatever the environment says, closed to others, entered through no link."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from labkit.errors import UsageError
from labkit.lab.surroundings import find_owner, find_work
from labkit.state import ensure_state_folder, find_home, find_state_folder, open_own, open_regular

pytestmark = pytest.mark.user

ACCOUNT = Path(pwd.getpwuid(os.geteuid()).pw_dir)


@pytest.mark.parametrize("home", [None, "", "relative", "/nonexistent", "/dev/null", "a\0b"])
def test_a_home_that_is_none_is_the_account_s(monkeypatch: pytest.MonkeyPatch, home: str | None) -> None:
    monkeypatch.setattr(os, "environ", {} if home is None else {"HOME": home})
    assert find_home() == ACCOUNT


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have somebody else's home: run the tests as root")
def test_somebody_else_s_home_is_not_mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME")
    assert find_state_folder() == ACCOUNT / ".local" / "state" / "labkit"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="belongs to uid 65534"):
        ensure_state_folder("journals")


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_it_is_closed_whatever_the_umask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, umask: int) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    before = os.umask(umask)
    try:
        made = ensure_state_folder("journals", "deeper")
    finally:
        os.umask(before)
    assert made == tmp_path / "labkit" / "journals" / "deeper"
    assert {path.stat().st_mode & 0o777 for path in (made, *list(made.parents)[:2])} == {0o700}
    (tmp_path / "labkit").chmod(0o777)
    ensure_state_folder()
    assert (tmp_path / "labkit").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("what", ["file", "link", "relative"])
def test_what_is_no_folder_is_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str) -> None:
    place = tmp_path / "state"
    match what:
        case "file":
            place.write_text("")
        case "link":
            place.mkdir()
            (place / "labkit").symlink_to(tmp_path)
        case _:
            monkeypatch.setenv("HOME", str(tmp_path))
            monkeypatch.setenv("XDG_STATE_HOME", "state")
            assert find_state_folder() == tmp_path / ".local" / "state" / "labkit"
            return
    monkeypatch.setenv("XDG_STATE_HOME", str(place))
    with pytest.raises(UsageError, match="can't be used") as caught:
        ensure_state_folder("journals")
    assert "XDG_STATE_HOME" in caught.value.hint


def test_a_file_of_mine_is_no_link_no_pipe_and_has_one_name(tmp_path: Path) -> None:
    own = tmp_path / "own"
    os.close(open_own(own, os.O_WRONLY | os.O_CREAT))
    assert own.stat().st_mode & 0o777 == 0o600
    (tmp_path / "link").symlink_to(own)
    (tmp_path / "full").symlink_to("/dev/full")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "full", "pipe", "none"):
        for flags in (os.O_WRONLY, os.O_RDONLY):
            with pytest.raises(OSError):  # noqa: PT011 - what the kernel says of each
                open_regular(tmp_path / name, flags)
    (tmp_path / "second").hardlink_to(own)
    with pytest.raises(OSError, match="another name"):
        open_own(own, os.O_WRONLY)


@pytest.mark.parametrize("text", ["abc", "-1", "0", "١٢", "4194305", "9" * 5000, "1.5", " 1"])
def test_an_owner_that_is_none_is_one_error(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LABKIT_OWNER", text)
    with pytest.raises(UsageError, match="LABKIT_OWNER is"):
        find_owner()


@pytest.mark.parametrize(
    "text", ["/", "/nonexistent", "relative", "/etc/passwd", str(Path(__file__).parents[2]), "/a\0b"]
)
def test_worlds_share_no_folder_that_labkit_runs_from(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(os, "environ", os.environ | {"LABKIT_WORK": text})
    with pytest.raises(UsageError, match="LABKIT_WORK is"):
        find_work()


def test_a_folder_is_shared_by_its_own_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LABKIT_WORK", raising=False)
    assert find_work() is None
    (tmp_path / "work").mkdir()
    (tmp_path / "link").symlink_to("work")
    monkeypatch.setenv("LABKIT_WORK", str(tmp_path / "link"))
    assert find_work() == tmp_path / "work"
