"""The same tests once more as an ordinary user, where they run as root."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[1]
FILES = sorted(
    path.name
    for pattern in ("test_tamper_*.py", "test_kill*.py", "test_hostile_*.py", "test_world_*.py")
    for path in FOLDER.glob(pattern)
    if path != Path(__file__)
)
USER = 65531  # a uid nobody has
AGAIN = pytest.mark.skipif(os.getuid() != 0, reason="this is an ordinary user already; ./lab test as root does both")


def run_as_user(*command: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")} | {
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, *command], cwd=REPOSITORY, env=environment, user=USER, group=USER, extra_groups=[],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def home() -> Iterator[Path]:
    """Not among pytest's folders, which are closed to others."""
    with tempfile.TemporaryDirectory(prefix="labkit-user-") as folder:
        os.chown(folder, USER, USER)
        yield Path(folder)


@AGAIN
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", FILES)
def test_as_an_ordinary_user(home: Path, name: str) -> None:
    try:
        can_read = run_as_user("-c", "import pytest, hypothesis, labkit.world", home=home).returncode == 0
    except PermissionError:
        can_read = False
    if not can_read:
        pytest.skip("other users can't read this checkout: run ./lab test as an ordinary user, in a checkout of theirs")
    path = str((FOLDER / name).relative_to(REPOSITORY))
    ran = run_as_user("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={home}/tests", path, home=home)
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
