"""Notebooks' kernels in folders of this run's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.cli.serve import ensure_fonts
from labkit.world import World, list_worlds

LABS = Path(__file__).parents[2] / "labs"
NAMES = sorted(path.parent.name for path in LABS.glob("[0-9][0-9]-*/lesson.md"))


@pytest.fixture(scope="session")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As after `./lab up`: the first plot does not have to look for them, which takes a busy machine long enough to say so."""
    folder = tmp_path_factory.mktemp("matplotlib")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLCONFIGDIR", str(folder))
        ensure_fonts()
    return folder


@pytest.fixture(autouse=True)
def kernel_environment(fonts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each test by itself: a session's fixture would keep it while other suites run."""
    monkeypatch.setenv("MPLCONFIGDIR", str(fonts))
    monkeypatch.setenv("IPYTHONDIR", str(fonts / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(fonts / "runtime"))


@pytest.fixture(params=NAMES[::3])
def student_lab(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Every third lab: a student's edition is rendered by the same code everywhere, tests/labs builds ten of each."""
    yield from _start_clean(LABS / request.param)


@pytest.fixture(params=NAMES)
def lab(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Each lab in turn; its world has ended before and ends after."""
    yield from _start_clean(LABS / request.param)


def _start_clean(folder: Path) -> Iterator[Path]:
    yield folder
    if folder.name in list_worlds():
        World.attach(folder.name).end()
