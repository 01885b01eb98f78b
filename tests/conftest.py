"""What every test starts from: no state of the person who runs them, no lab of theirs."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from labkit.programs.cache import find_cache_folder

# The second user can't write to the checkout; how long something takes says something about a busy machine, not about the code.
settings.register_profile("labkit", database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("labkit")

REPOSITORY = Path(__file__).parents[1]
MARKED_FOLDERS = {"labs": "world", "notebooks": "world", "browser": "browser", "world": "user"}
pytest_plugins = [
    "pytester",
    "tests.running.apart",
    "tests.running.labs",
    "tests.running.last",
    "tests.running.machines",
    "tests.running.parallel",
    "tests.running.rounds",
    "tests.worlds",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is below these folders needs a world or a browser, or depends on the user; elsewhere a file says so itself (`pytestmark`)."""
    for item in items:
        folder = item.path.relative_to(REPOSITORY / "tests").parts[0]
        if folder in MARKED_FOLDERS:
            item.add_marker(MARKED_FOLDERS[folder])


@pytest.fixture(autouse=True, scope="session")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Journals and the like go to a folder of this run's, labs to a realm of its own; a lab started by a test has no owner but the test."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in a script's background was told to ignore it
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_CACHE", str(find_cache_folder()))  # six minutes to build what is in it
        for name in ("XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(folder / name.lower()))
        patch.setenv(
            "PATH", f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
        )  # labkit, as in ./lab up
        patch.delenv("LABKIT_OWNER", raising=False)
        patch.setenv("LABKIT_REALM", f"tests-{os.getpid()}")
        yield


@pytest.fixture
def repository() -> Path:
    """The checkout under test."""
    return REPOSITORY
