"""A virtual machine as `./lab vm` gives it, for tests with the mark `vm` (./lab test --vm)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
RunInVm = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run_in_vm() -> RunInVm:
    """Runs bash in a new one; what it said and its status."""
    assert shutil.which("qemu-system-x86_64"), "qemu is missing: ./lab test --vm installs it"

    def run(script: str, *options: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        words: Sequence[str | Path] = [REPOSITORY / "lab", "vm", *options, "--", "bash", "-c", script]
        return subprocess.run(words, input=stdin, capture_output=True, text=True, check=False)

    return run
