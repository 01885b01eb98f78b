"""A small lab of two hosts, with two faults, for the engine and the proof."""

from __future__ import annotations

from pathlib import Path

import pytest

FILES = {
    "lab.toml": """title = "Two hosts"
minutes = 5
within = 1

[values]
net = "10.9.0.0/24"
left = "{{ net | host(1) }}"
right = "{{ net | host(2) }}"

[vary]
net = { prefix_of = "10.0.0.0/8", length = 24 }

[[host]]
name = "left"
[[host]]
name = "right"
[[node]]
name = "worker1"
[[switch]]
name = "s1"
[[link]]
ends = ["left:eth0", "s1"]
[[link]]
ends = ["right:eth0", "s1"]

[[question]]
id = "how-many"
ask = "How many machines?"
kind = "number"
answer = 3
""",
    "checks.py": '''"""Two hosts."""

from labkit.check import View, check, expect


@check(points=2, hints=("Have they addresses?", "ip addr on left", "ip addr add"))
def left_reaches_right(lab: View) -> None:
    """left reaches right."""
    answer = lab.ping("left", lab.values["right"], at="right")
    expect(answer.reached, expected="an answer", observed=answer.detail)


@check(after=("left_reaches_right",))
def right_sees_left(lab: View) -> None:
    """right sees the address of left."""
    answer = lab.ping("left", lab.values["right"], at="right")
    expect(answer.seen_source == lab.values["left"], expected="left", observed=str(answer.seen_source))


@check(level="more", points=0.5)
def pod_is_there(lab: View) -> None:
    """worker1 has a pod whose loopback is up."""
    expect("UP" in lab.machine("web").probe(["ip", "link", "show", "lo"]).stdout, expected="UP", observed="DOWN")
''',
    "solutions/reference.sh": """#: addresses core
on left ip addr add {{ left }}/24 dev eth0
on right ip addr add {{ right }}/24 dev eth0
answer how-many 3
#: pod more
on worker1 ip netns add web
on web ip link set lo up
#: break core
break_something
#: name core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}
#: repair core
on right ip link set eth0 up
on right ip addr replace {{ right }}/24 dev eth0
""",
    "solutions/wrong-nothing.sh": "# must fail: left_reaches_right, pod_is_there, fault_repaired\n",
    "solutions/wrong-source.sh": """# must fail: right_sees_left, fault_repaired
on left ip addr add {{ net | host(7) }}/24 dev eth0
on right ip addr add {{ right }}/24 dev eth0
on worker1 ip netns add web
on web ip link set lo up
""",
    "faults/link-down.sh": """# cause: link-down
# where: right:eth0 | right
# report: "The other side does not answer."
# shows: left no longer reaches right.
on right ip link set eth0 down
""",
    "faults/no-address.sh": """# cause: missing-address
# where: right:eth0
# shows: left no longer reaches right.
on right ip addr flush dev eth0
""",
}


@pytest.fixture
def two_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lab's folder; its name is this test's own, for worlds are the user's."""
    folder = tmp_path / "labs" / f"90-two-{tmp_path.name[-20:].strip('-_').replace('_', '-')}"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    other = FILES["solutions/reference.sh"].replace("}}/24 dev", "}}/16 dev")
    (folder / "solutions" / "other-longer.sh").write_text(other)
    monkeypatch.setenv("LABKIT_LABS", str(folder.parent))
    return folder
