"""What a learner's process plants in the folder that worlds and the host share is neither run nor followed by `./lab up`."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from labkit.cli.learner_copy import ensure_copies
from labkit.world import Machine, MachineSpec, World
from tests.cli.conftest import ask_server, read_status, start_up, wait_address

pytestmark = [pytest.mark.world, pytest.mark.user]

# What Jupyter, IPython, jupytext, matplotlib and Python itself look for in a current folder or a served one.
RUN_IF_FOUND = (
    "jupyter_config.py", "jupyter_server_config.py", "jupyter_lab_config.py", "jupyter_notebook_config.py", "ipython_config.py",
    "ipython_kernel_config.py", "jupytext.py", ".jupytext.py", "jupyter_nbconvert_config.py", "sitecustomize.py", "usercustomize.py",
    "json.py", "labkit.py", "matplotlib.py", "secrets.py", "startup/00.py", ".labkit/ipython/profile_default/startup/00.py",
)  # fmt: skip


@dataclass(frozen=True)
class Up:
    """A running `./lab up`; `folder` has its work, state and temporary files."""

    pid: int
    folder: Path
    base: str
    token: str

    @property
    def files(self) -> Path:
        return self.folder / "work" / "files"

    def ask(self, path: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
        """Status and JSON of a request to the API."""
        status, text = ask_server(f"{self.base}/api/{path}?token={self.token}", method, body)
        return status, json.loads(text or "null")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with start_up(folder, port) as process:
        try:
            address = wait_address(process)
            yield Up(process.pid, folder, address.partition("/lab")[0], address.partition("token=")[2])
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def learner(up: Up, start: Callable[..., World]) -> Machine:
    world = start(work=up.files)
    world.add_machines([MachineSpec("worker1", "node")])
    return world.machine("worker1")


def plant(learner: Machine, path: Path, text: str) -> None:
    done = learner.run(f"mkdir -p {path.parent} && cat >{path}", stdin=text)
    assert done.status == 0, done.stderr


def run_in_kernel(up: Up, code: str) -> str:
    """Start a kernel for a notebook in the shared folder, as the page does; what it replies to the code."""
    status, kernel = up.ask("kernels", "POST", {"name": "python3", "path": "files/mine.ipynb"})
    assert status == 201
    (connection,) = Path("/tmp").glob(f"labkit-up-{up.pid}-*/kernel-{kernel['id']}.json")
    client = BlockingKernelClient(connection_file=str(connection))
    client.load_connection_file()
    client.start_channels(hb=False)  # its beats are late on a busy machine
    try:
        client.wait_for_ready(timeout=60)
        reply = client.execute_interactive(code, timeout=60, output_hook=lambda _: None)
    finally:
        client.stop_channels()
        up.ask(f"kernels/{kernel['id']}", "DELETE")
    return str(reply["content"]["status"])


def test_the_learner_can_write_to_the_shared_folder_only(up: Up, learner: Machine) -> None:
    plant(learner, up.files / "mine.txt", "hello")
    assert (up.files / "mine.txt").read_text() == "hello"
    assert (up.files / "mine.txt").stat().st_uid == os.geteuid()
    folders = [path for path in up.folder.rglob("*") if path.is_dir() and path.name != "files"]
    learner.run(
        "; ".join(f"echo planted >{path}/planted; echo planted >>{path}/00-start-here.ipynb" for path in folders)
    )
    assert len(folders) > 5
    assert list(up.folder.rglob("planted")) == []
    assert "planted" not in (up.folder / "work" / "00-start-here.ipynb").read_text()


def test_what_is_planted_there_is_not_run(up: Up, learner: Machine) -> None:
    mark = up.folder / "ran"
    code = f"open({str(mark)!r}, 'a').write(__file__ + '\\n')"
    for name in RUN_IF_FOUND:
        plant(learner, up.files / name, code)
    assert up.ask("contents/files")[0] == 200
    assert up.ask("contents/files/json.py")[0] == 200
    made, _ = up.ask("contents/files/mine.ipynb", "PUT", {"type": "notebook", "content": {
        "cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}})  # fmt: skip
    assert made in (200, 201)
    assert up.ask("contents/files/mine.ipynb")[0] == 200
    assert read_status(f"{up.base}/nbconvert/html/files/mine.ipynb?token={up.token}") == 200
    assert (
        run_in_kernel(up, "%load_ext labkit\nimport json, secrets, matplotlib\nfrom os import getcwd; getcwd()") == "ok"
    )
    assert not mark.exists(), mark.read_text()


def test_links_planted_there_are_not_followed(up: Up, learner: Machine) -> None:
    victim = up.folder / "victim"
    victim.mkdir(exist_ok=True)
    (victim / "file").write_text("mine")
    (victim / "file").chmod(0o600)
    learner.run(
        f"cd {up.files}; ln -s {victim}/file link.ipynb; ln -s {victim}/new new.txt; ln -s {victim} folder; mkdir -p deep; ln -s {victim} deep/er"
    )
    for path in ("link.ipynb", "new.txt", "folder/file", "folder/new", "deep/er/file"):
        assert up.ask(f"contents/files/{path}")[0] == 403, path
        body = {"type": "file", "format": "text", "content": "planted"}
        assert up.ask(f"contents/files/{path}", "PUT", body)[0] == 403, path
        assert read_status(f"{up.base}/files/files/{path}?token={up.token}") == 403, path
    listed = {each["name"] for each in up.ask("contents/files")[1]["content"]}
    assert "deep" in listed
    assert not listed & {"link.ipynb", "new.txt", "folder"}
    assert [each.name for each in victim.iterdir()] == ["file"]
    assert (victim / "file").read_text() == "mine"


def test_the_next_up_follows_none_either(up: Up, learner: Machine) -> None:
    victim = up.folder / "victim2"
    victim.write_text("mine")
    learner.run(
        f"cd {up.files}; mkdir -p .labkit; for name in copied-from.json token 03-bridge.ipynb; do ln -sf {victim} $name; ln -sf {victim} .labkit/$name; done"
    )
    (state,) = up.folder.glob("state/labkit/up/*")
    ensure_copies(up.folder / "notebooks", up.folder / "work", state)
    assert victim.read_text() == "mine"


@pytest.mark.parametrize(
    "way", ["chmod 6755 {}", "install -m 4755 /usr/bin/id {}", "python3 -c 'import os; os.open(\"{}\", 65, 0o6755)'"]
)
def test_a_program_gives_its_owner_s_rights_to_nobody(up: Up, learner: Machine, way: str) -> None:
    """Not even where the folder's mount on the host allows it, and its folders are open to everybody."""
    program = up.files / "rights"
    program.unlink(missing_ok=True)
    if way.startswith("chmod"):
        plant(learner, program, "#!/bin/sh")
    learner.run(way.format(program))
    assert not program.exists() or not program.stat().st_mode & 0o6000
