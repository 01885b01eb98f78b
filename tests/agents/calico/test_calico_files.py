"""The folder in place of an API server: the real one's versions and conflicts, whoever writes at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labkit.agents.calico.files import FileStore
from labkit.agents.calico.objects import CONFIG, POOL
from labkit.agents.calico.store import change
from labkit.errors import UsageError
from labkit.kube import ConflictError, MissingError

BEGIN = "kind: IPPool\nmetadata: {name: default-pool}\nspec: {cidr: 10.0.0.0/8}\n"
COUNT = {"metadata": {"name": "default"}, "spec": {"maxBlocksPerHost": 0}}


@pytest.fixture
def begin(tmp_path: Path) -> Path:
    path = tmp_path / "begin.yaml"
    path.write_text(BEGIN)
    return path


def test_it_begins_once_with_the_files_objects(tmp_path: Path, begin: Path) -> None:
    store = FileStore(tmp_path / "store", begin)
    assert store.get(POOL, "default-pool")["spec"] == {"cidr": "10.0.0.0/8"}
    store.delete(POOL, "default-pool")
    assert FileStore(tmp_path / "store", begin).list(POOL) == []


def test_a_file_that_is_no_list_of_objects_is_named(tmp_path: Path, begin: Path) -> None:
    begin.write_text("kind: Elephant\n")
    with pytest.raises(UsageError, match=r"begin.yaml can't be read"):
        FileStore(tmp_path / "store", begin)


def test_what_is_old_is_refused_and_what_is_not_there_said(tmp_path: Path, begin: Path) -> None:
    store = FileStore(tmp_path / "store", begin)
    first = store.create(CONFIG, COUNT)
    version = store.read_version()
    store.replace(CONFIG, first)
    assert store.read_version() == version + 1
    with pytest.raises(ConflictError, match="the object has been modified"):
        store.replace(CONFIG, first)
    with pytest.raises(ConflictError, match="already exists"):
        store.create(CONFIG, COUNT)
    with pytest.raises(MissingError, match=r'ipamconfigs.crd.projectcalico.org "other" not found'):
        store.get(CONFIG, "other")


def test_nothing_is_lost_when_many_write(tmp_path: Path, begin: Path) -> None:
    FileStore(tmp_path / "store", begin).create(CONFIG, COUNT)

    def add(_: int) -> None:
        store = FileStore(tmp_path / "store", begin)
        change(store, CONFIG, "default", lambda spec: {"maxBlocksPerHost": spec["maxBlocksPerHost"] + 1})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert FileStore(tmp_path / "store", begin).get(CONFIG, "default")["spec"] == {"maxBlocksPerHost": 80}
