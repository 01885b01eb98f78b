"""Recipes for machines that are not ours: what can be said of them without those."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from labkit.world.remedies import CONTAINER

yaml = pytest.importorskip("yaml")
REPOSITORY = Path(__file__).parents[2]
VM = REPOSITORY / "vm"
FLAGS = re.findall(r"\w+=unconfined|/dev/net/tun", CONTAINER)


def read_devcontainer() -> dict[str, object]:
    text = (REPOSITORY / ".devcontainer" / "devcontainer.json").read_text()
    found: dict[str, object] = json.loads(re.sub(r"(?m)\s//.*$", "", text))
    return found


@pytest.mark.parametrize("path", ["vm/README.md", ".devcontainer/devcontainer.json"])
def test_a_container_gets_the_flags_that_a_world_asks_for(path: str) -> None:
    text = (REPOSITORY / path).read_text()
    assert len(FLAGS) == 4
    assert [flag for flag in FLAGS if flag not in text] == []


def test_the_devcontainer_is_built_from_a_file_that_is_there() -> None:
    build = read_devcontainer()["build"]
    assert isinstance(build, dict)
    assert (REPOSITORY / ".devcontainer" / build["dockerfile"]).is_file()


@pytest.mark.parametrize("name", ["lima.yaml", "cloud-init.yaml"])
def test_recipes_are_yaml_and_call_the_one_script(name: str) -> None:
    text = (VM / name).read_text()
    assert isinstance(yaml.safe_load(text), dict)
    assert "/vm/provision.sh" in text


def test_every_place_says_whether_it_was_tried() -> None:
    table = (VM / "README.md").read_text().partition("| where | how | |\n")[2].partition("\n\n")[0]
    places = table.splitlines()[1:]
    assert places
    assert [place for place in places if not re.search(r"\| (tried|not tested by us)[^|]*\|$", place)] == []


@pytest.mark.parametrize("words", [["--what"], ["--user"]])
def test_provision_says_how_it_is_called(words: list[str]) -> None:
    ran = subprocess.run([VM / "provision.sh", *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "--user NAME" in ran.stderr
