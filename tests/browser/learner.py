"""A learner at `./lab up`: the real program, and a page in which keys are pressed and buttons clicked."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from tests.browser.conftest import KERNEL, NOTEBOOK, open_page
from tests.cli.conftest import wait_address

REPOSITORY = Path(__file__).parents[2]
FIND = f"id => {NOTEBOOK}.content.widgets.find(cell => cell.model.id === id)"
CELL = f"id => {NOTEBOOK}.content.widgets.findIndex(cell => cell.model.id === id)"


def find_port() -> int:
    """One that is free now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Up:
    """One day of `./lab up`: `address` is what it printed, `end()` what Ctrl-C makes it say."""

    def __init__(self, folder: Path, port: int) -> None:
        work = folder / "work"
        self.state = folder / "state" / "labkit" / "up" / hashlib.sha256(os.fsencode(work)).hexdigest()[:8]
        (self.state / "jupyter").mkdir(parents=True, exist_ok=True)
        for each in (folder / "state" / "labkit", folder / "state" / "labkit" / "up", self.state):
            each.chmod(0o700)
        shown = {"LabApp": {"expose_app_in_browser": True}}  # for the test's eyes
        (self.state / "jupyter" / "jupyter_config.json").write_text(json.dumps(shown))
        words = [str(REPOSITORY / "notebooks"), str(work), "--port", str(port), "--no-browser"]
        own = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "labkit.cli.serve", *words], stdout=subprocess.PIPE, text=True, env=os.environ | own
        )
        self.address = wait_address(self._process)

    def end(self) -> str:
        self._process.send_signal(signal.SIGINT)
        said = self._process.communicate(timeout=60)[0]
        assert self._process.returncode == 0
        return said

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.communicate(timeout=60)


@contextlib.contextmanager
def start_day(folder: Path, port: int) -> Iterator[Up]:
    """The server for as long as the block lasts."""
    day = Up(folder, port)
    try:
        yield day
    finally:
        day.kill()


class Learner:
    """Somebody before a page of JupyterLab or the map of the course."""

    def __init__(self, browser: Browser) -> None:
        self.page = open_page(browser)

    def wait_notebook(self, name: str) -> None:
        """Until this notebook is in front and its kernel has nothing to do."""
        self.page.wait_for_function(
            f"name => window.jupyterapp?.shell?.currentWidget?.context?.path === name && ({KERNEL}) === 'idle'",
            arg=name,
        )  # fmt: skip

    def show(self, cell: str) -> Any:
        at = self.page.evaluate(CELL, cell)
        self.page.evaluate(f"at => {NOTEBOOK}.content.widgets[at].node.scrollIntoView({{block: 'center'}})", at)
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell").nth(at)

    def run(self, cell: str, text: str | None = None) -> Any:
        """Click into a cell, type over what is there if there is something to type, Shift and Enter; the cell when it has run."""
        place = self.show(cell)
        place.locator(".cm-content").first.click()
        if text is not None:
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text(text)
        self.page.evaluate(f"id => {{ ({FIND})(id).model.executionCount = null }}", cell)  # yesterday's may be the same
        self.page.keyboard.press("Shift+Enter")
        self.page.wait_for_function(
            f"id => ({FIND})(id).model.executionCount !== null && ({KERNEL}) === 'idle'", arg=cell
        )  # fmt: skip
        return self.show(cell)

    def outputs(self, cell: str) -> list[dict[str, Any]]:
        return list(self.page.evaluate(f"id => ({FIND})(id).model.outputs.toJSON()", cell))

    def count_cells(self) -> int:
        return int(self.page.evaluate(f"() => {NOTEBOOK}.content.widgets.length"))

    def restart_kernel(self) -> None:
        self.page.evaluate("() => { jupyterapp.commands.execute('notebook:restart-kernel') }")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        expect(self.page.locator(".jp-Dialog")).to_have_count(0)
        self.page.wait_for_function(f"() => ({KERNEL}) === 'idle'")

    def close(self) -> None:
        self.page.context.close()
