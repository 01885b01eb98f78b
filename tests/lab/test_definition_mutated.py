"""lab.toml of every lab with a slip somewhere: read, or refused with file and key; never a traceback."""

from __future__ import annotations

import copy
import random
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import UsageError
from labkit.lab import definition

LABS = sorted((Path(__file__).parents[2] / "labs").glob("*/lab.toml"))
TIMES = 100  # of each lab
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1.5, float("nan"), float("inf"), "", "x", "../..", "\0", "\ud800", "{{", "{{ x }}", "{% for", "{{ 1/0 }}", "{{ w1 }}",
    "{{ values }}", "{{ [0] * 9 }}", "10.0.0.0/33", "10.244.0.0/8", "::/0", "a" * 5000, [], [[]], [1], ["x"], [{}], {}, {"": {}}, {"x": [1, {}]},
)  # fmt: skip


def list_places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of everything in TOML data."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from list_places(tree[key])


def mutate(tree: dict[str, Any], chance: random.Random) -> str:
    """Change one place; what was done."""
    places = list(list_places(tree))
    container, key = chance.choice(places)
    match chance.randrange(5):
        case 0:
            del container[key]
            return f"without {key!r}"
        case 1:
            other, name = chance.choice(places)
            container[key] = copy.deepcopy(other[name])
            return f"{key!r} is what {name!r} was"
        case 2 if isinstance(container, dict):
            container[f"{key}{chance.choice(['x', '', '.', chr(0), '{{ x }}'])}"] = container.pop(key)
            return f"{key!r} under another name"
        case 3 if isinstance(container, list):
            container.append(container[key])
            return f"{key!r} twice"
    value = copy.deepcopy(chance.choice([odd for odd in ODD if odd is not None]))
    container[key] = value
    return f"{key!r} is {value!r:.60}"


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.parent.name)
def test_a_slip_is_said_with_file_and_key(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tomllib.loads(path.read_text())
    read = definition._read_toml
    reached = 0
    for number in range(TIMES):
        chance = random.Random(f"{path.parent.name} {number}")
        tree = copy.deepcopy(data)
        done = [mutate(tree, chance) for _ in range(chance.choice([1, 1, 1, 3]))]
        monkeypatch.setattr(
            definition, "_read_toml", lambda at, hint, tree=tree: tree if at == path else read(at, hint)
        )
        said = read_slip(path.parent, chance.choice([None, "anna"]), f"mutation {number}: {done}")
        assert not said or ".toml" in said, done
        reached += not said
    assert 0 < reached < TIMES, "some slips change a text only"


def read_slip(folder: Path, student: str | None, what: str) -> str:
    """What is said of it; nothing when it could be read."""
    try:
        definition.read_definition(folder, student)
    except UsageError as error:
        return error.message
    except Exception as error:  # what nobody foresaw
        raise AssertionError(what) from error
    return ""
