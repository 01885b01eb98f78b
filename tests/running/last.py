"""What runs at the end, alone: tests marked so, then once more each that failed. Green only then is unsteady, not green."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from tests.running.apart import run_apart

MANY = 20  # this many have a reason that another try won't take away


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--again", action="store_true", help="run what failed once more, alone; green then is unsteady")
    parser.addoption("--unsteady-allowed", type=int, default=2, metavar="N", help="more unsteady tests make a run red")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Last(config), "last")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `alone` come last; a worker leaves them to the process that has the workers."""
    alone = [item for item in items if item.get_closest_marker("alone")]
    items[:] = [item for item in items if not item.get_closest_marker("alone")]
    if hasattr(config, "workerinput"):
        config.workeroutput["alone"] = [item.nodeid for item in alone]  # type: ignore[attr-defined]
    else:
        items += alone


class Last:
    """In the process that shows the results."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._alone: list[str] = []
        self._failed: dict[str, list[pytest.TestReport]] = {}
        self._unsteady: dict[str, list[pytest.TestReport]] = {}
        self._note = ""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """What the workers left."""
        self._alone = getattr(node, "workeroutput", {}).get("alone", self._alone)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.setdefault(report.nodeid, []).append(report)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        result = yield
        self._run_alone(session)
        if self._config.getoption("again"):
            self._run_again(session)
        return result

    def _run_alone(self, session: pytest.Session) -> None:
        if not self._alone:
            return
        session.testscollected += len(self._alone)
        self._say(f"alone: {len(self._alone)}")
        for report in run_apart(self._config, self._alone):
            self._config.hook.pytest_runtest_logreport(report=report)

    def _run_again(self, session: pytest.Session) -> None:
        if len(self._failed) > MANY:
            self._note = f"{len(self._failed)} tests failed; more than {MANY} are not run once more"
        elif self._failed:
            self._say(f"once more, alone: {len(self._failed)}")
            self._sort(session, list(run_apart(self._config, list(self._failed))))

    def _sort(self, session: pytest.Session, second: list[pytest.TestReport]) -> None:
        red = {report.nodeid for report in second if report.failed}
        green = {report.nodeid for report in second if report.passed and report.when == "call"} - red
        self._unsteady = {
            name: [each for each in second if each.nodeid == name] for name in self._failed if name in green
        }
        for report in second:
            if report.failed:
                self._failed[report.nodeid][0].sections.append(("Once more, alone", report.longreprtext))
        if self._unsteady:
            self._count(session)

    def _count(self, session: pytest.Session) -> None:
        """In the closing line; few of them are not counted as failed."""
        allowed = self._config.getoption("unsteady_allowed")
        stats = self._terminal.stats if self._terminal else {}
        first = [report for name in self._unsteady for report in self._failed[name]]
        stats["unsteady"] = [self._failed[name][0] for name in self._unsteady]
        if len(self._unsteady) > allowed:
            self._note = f"{len(self._unsteady)} tests are unsteady; more than {allowed} make a run red"
            return
        session.testsfailed -= len(first)
        for kind in ("failed", "error"):
            stats[kind] = [report for report in stats.get(kind, []) if report not in first]

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if self._unsteady:
            terminalreporter.write_sep("=", "UNSTEADY", yellow=True)
        for name, second in self._unsteady.items():
            terminalreporter.write_sep("_", name, yellow=True)
            for report in self._failed[name]:
                _show(terminalreporter, "red with the others", report)
            for report in second:
                _show(terminalreporter, "green alone", report)
        if self._note:
            terminalreporter.write_line(self._note, red=True)

    @property
    def _terminal(self) -> TerminalReporter | None:
        return self._config.pluginmanager.get_plugin("terminalreporter")

    def _say(self, line: str) -> None:
        if self._terminal:
            self._terminal.ensure_newline()
            self._terminal.write_line(line)


def _show(terminal: TerminalReporter, how: str, report: pytest.TestReport) -> None:
    terminal.write_line(f"{how} ({report.when}, {report.duration:.2f} s):")
    if report.longrepr:
        report.toterminal(terminal._tw)
    for title, text in report.sections:
        terminal.write_line(f"{title}\n{text}")
