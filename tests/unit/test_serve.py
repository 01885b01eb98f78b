"""`./lab up` once everything is installed: JupyterLab itself, on a port of its own, writing into its folder only."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labkit.cli.serve import can_show_browser, main, parse_options, plan_environment, render_address

NOTEBOOK = {"cells": [], "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}


def test_options() -> None:
    options = parse_options(["/course", "/work", "--port", "9000", "--no-browser"])
    assert (options.notebooks, options.port, options.browser) == (Path("/course"), 9000, False)


@pytest.mark.parametrize("words", [["--port", "0"], ["--port", "70000"], ["--port", "http"], ["--prot", "9000"]])
def test_bad_options_are_usage_errors(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_options(["/course", "/work", *words])
    assert caught.value.code == 2
    assert "./lab up" in capsys.readouterr().err


def test_everything_jupyter_writes_goes_into_the_work_folder() -> None:
    environment = plan_environment(Path("/work"), Path("/run/x"), {"PATH": "/bin"})
    folders = {key: value for key, value in environment.items() if key.endswith(("DIR",))}
    assert len(folders) == 7
    assert all(value.startswith(("/work/.labkit/", "/run/x")) for value in folders.values())
    assert environment["LABKIT_OWNER"] == str(os.getpid())
    assert environment["PATH"] == f"{sys.prefix}/bin:/bin"


def test_a_browser_needs_a_screen() -> None:
    assert can_show_browser({"DISPLAY": ":0"})
    assert can_show_browser({"WAYLAND_DISPLAY": "wayland-0"})
    assert not can_show_browser({"DISPLAY": "", "TERM": "linux"})


def test_the_address_says_when_the_port_is_another() -> None:
    assert "8889/lab/workspaces/labkit/tree/00-start-here.ipynb?token=t" in render_address(8889, "t", asked=8888)
    assert "Port 8888 is taken" in render_address(8889, "t", asked=8888)
    assert "taken" not in render_address(8888, "t", asked=8888)


def test_without_the_first_notebook_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), str(tmp_path / "work")]) == 2
    assert "00-start-here.ipynb" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def start_up(folder: Path, port: int) -> subprocess.Popen[str]:
    (folder / "notebooks").mkdir(parents=True)
    (folder / "home").mkdir()
    (folder / "notebooks" / "00-start-here.ipynb").write_text(json.dumps(NOTEBOOK))
    words = [folder / "notebooks", folder / "work", "--port", str(port), "--no-browser"]
    return subprocess.Popen(
        [sys.executable, "-m", "labkit.cli.serve", *map(str, words)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "HOME": str(folder / "home"), "TMPDIR": str(folder)},
        cwd="/",
    )


def wait_address(process: subprocess.Popen[str], seconds: float = 60) -> str:
    """The address it prints; fails when it prints none in time."""
    assert process.stdout
    text = ""
    while not (found := re.search(r"http://\S+\n", text)):
        assert select.select([process.stdout], [], [], seconds)[0], f"no address, but: {text}"
        chunk = os.read(process.stdout.fileno(), 4096)  # not readline: what it keeps back, select doesn't see
        assert chunk, f"ended, with: {text}"
        text += chunk.decode()
    return found[0].strip()


@contextmanager
def start_listener() -> Iterator[int]:
    """A port of loopback that is taken."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def read_status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_on_the_next_port_and_ends_without_a_trace(tmp_path: Path, end: signal.Signals) -> None:
    with start_listener() as taken, start_up(tmp_path, taken) as process:
        try:
            address = wait_address(process)
            base, token = address.split("/lab/")[0], address.split("token=")[1]
            assert address.startswith("http://127.0.0.1:")
            assert not base.endswith(f":{taken}")
            assert read_status(f"{base}/api/contents?token={token}") == 200
            assert read_status(f"{base}/api/contents") == 403
        finally:
            process.send_signal(end)
            status = process.wait(30)
    assert status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "notebooks", "work"]
    assert list((tmp_path / "home").iterdir()) == []
    assert (tmp_path / "work" / "00-start-here.ipynb").exists()
