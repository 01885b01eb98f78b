"""The course under names of this run's own: a lab of the same name that the person has running is left alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.cli.serve import prepare_fonts
from labkit.world import World, list_worlds

LABS = Path(__file__).parents[2] / "labs"
NAMES = sorted(path.parent.name for path in LABS.glob("[0-9][0-9]-*/lesson.md"))


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of labs/ in which every lab's name, and every mention of it, ends with this process's number."""
    folder = tmp_path_factory.mktemp("course") / "labs"
    mark = f"-t{os.getpid()}"
    for name in sorted(path.parent.name for path in LABS.glob("[0-9][0-9]-*/lab.toml")):
        shutil.copytree(LABS / name, folder / f"{name}{mark}")
        for path in [
            each for each in (folder / f"{name}{mark}").rglob("*") if each.is_file() and each.suffix != ".pyc"
        ]:
            path.write_text(path.read_text().replace(name, f"{name}{mark}"))
    yield folder
    for left in [name for name in list_worlds() if name.endswith(mark)]:
        World.attach(left).end()


@pytest.fixture(autouse=True, scope="session")
def fonts() -> None:
    """As after `./lab up`: the first plot does not have to look for them, which takes a busy machine long enough to say so."""
    prepare_fonts()


@pytest.fixture(autouse=True)
def course_environment(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each test by itself: a session's fixture would keep it while other suites run."""
    monkeypatch.setenv("LABKIT_LABS", str(course))
    monkeypatch.setenv("IPYTHONDIR", str(course.parent / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(course.parent / "runtime"))


@pytest.fixture(params=NAMES[::3])
def student_lab(request: pytest.FixtureRequest, course: Path) -> Iterator[Path]:
    """Every third lab: a student's edition is rendered by the same code everywhere, tests/labs builds ten of each."""
    yield from _start_clean(course / f"{request.param}-t{os.getpid()}")


@pytest.fixture(params=NAMES)
def lab(request: pytest.FixtureRequest, course: Path) -> Iterator[Path]:
    """Each lab in turn; its world has ended before and ends after."""
    yield from _start_clean(course / f"{request.param}-t{os.getpid()}")


def _start_clean(folder: Path) -> Iterator[Path]:
    yield folder
    if folder.name in list_worlds():
        World.attach(folder.name).end()
