"""The CNI plugin flannel: the conf that it writes for another plugin, and its errors, by the protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labkit.agents.flannel.conf import parse_subnet_env
from labkit.agents.flannel.plugin import PLUGIN, plan_delegate
from labkit.cni.errors import CniError

ENV = "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n"
CONF = {
    "name": "cbr0",
    "cniVersion": "0.3.1",
    "type": "flannel",
    "delegate": {"hairpinMode": True, "isDefaultGateway": True},
}
IPAM = {
    "type": "host-local",
    "ranges": [[{"subnet": "10.244.1.0/24"}]],
    "routes": [{"dst": "10.244.0.0/16"}],
}
CALL = {"CNI_CONTAINERID": "abc", "CNI_NETNS": "/run/netns/web", "CNI_IFNAME": "eth0"}
# stands in for bridge: its environment and stdin are its result
ECHO = """#!/bin/sh
printf '{"command": "%s", "stdin": %s}' "$CNI_COMMAND" "$(cat)" >$NODE/asked
[ "$CNI_COMMAND" != ADD ] || cat $NODE/asked
"""
FAILING = """#!/bin/sh\ncat >/dev/null\necho '{"code": 11, "msg": "later", "details": "why"}'\nexit 3\n"""


@pytest.fixture
def node(tmp_path: Path) -> Path:
    (tmp_path / "subnet.env").write_text(ENV)
    return tmp_path


def write_program(node: Path, text: str) -> None:
    program = node / "bridge"
    program.write_text(text)
    program.chmod(0o755)


def call(node: Path, command: str, conf: dict[str, Any] | str = CONF, **environment: str) -> tuple[int, Any]:
    if isinstance(conf, dict):
        conf = json.dumps(conf | {"subnetFile": str(node / "subnet.env"), "dataDir": str(node / "kept")})
    asked = CALL | {"CNI_COMMAND": command, "CNI_PATH": str(node), "NODE": str(node)} | environment
    status, said = PLUGIN.answer(asked, conf.encode())
    return status, json.loads(said) if said else None


def test_the_delegate_is_a_bridge_with_what_flanneld_left() -> None:
    assert plan_delegate(CONF, parse_subnet_env(ENV)) == {
        "type": "bridge",
        "name": "cbr0",
        "cniVersion": "0.3.1",
        "hairpinMode": True,
        "isDefaultGateway": True,
        "isGateway": True,
        "ipMasq": False,
        "mtu": 1450,
        "ipam": IPAM,
    }


def test_the_bridge_masquerades_when_flanneld_does_not() -> None:
    env = parse_subnet_env(ENV.replace("true", "false"))
    assert plan_delegate(CONF, env)["ipMasq"] is True


def test_what_the_conf_says_counts_more() -> None:
    delegate = plan_delegate(CONF | {"delegate": {"type": "ptp", "mtu": 9000, "ipMasq": True}}, parse_subnet_env(ENV))
    assert (delegate["type"], delegate["mtu"], delegate["ipMasq"]) == ("ptp", 9000, True)
    assert "isGateway" not in delegate


@pytest.mark.parametrize(
    ("delegate", "said"),
    [
        ({"name": "x"}, "must not have 'name'"),
        ({"ipam": {}}, "must not have 'ipam'"),
        ({"type": 1}, r"must have \(string\) 'type'"),
    ],
)
def test_a_delegate_that_says_too_much_is_refused(delegate: dict[str, Any], said: str) -> None:
    with pytest.raises(CniError, match=said):
        plan_delegate(CONF | {"delegate": delegate}, parse_subnet_env(ENV))


def test_add_calls_the_bridge_and_keeps_its_conf(node: Path) -> None:
    write_program(node, ECHO)
    status, said = call(node, "ADD")
    assert (status, said["command"]) == (0, "ADD")
    assert said["stdin"]["ipam"] == IPAM
    assert json.loads((node / "kept" / "abc").read_text()) == said["stdin"]


def test_del_uses_what_was_kept_also_when_subnet_env_is_gone(node: Path) -> None:
    write_program(node, ECHO)
    added = call(node, "ADD")[1]["stdin"]
    (node / "subnet.env").unlink()
    assert call(node, "DEL") == (0, None)
    assert json.loads((node / "asked").read_text()) == {"command": "DEL", "stdin": added}
    (node / "asked").unlink()
    assert call(node, "DEL") == (0, None)
    assert not (node / "asked").exists()


def test_what_could_not_be_deleted_is_kept(node: Path) -> None:
    write_program(node, ECHO)
    call(node, "ADD")
    write_program(node, FAILING)
    assert call(node, "DEL")[0] == 1
    assert (node / "kept" / "abc").exists()


def test_check_looks_at_nothing(node: Path) -> None:
    assert call(node, "CHECK", CONF | {"cniVersion": "0.4.0", "prevResult": {"ips": []}}) == (0, None)


def test_the_other_plugins_error_is_passed_on(node: Path) -> None:
    write_program(node, FAILING)
    status, said = call(node, "ADD")
    assert (status, said["code"], said["msg"], said["details"]) == (1, 11, "later", "why")


@pytest.mark.parametrize(
    ("conf", "wanted"),
    [
        ({"delegate": []}, (6, "delegate has to be an object")),
        ({"dataDir": 5}, (6, "dataDir has to be a string")),
        ({"delegate": {"type": "nosuch"}}, (999, 'failed to find plugin "nosuch"')),
        ({"delegate": {"type": "../bridge"}}, (999, "invalid plugin name: ../bridge")),
    ],
)
def test_a_slip_in_the_conf_is_named(node: Path, conf: dict[str, Any], wanted: tuple[int, str]) -> None:
    text = json.dumps(CONF | {"subnetFile": str(node / "subnet.env"), "dataDir": str(node / "kept")} | conf)
    status, answer = call(node, "ADD", text)
    assert (status, answer["code"]) == (1, wanted[0])
    assert wanted[1] in answer["msg"]


@pytest.mark.parametrize("said", ["", "[]", "no JSON", "[" * 100_000])
def test_a_delegate_that_answers_nonsense_is_an_error_of_the_protocol(node: Path, said: str) -> None:
    (node / "said").write_text(said)
    write_program(node, "#!/bin/sh\ncat >/dev/null\ncat $NODE/said\nexit 1\n")
    status, answer = call(node, "ADD")
    assert (status, answer["code"]) == (1, 999)
    assert answer["msg"].startswith("bridge failed: ")


def test_without_subnet_env_flannels_own_words(node: Path) -> None:
    (node / "subnet.env").unlink()
    status, answer = call(node, "ADD")
    assert (status, answer["code"]) == (1, 999)
    assert answer["msg"].startswith(f"failed to load flannel 'subnet.env' file: open {node}/subnet.env: no such file")
    assert answer["msg"].endswith("Check the flannel pod log for this node.")
