"""The linters, run as tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.lab.definition import read_definition
from labkit.lab.script import choose_fault, list_scripts, read_faults, read_script

REPOSITORY = Path(__file__).parents[2]
# ./lab's parts are looked at through ./lab, which gives them their variables.
PARTS = {REPOSITORY / "labkit" / "setup" / f"{name}.sh" for name in ("report", "system", "python", "tests")}
SCRIPTS = [path for path in sorted((REPOSITORY / "labkit").rglob("*.sh")) if path not in PARTS]
SCRIPTS += [*sorted((REPOSITORY / "vm").glob("*.sh")), REPOSITORY / "vm" / "qemu", REPOSITORY / "vm" / "container"]
LABS = [path.parent for folder in ("labs", "tests/data") for path in sorted((REPOSITORY / folder).glob("*/solutions"))]


def assert_clean(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("folder", ["labkit", "labs", "tests"])
def test_ruff(folder: str) -> None:
    assert_clean(sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", folder)


def test_ruff_format() -> None:
    assert_clean(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", "--quiet", ".")


def test_mypy_strict(tmp_path: Path) -> None:
    """The labs' checks too: their folders are no packages, so each file is read under its lab's name."""
    labs = [
        shutil.copy(path, tmp_path / f"{path.parent.name.replace('-', '_')}.py")
        for path in (REPOSITORY / "labs").glob("*/checks.py")
    ]
    assert labs
    assert_clean(sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), "labkit", *map(str, labs))


def test_shellcheck() -> None:
    assert shutil.which("shellcheck"), "./lab test installs shellcheck"
    assert_clean(
        "shellcheck", "--external-sources", "--check-sourced", "--shell=bash", "lab", ".ci/run", *map(str, SCRIPTS)
    )


@pytest.mark.parametrize("folder", LABS, ids=[folder.name for folder in LABS])
def test_shellcheck_of_a_labs_scripts(folder: Path, tmp_path: Path) -> None:
    """They are templates: looked at as a learner without a student's id gets them."""
    definition = read_definition(folder)
    values = definition.variant.values
    faults = read_faults(folder, values)
    texts = {f"fault-{fault.name}": fault.text for fault in faults.values()}
    for name in list_scripts(folder, "solutions"):
        texts[name] = read_script(folder, name, values, choose_fault(faults, definition.variant)).render()
    assert texts, f"{folder.name} has no scripts"
    for name, text in texts.items():
        (tmp_path / f"{name}.sh").write_text(text)
    # SC2016: what stands in single quotes is expanded on the machine it is sent to; SC2317: the prelude calls it
    assert_clean("shellcheck", "--shell=bash", "--exclude=SC2016,SC2317", *map(str, sorted(tmp_path.iterdir())))


def test_a_checkout_made_for_windows_keeps_line_feeds(tmp_path: Path) -> None:
    """git's default there is core.autocrlf: bash in WSL then fails at `#!/usr/bin/env bash\\r`."""
    (tmp_path / ".gitattributes").write_bytes((REPOSITORY / ".gitattributes").read_bytes())
    git = ["git", "-c", "core.autocrlf=true", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    (tmp_path / "lab").write_bytes(b"#!/usr/bin/env bash\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "lab").unlink()
    subprocess.run([*git, "checkout", "lab"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "lab").read_bytes() == b"#!/usr/bin/env bash\n"
