"""The linters, run as tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SCRIPTS = [REPOSITORY / "lab", REPOSITORY / ".ci" / "run"] + [
    path for folder in ("labkit", "labs", "tests", "vm") for path in sorted((REPOSITORY / folder).rglob("*.sh"))
]


def assert_clean(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("folder", ["labkit", "labs", "tests"])
def test_ruff(folder: str) -> None:
    assert_clean(sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", folder)


def test_ruff_format() -> None:
    assert_clean(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", "--quiet", ".")


def test_mypy_strict(tmp_path: Path) -> None:
    assert_clean(sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path), "labkit")


def test_shellcheck() -> None:
    assert shutil.which("shellcheck"), "./lab test installs shellcheck"
    assert_clean("shellcheck", "--external-sources", "--shell=bash", *map(str, SCRIPTS))
