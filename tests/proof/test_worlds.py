"""A world that is used by one job after the other begins each time as lab.toml has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.proof.worlds import Worlds


def test_files_of_lab_toml_that_a_job_edited_or_removed_are_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = Worlds("06-cni", tmp_path, None)
    monkeypatch.setattr(worlds, "reused", True)
    conf, plugin = "/etc/cni/net.d/10-mynet.conf", "/root/my-plugin"
    with worlds.start() as lab:
        node = lab.machine("worker1")
        begin = {path: node.read_file(path) for path in (conf, plugin)}
        assert all(begin.values())
        node.run(f"echo other >{conf}; rm {plugin}")
        first = lab.world.name
    with worlds.start() as lab:
        assert lab.world.name == first, "the same world is used again"
        assert {path: lab.machine("worker1").read_file(path) for path in (conf, plugin)} == begin
    worlds.end()
