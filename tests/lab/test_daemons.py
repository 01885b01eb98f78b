"""Daemons of lab.toml: they serve when the lab has begun, and one that does not come up is the lab's fault, in its own words."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from labkit.errors import LabkitError
from labkit.lab.session import start_hidden_lab

pytestmark = [
    pytest.mark.world,
    pytest.mark.skipif(
        not shutil.which("nginx", path="/usr/sbin:/usr/bin"), reason="no nginx here: apt-get install nginx-light"
    ),
]
LAB = """title = "A server"
minutes = 5

[values]
a = { name = "left", address = "10.9.0.1" }
b = { name = "right", address = "10.9.0.2" }

[[host]]
for.host = ["a", "b"]
name = "{{ host.name }}"

[[link]]
ends = ["left:eth0 {{ a.address }}/24", "right:eth0 {{ b.address }}/24"]

[[daemon]]
for.host = ["a", "b"]
machine = "{{ host.name }}"
program = "nginx"
name = "site"
values = { port = PORT, says = "{{ host.name }} tells $remote_addr" }

[[start]]
machine = "left"
run = "curl -s --max-time 5 {{ b.address }}:8080 >/root/said"
"""


def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: str) -> tuple[str, str]:
    """What the start command on the left was told, and what a client on the right is told."""
    folder = tmp_path / "91-server"
    folder.mkdir()
    (folder / "lab.toml").write_text(LAB.replace("PORT", port))
    monkeypatch.setenv("LABKIT_LABS", str(tmp_path))
    with start_hidden_lab("91-server", f"server-{os.getpid()}", tmp_path / "journal") as lab:
        left = lab.world.machine("left").run("cat /root/said").stdout
        return left, lab.world.machine("right").run("curl -s --max-time 5 10.9.0.1:8080").stdout


def test_they_serve_before_the_start_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert start(tmp_path, monkeypatch, "8080") == ("right tells 10.9.0.1\n", "left tells 10.9.0.2\n")


def test_one_that_does_not_come_up_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LabkitError) as caught:
        start(tmp_path, monkeypatch, "70000")
    assert "start command on " in caught.value.message
    assert "daemon start nginx name=site port=70000" in caught.value.message
    assert 'invalid port in "70000"' in caught.value.message
    assert caught.value.hint == "the lab's own file is wrong: labs/91-server/lab.toml"
