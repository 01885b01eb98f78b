"""A lab's files know whose they are, and labs can say what Calico calls a pod's link."""

from __future__ import annotations

from pathlib import Path

from labkit.lab.definition import read_definition
from labkit.lab.templates import render_text

LAB = """
title = "Files"
minutes = 1
slow_minutes = 1

[values]
a = { name = "left" }
b = { name = "right" }

[[host]]
for.host = ["a", "b"]
name = "{{ host.name }}"
files = { "/etc/who" = "who" }
"""


def test_one_template_is_each_machines_own_file(tmp_path: Path) -> None:
    folder = tmp_path / "94-files"
    (folder / "files").mkdir(parents=True)
    (folder / "lab.toml").write_text(LAB)
    (folder / "files" / "who").write_text("{{ machine }} knows {{ a.name }}\n")
    machines = read_definition(folder, None).topology.machines
    assert [machine.files["etc/who"] for machine in machines] == ["left knows left\n", "right knows left\n"]


def test_calicos_name_of_a_pods_link() -> None:
    assert render_text("{{ pod | cali }}", {"pod": "web"}, where="test") == "cali68caf03a5f4"
