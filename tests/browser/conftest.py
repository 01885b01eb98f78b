"""JupyterLab with the course, and a headless Chromium that works in it as a learner does."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from labkit.doctor.programs import find_program, list_packages

REPOSITORY = Path(__file__).parents[2]
CONFIG = REPOSITORY / "labkit" / "notebook" / "course" / "jupyter_lab_config.py"
FOLDERS = (
    "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR",
    "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR",
)  # fmt: skip
PATIENCE = 120_000  # milliseconds
KERNEL = "jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status ?? 'none'"
NOTEBOOK = "jupyterapp.shell.currentWidget"
CELLS = f"{NOTEBOOK}.content.widgets.filter(cell => cell.model.type === 'code')"
DONE = "cell => cell.model.executionCount !== null && cell.model.executionState !== 'running'"
FAILED = """cell => !(cell.model.getMetadata('tags') ?? []).includes('raises-exception') &&
    cell.model.outputs.toJSON().some(output => output.output_type === 'error')"""


@dataclass(frozen=True)
class Server:
    """Where JupyterLab listens, and the folder it serves."""

    address: str
    token: str
    root: Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root, token = tmp_path_factory.mktemp("work"), secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix="lk-") as own, _find_port() as port:
        environment = os.environ | {name: f"{own}/{at}" for at, name in enumerate(FOLDERS)}
        words = ["-m", "jupyterlab", f"--config={CONFIG}", f"--port={port}", "--ServerApp.port_retries=0"]
        words += [
            f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={root}",
            "--LabApp.expose_app_in_browser=True",
        ]
        with Path(own, "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, *words], env=environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            _wait_answer(f"http://127.0.0.1:{port}/api?token={token}", process, Path(own, "log"))
            yield Server(f"http://127.0.0.1:{port}", token, root)
        finally:
            process.terminate()
            process.wait(30)


@contextlib.contextmanager
def _find_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    yield port


def _wait_answer(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address):
            return
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not answer: {log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one file: while it is there, the worker's thread has a running event loop, which other tests can't have."""
    names = next(each.finds for each in list_packages() if each.debian == "chromium")
    found = next(filter(None, map(find_program, names)), None)
    if found is None:
        pytest.skip("no Chromium here; Ubuntu has it as a snap: sudo snap install chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--disable-dev-shm-usage"])
        yield started
        started.close()


def open_page(browser: Browser, **context: Any) -> Page:
    """An empty one, which has time: a page on a busy computer takes as long as it takes."""
    page = browser.new_context(viewport={"width": 1400, "height": 1000}, **context).new_page()
    page.set_default_timeout(PATIENCE)
    return page


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are kept: artefacts/ of the checkout, where it can be written."""
    folder = REPOSITORY / "artefacts"
    try:
        folder.mkdir(exist_ok=True)
        (folder / ".probe").touch()
        (folder / ".probe").unlink()
    except OSError:
        return tmp_path_factory.mktemp("artefacts")
    return folder


class Notebook:
    """An opened notebook. Commands are JupyterLab's own, outputs come from its model: right in every language and theme."""

    def __init__(self, browser: Browser, server: Server, name: str, **context: Any) -> None:
        self.page = open_page(browser, **context)
        self.foreign: list[str] = []
        self.page.on("request", lambda request: self._note(request.url, server.address))
        self.page.goto(f"{server.address}/lab/tree/{name}?token={server.token}&reset")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        self.wait_kernel("idle")

    def _note(self, url: str, address: str) -> None:
        if not url.startswith((address, address.replace("http", "ws", 1), "data:", "blob:")):
            self.foreign.append(url)

    def wait_kernel(self, status: str) -> None:
        self.page.wait_for_function(f"status => ({KERNEL}) === status", arg=status)

    def run(self, command: str, **options: Any) -> Any:
        """A command of JupyterLab's, to its end."""
        code = "([name, options]) => jupyterapp.commands.execute(name, options).then(value => value ?? null)"
        return self.page.evaluate(code, [command, options])

    def start(self, command: str) -> None:
        """The same without waiting."""
        self.page.evaluate("name => { jupyterapp.commands.execute(name) }", command)

    def run_all(self) -> list[str]:
        """Run every cell to the last, or to one that raised and was not meant to; which did.

        JupyterLab's command is done at the first cell that raises, be it meant to or not.
        """
        self.run("notebook:run-all-cells")
        self.page.wait_for_function(f"() => {CELLS}.every({DONE}) || {CELLS}.some({FAILED})")
        return list(self.page.evaluate(f"() => {CELLS}.filter({FAILED}).map(cell => cell.model.id)"))

    def find_grade(self) -> str:
        """The cell whose number is the grade."""
        code = f"""() => {NOTEBOOK}.content.widgets.find(cell =>
            (cell.model.getMetadata('nbgrader') ?? {{}}).grade).model.id"""
        return str(self.page.evaluate(code))

    def list_cells(self) -> list[str]:
        """The ids of all cells."""
        return list(self.page.evaluate(f"() => {NOTEBOOK}.content.widgets.map(cell => cell.model.id)"))

    def outputs(self, cell: str) -> list[dict[str, Any]]:
        code = f"id => {NOTEBOOK}.content.widgets.find(cell => cell.model.id === id).model.outputs.toJSON()"
        return list(self.page.evaluate(code, cell))

    def text(self, cell: str) -> str:
        """What its commands said."""
        parts = [each["text"] for each in self.outputs(cell) if each["output_type"] == "stream"]
        return "".join("".join(part) for part in parts)

    def show(self, cell: str) -> Any:
        """Scroll to a cell; its element."""
        self.page.evaluate(
            f"id => {NOTEBOOK}.content.widgets.find(cell => cell.model.id === id).node.scrollIntoView()", cell
        )
        at = self.list_cells().index(cell)
        return self.page.locator(".jp-NotebookPanel .jp-Notebook .jp-Cell").nth(at)

    def press_stop(self) -> None:
        """The button in the toolbar."""
        self.page.locator('.jp-NotebookPanel [data-command="notebook:interrupt-kernel"]').click()

    def close(self) -> None:
        self.page.context.close()
