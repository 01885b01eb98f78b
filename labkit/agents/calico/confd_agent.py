"""confd as an agent: BIRD's three files follow Calico's objects; BIRD reads them before they are put in their place, and is told."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from labkit.agents.calico.confd import FOLDER, render_files
from labkit.agents.calico.facts import KINDS, read_facts
from labkit.agents.calico.following import Agent, find_node_name
from labkit.agents.calico.peering import plan_node
from labkit.agents.calico.sessions import SOCKETS
from labkit.agents.calico.store import Store
from labkit.errors import LabkitError, UsageError
from labkit.world import run_program

_REFRESH: Final = 60.0  # seconds
_MAIN: Final = "bird.cfg"


def look(store: Store) -> bool:
    """Whether the files say what the objects say. Raises LabkitError: BIRD can't read them, so the old ones stay."""
    name, facts = find_node_name(), read_facts(store)
    own = facts.find_node(name)
    if own is None:
        raise UsageError(f"Calico knows no address of node {name}", hint="calicoctl get nodes -o wide")
    files = render_files(plan_node(facts, own))
    changed = [each for each, text in files.items() if not is_written(Path(FOLDER, each), text)]
    if changed:
        write_checked(Path(FOLDER), files)
        CONFD.say(f"wrote {', '.join(changed)}")
        tell_bird()
    return True


def is_written(path: Path, text: str) -> bool:
    """Whether a file says this."""
    return path.exists() and path.read_text(encoding="utf-8") == text


def write_checked(folder: Path, files: Mapping[str, str]) -> None:
    """Into a folder beside it first, where BIRD reads them. Raises LabkitError with BIRD's words."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, text in files.items():
        (fresh / name).write_text(text, encoding="utf-8")
    told = run_program(["bird", "-p", "-c", str(fresh / _MAIN)])
    if told.status:
        raise LabkitError(
            f"bird -p refuses: {told.stderr.strip()}", hint=f"the files are in {fresh}; the old ones stay"
        )
    folder.mkdir(exist_ok=True)
    for name in files:
        (fresh / name).replace(folder / name)
    fresh.rmdir()


def tell_bird() -> None:
    """To read them again, if it runs (Calico: SIGHUP)."""
    for path in SOCKETS:
        if Path(path).exists():
            told = run_program(["birdc", "-s", path, "configure"])
            CONFD.say(f"birdc configure: {(told.stdout or told.stderr).strip().splitlines()[-1:]}")


CONFD: Final = Agent("confd", look, _REFRESH, KINDS)
