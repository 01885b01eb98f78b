"""`./lab up` once everything is installed: JupyterLab itself, on a port of its own, writing into its folder only."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labkit.cli import serve
from labkit.cli.serve import (
    PAGE,
    START,
    can_show_browser,
    ensure_token,
    main,
    make_runtime_folder,
    parse_options,
    plan_environment,
    render_address,
    render_ending,
)
from tests.cli.conftest import read_status, read_text, start_up, wait_address


def test_options() -> None:
    options = parse_options(["/course", "/work", "--port", "9000", "--no-browser"])
    assert (options.notebooks, options.port, options.browser) == (Path("/course"), 9000, False)


@pytest.mark.parametrize("words", [["--port", "0"], ["--port", "70000"], ["--port", "http"], ["--prot", "9000"]])
def test_bad_options_are_usage_errors(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_options(["/course", "/work", *words])
    assert caught.value.code == 2
    assert "./lab up" in capsys.readouterr().err


def test_everything_jupyter_keeps_is_out_of_the_labs_reach() -> None:
    environment = plan_environment(Path("/work"), Path("/state/up"), Path("/run/x"), {"PATH": "/bin"})
    folders = {key: value for key, value in environment.items() if key.endswith(("DIR",))}
    assert len(folders) == 7
    assert all(value.startswith(("/state/up/", "/run/x")) for value in folders.values())
    assert environment["LABKIT_OWNER"] == str(os.getpid())
    assert environment["LABKIT_WORK"] == "/work/files"
    assert environment["PATH"] == f"{sys.prefix}/bin:/bin"


def test_a_browser_needs_a_screen() -> None:
    assert can_show_browser({"DISPLAY": ":0"})
    assert can_show_browser({"WAYLAND_DISPLAY": "wayland-0"})
    assert not can_show_browser({"DISPLAY": "", "TERM": "linux"})


def test_the_address_says_when_the_port_is_another() -> None:
    assert "8889/lab/workspaces/labkit?token=t" in render_address(8889, "t", PAGE, asked=8888)
    assert "8889/labkit?token=t" in render_address(8889, "t", PAGE, asked=8888), "the map, too"
    assert "Port 8888 is taken" in render_address(8889, "t", START, asked=8888)
    assert "taken" not in render_address(8888, "t", START, asked=8888)


def test_the_end_says_what_has_ended_and_what_is_kept() -> None:
    said = render_ending(["03-bridge", "06-cni"], Path("/home/me/work"))
    assert "2 labs end with it: 03-bridge, 06-cni." in said
    assert "/home/me/work" in said
    assert "--resume" in said
    assert "with it" not in render_ending([], Path("/home/me/work"))


def test_the_token_stays_and_is_nobody_else_s(tmp_path: Path) -> None:
    token = ensure_token(tmp_path)
    assert ensure_token(tmp_path) == token
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    (tmp_path / "token").write_text("guessed")
    assert ensure_token(tmp_path) not in ("guessed", token)


def test_the_folder_of_one_that_was_killed_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(serve, "LONGEST", 100)
    (tmp_path / "labkit-up-999999999-x" / "kernels").mkdir(parents=True)
    (tmp_path / f"labkit-up-{os.getpid()}-x").mkdir()
    made = make_runtime_folder()
    assert sorted(tmp_path.iterdir()) == sorted([made, tmp_path / f"labkit-up-{os.getpid()}-x"])
    assert made.stat().st_mode & 0o777 == 0o700


def test_sockets_have_short_names_whatever_the_folder_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 60)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    made = make_runtime_folder()
    try:
        assert len(os.fsencode(made / "kernel-00000000-0000-0000-0000-000000000000-ipc-12")) < 108
    finally:
        made.rmdir()


def test_without_the_first_notebook_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), str(tmp_path / "work")]) == 2
    assert "00-start-here.ipynb" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


@contextmanager
def start_listener() -> Iterator[int]:
    """A port of loopback that is taken."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_on_the_next_port_and_ends_without_a_trace(tmp_path: Path, end: signal.Signals) -> None:
    with start_listener() as taken, start_up(tmp_path, taken) as process:
        try:
            address = wait_address(process)
            base, token = address.split("/labkit")[0], address.split("token=")[1]
            page = read_text(address)
            assert "Begin: 00-start-here" in page, "the first time: the map of the course"
            assert "0 of " in page
            assert "./lab up" in read_text(f"{base}/labkit?token=old"), "who has not the token is told what to type"
            assert read_text(f"{base}/labkit?token=old").count("<table") == 0
            assert address.startswith("http://127.0.0.1:")
            assert not base.endswith(f":{taken}")
            assert read_status(f"{base}/api/contents?token={token}") == 200
            assert read_status(f"{base}/api/contents") == 403
        finally:
            process.send_signal(end)
            status = process.wait(30)
        assert process.stdout
        ending = process.stdout.read()
    assert status == 0
    assert "Your notebooks are in" in ending
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "notebooks", "state", "work"]
    assert list((tmp_path / "home").iterdir()) == []
    assert (tmp_path / "work" / "00-start-here.ipynb").exists()
