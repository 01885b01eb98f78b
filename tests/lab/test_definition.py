"""lab.toml: what a good one becomes, and that every slip is said with file and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labkit.errors import UsageError
from labkit.fabric import Route
from labkit.lab.definition import Definition, parse_definition, read_definition

GOOD: dict[str, Any] = {
    "title": "Two",
    "minutes": 5,
    "values": {"net": "10.9.0.0/24", "octet": 7, "peer": {"name": "web", "address": "{{ net | host(octet) }}"}},
    "vary": {"net": {"prefix_of": "10.0.0.0/8", "length": 24}, "peer": {"name": {"pick": ["web", "shop"]}}},
    "node": [{"name": "worker1", "routes": ["default via 192.168.50.1"], "sysctls": {"net.ipv4.ip_forward": 1}}],
    "pod": [{"name": "{{ peer.name }}", "node": "worker1"}],
    "switch": [{"name": "s1"}],
    "link": [
        {"ends": ["worker1:eth0 192.168.50.11/24", "s1"], "mtu": 1400},
        {"ends": ["{{ peer.name }}:eth0 {{ peer.address }}/24", "s1"], "up": False, "delay": 5},
    ],
    "question": [{"id": "q", "ask": "how many?", "kind": "number", "answer": "{{ octet }}"}],
    "equivalent": [{"mutant": "link lo up on *", "reason": "nothing here uses it"}],
}


def parse(folder: Path, student: str | None = None, **changes: Any) -> Definition:
    data = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return parse_definition(folder / "90-try", data, student)


def test_a_lab_as_everybody_gets_it(tmp_path: Path) -> None:
    lab = parse(tmp_path)
    worker, web = lab.topology.machines
    assert worker.routes == (Route("default", "192.168.50.1"),)
    assert worker.sysctls == {"net.ipv4.ip_forward": "1"}
    assert (web.name, web.kind, web.node) == ("web", "pod", "worker1")
    first, second = lab.topology.links
    assert (first.mtu, str(first.b), str(second.b)) == (1400, "s1:s1-eth1", "s1:s1-eth2")
    assert second.a.addresses == ("10.9.0.7/24",)
    assert (second.a.up, second.b.up, second.delay) == (False, False, 5.0)
    assert lab.questions[0].answer == "7"
    assert lab.within == 3.0


def test_a_student_gets_other_values_and_the_same_again(tmp_path: Path) -> None:
    lab = parse(tmp_path, "anna")
    assert lab.variant.values["net"] != "10.9.0.0/24"
    assert lab.topology.links[1].a.addresses[0].startswith(lab.variant.values["net"].rpartition(".")[0])
    assert parse(tmp_path, "anna") == lab
    assert parse(tmp_path, "ben").variant.drawn != lab.variant.drawn


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"values": {"net": True, "peer": {"name": "web", "address": "{{ net | host(7) }}"}}, "vary": {}},
            "True is no prefix",
        ),
        ({"title": None}, "no title"),
        ({"title": 7}, "title is 7"),
        ({"minutes": "ten"}, "minutes is 'ten'"),
        ({"minutes": True}, "minutes is True"),
        ({"minuts": 5}, "unknown key minuts"),
        ({"within": 0}, "within is 0"),
        ({"settles": -1}, "settles is -1"),
        ({"needs": {"kernel": "veth"}}, "needs: kernel is 'veth'"),
        ({"needs": {"kernal": []}}, "needs: unknown key kernal"),
        ({"node": {"name": "worker1"}}, "node is {'name'"),
        ({"node": ["worker1"]}, "node[0] is 'worker1'"),
        ({"node": [{"name": "Worker 1"}]}, "node[0]: machine name 'Worker 1'"),
        ({"node": [{"name": "worker1"}, {"name": "worker1"}]}, "name worker1: there twice"),
        ({"node": [{"name": "s1"}]}, "name s1: there twice"),
        ({"node": [{"name": ".fabric"}]}, "'.fabric' can't be used"),
        ({"node": [{"name": "worker1", "node": "x"}]}, "only a pod is on a node"),
        ({"node": [{"name": "worker1", "routes": ["10.0.0.0/8 over eth0"]}]}, "route '10.0.0.0/8 over eth0'"),
        ({"node": [{"name": "worker1", "routes": ["10.0.0.1/8 dev eth0"]}]}, "has host bits set"),
        ({"node": [{"name": "worker1", "routes": ["default dev eth7"]}]}, "it has no link eth7"),
        ({"node": [{"name": "worker1", "files": {"/etc/x": "none"}}]}, "files/none can't be read"),
        ({"pod": [{"name": "web", "node": "worker9"}]}, "there is no node worker9"),
        ({"switch": [{"name": "switch-number-1"}]}, "switch name 'switch-number-1'"),
        ({"switch": [{"name": "s1", "ports": ["worker1"]}]}, "switch[0]: link end 'worker1' has no port"),
        ({"switch": [{"name": "s1", "ports": ["x:eth0"]}]}, "there is no x"),
        ({"switch": [{"name": "s1", "ports": ["worker1:eth0 10.0.0.300/24"]}]}, "switch[0]: "),
        ({"host": [{"for": {"h": ["peer"]}, "name": "{{ h.nome }}"}]}, "host[0] with h = peer.name: can't render"),
        ({"host": [{"for": {"h": ["peer"]}, "name": "x", "nam": "y"}]}, "host[0] with h = peer: unknown key nam"),
        ({"host": [{"for": {"h": ["peers"]}, "name": "x"}]}, "host[0].for.h: there is no value 'peers'"),
        ({"host": [{"for": {"peer": ["peer"]}, "name": "x"}]}, "host[0].for.peer: there is a value of that name"),
        ({"host": [{"for": {"h": "peer"}, "name": "x"}]}, "host[0].for is"),
        ({"host": [{"for": {"h": ["net", "octet"]}, "name": "same"}]}, "name same: there twice"),
        ({"link": [{"ends": ["worker1:eth0"]}]}, "link[0]: 1 ends"),
        ({"link": [{"ends": ["worker1", "s1"]}]}, "'worker1' has no port"),
        ({"link": [{"ends": ["", "s1"]}]}, "'' has no port"),
        ({"link": [{"ends": ["worker1:eth0 10.0.0.300/24", "s1"]}]}, "10.0.0.300"),
        ({"link": [{"ends": ["worker1:eth0 10.0.0.3", "s1"]}]}, "no prefix length"),
        ({"link": [{"ends": ["worker1:eth0", "s2:x"]}]}, "there is no s2"),
        ({"link": [{"ends": ["worker1:eth0", "s1:s1-eth1 10.0.0.1/8"]}]}, "a switch has no address"),
        ({"link": [{"ends": ["worker1:much-too-long-name", "s1"]}]}, "port name"),
        ({"link": [{"ends": ["worker1:eth0", "worker1:eth0"]}]}, "port worker1:eth0: there twice"),
        ({"link": [{"ends": ["worker1:a 10.0.0.1/8", "worker1:b 10.0.0.1/9"]}]}, "address 10.0.0.1: there twice"),
        ({"link": [{"ends": ["worker1:eth0", "s1"], "mtu": 20}]}, "MTU 20 is impossible"),
        ({"link": [{"ends": ["worker1:eth0", "s1"], "rate": 0}]}, "rate in Mbit/s is 0"),
        ({"start": [{"machine": "nobody", "run": "true"}]}, "there is no machine nobody"),
        ({"daemon": [{"machine": "nobody", "program": "nginx"}]}, "daemon: there is no machine nobody"),
        ({"daemon": [{"machine": "worker1", "program": "ngnix"}]}, "no daemon 'ngnix' is known"),
        ({"daemon": [{"machine": "worker1", "program": "nginx", "values": {"prot": 1}}]}, "nginx has no value 'prot'"),
        ({"daemon": [{"machine": "worker1", "program": "nginx", "values": {"port": []}}]}, "nginx: port is []"),
        ({"daemon": [{"machine": "worker1", "program": "nginx", "arguments": "'"}]}, "No closing quotation"),
        ({"daemon": [{"machine": "worker1", "program": "nginx"}] * 2}, "daemon worker1/nginx: there twice"),
        ({"question": [{"id": "q", "ask": "?", "kind": "colour", "answer": "red"}]}, "kind colour"),
        ({"question": [{"id": "q", "ask": "?", "kind": "choice", "answer": "a"}]}, "with 0 choices"),
        ({"question": [{"id": "q", "ask": "?", "kind": "number", "answer": "many"}]}, "'many' is not a number"),
        ({"question": [*GOOD["question"], *GOOD["question"]]}, "question id q: there twice"),
        ({"title": "{{ nothing }}"}, "'nothing' is undefined"),
        ({"title": "{{ net"}, "can't render"),
        ({"title": "{{ net | host(999) }}"}, "can't render"),
        ({"values": {**GOOD["values"], "fault": 1}}, "values.fault is labkit's own name"),
        ({"values": []}, "values is []"),
    ],
)
def test_a_slip_is_said_with_its_place(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(tmp_path, **changes)
    assert said in caught.value.message
    assert caught.value.message.startswith("labs/90-try/")
    assert caught.value.hint


def test_daemons_of_the_start_state(tmp_path: Path) -> None:
    rows = [
        {"machine": "worker1", "program": "nginx", "name": "site", "values": {"port": 8080, "says": "{{ octet }}"}},
        {"machine": "worker1", "program": "flanneld", "arguments": "--ip-masq 'a b'"},
    ]
    lab = parse(tmp_path, daemon=rows)
    assert [each.wish.render_words() for each in lab.daemons] == [
        ["nginx", "name=site", "port=8080", "says=7"],
        ["flanneld", "--", "--ip-masq", "a b"],
    ]


@pytest.mark.parametrize("text", [b"title = ", b"\xff\xfe", None])
def test_what_is_no_toml(tmp_path: Path, text: bytes | None) -> None:
    if text is not None:
        (tmp_path / "lab.toml").write_bytes(text)
    with pytest.raises(UsageError, match=r"lab\.toml"):
        read_definition(tmp_path)


def test_files_of_the_lab_get_the_values(tmp_path: Path) -> None:
    files = tmp_path / "90-try" / "files"
    files.mkdir(parents=True)
    (files / "conf").write_text("subnet {{ net }}\n")
    lab = parse(tmp_path, node=[{"name": "worker1", "files": {"/etc/cni/net.d/10.conf": "conf"}}])
    assert lab.topology.machines[0].files == {"etc/cni/net.d/10.conf": "subnet 10.9.0.0/24\n"}


def test_one_table_for_several_values(tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        "values": {**GOOD["values"], "more": {"name": "api", "address": "10.9.0.8"}},
        "host": [{"name": "first"}, {"for": {"host": ["peer", "more"]}, "name": "{{ host.name }}-{{ octet }}"}],
        "pod": [],
        "switch": [{"name": "s1", "ports": ["worker1:eth0 192.168.50.11/24", "first:eth0"]}],
        "link": [{"for": {"host": ["peer", "more"]}, "ends": ["{{ host.name }}-7:eth0 {{ host.address }}/24", "s1"]}],
        "start": [{"for": {"host": ["peer", "more"]}, "machine": "{{ host.name }}-7", "run": "true"}],
    }
    lab = parse(tmp_path, **changes)
    assert [machine.name for machine in lab.topology.machines] == ["worker1", "first", "web-7", "api-7"]
    assert [str(link) for link in lab.topology.links] == [
        "worker1:eth0 -- s1:s1-eth1",
        "first:eth0 -- s1:s1-eth2",
        "web-7:eth0 -- s1:s1-eth3",
        "api-7:eth0 -- s1:s1-eth4",
    ]
    assert lab.topology.links[3].a.addresses == ("10.9.0.8/24",)
    assert [command.machine for command in lab.start] == ["web-7", "api-7"]


SHARED = """[values]
a.name = "web"
b.name = "api"
[vary]
a.name = { pick = ["shop"] }
"""


def read_with_shared(folder: Path, text: str, shared: str | None = SHARED, student: str | None = None) -> Definition:
    (folder / "labs" / "90-try").mkdir(parents=True, exist_ok=True)
    (folder / "labs" / "shared").mkdir(exist_ok=True)
    if shared is not None:
        (folder / "labs" / "shared" / "names.toml").write_text(shared)
    (folder / "labs" / "90-try" / "lab.toml").write_text(f'title = "t"\nminutes = 1\nshared = ["names"]\n{text}')
    return read_definition(folder / "labs" / "90-try", student)


def test_values_that_labs_share_are_laid_under_the_labs_own(tmp_path: Path) -> None:
    text = '[values]\nnet = "10.0.0.0/8"\na.address = "{{ net | host(1) }}"\nb.name = "db"\n'
    values = read_with_shared(tmp_path, text).variant.values
    assert values["a"] == {"name": "web", "address": "10.0.0.1"}
    assert values["b"] == {"name": "db"}
    assert read_with_shared(tmp_path, text, student="anna").variant.values["a"]["name"] == "shop"


@pytest.mark.parametrize(
    ("shared", "said"),
    [
        (None, "labs/shared/names.toml can't be read"),
        ("[values", "labs/shared/names.toml is not TOML"),
        ("[value]\n", "labs/shared/names.toml: unknown key value"),
        ("values = 7\n", "labs/shared/names.toml: values is 7"),
        ("[vary]\nq = { pick = [1] }\n", "vary.q: there is no such value"),
    ],
)
def test_a_slip_in_what_labs_share_is_said(tmp_path: Path, shared: str | None, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_with_shared(tmp_path, "", shared)
    assert said in caught.value.message
    assert caught.value.hint
