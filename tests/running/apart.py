"""Tests in a process of their own; their reports come back as each is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--tell", type=int, help="write every report to this descriptor, a line each (for tests that run alone)"
    )


def pytest_configure(config: pytest.Config) -> None:
    if (descriptor := config.getoption("tell")) is not None:
        os.set_inheritable(descriptor, False)  # a world left over would keep the reader waiting
        config.pluginmanager.register(Teller(config, descriptor))


class Teller:
    """In the process of its own."""

    def __init__(self, config: pytest.Config, descriptor: int) -> None:
        self._config = config
        self._to = os.fdopen(descriptor, "w")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        print(json.dumps(data), file=self._to, flush=True)


def run_apart(config: pytest.Config, names: Sequence[str]) -> Iterator[pytest.TestReport]:
    """Run the tests of these names one after the other and give back each report; a test that was never done has failed."""
    with tempfile.TemporaryFile() as said, tempfile.NamedTemporaryFile("w", suffix=".txt") as asked:
        asked.write("\n".join(names))
        asked.flush()
        done = set()
        process, lines = _start(config, asked.name, said.fileno())
        with process, lines:
            for line in lines:
                report = config.hook.pytest_report_from_serializable(config=config, data=json.loads(line))
                if report.when == "teardown":
                    done.add(report.nodeid)
                yield report
        said.seek(0)
        words = (
            f"the process that ran it alone ended with {process.returncode}:\n{said.read().decode(errors='replace')}"
        )
    for name in names:
        if name not in done:
            yield pytest.TestReport(name, (name.partition("::")[0], None, name), {}, "failed", words, "call")


def _start(config: pytest.Config, asked: str, said: int) -> tuple[subprocess.Popen[bytes], Iterator[str]]:
    reader, writer = os.pipe()
    options = ["-n0", "-p", "no:cacheprovider", f"--tell={writer}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, f"@{asked}"], cwd=Path(config.invocation_params.dir),
        stdin=subprocess.DEVNULL, stdout=said, stderr=said, pass_fds=[writer],
    )  # fmt: skip
    os.close(writer)
    return process, os.fdopen(reader)
