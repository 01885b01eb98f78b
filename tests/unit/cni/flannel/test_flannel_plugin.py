"""The CNI plugin flannel: the conf that it writes for another plugin, and its errors, by the protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labkit.cni.errors import CniError
from labkit.cni.flannel import parse_subnet_env
from labkit.cni.flannel.plugin import plan_delegate, run_plugin

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
ECHO = '#!/bin/sh\nprintf \'{"command": "%s", "stdin": %s}\' "$CNI_COMMAND" "$(cat)"\n'
FAILING = '#!/bin/sh\ncat >/dev/null\necho \'{"code": 11, "msg": "later"}\'\nexit 3\n'


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
    status, said = run_plugin(CALL | {"CNI_COMMAND": command, "CNI_PATH": str(node)} | environment, conf)
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
    status, said = call(node, "DEL")
    assert (status, said) == (0, {"command": "DEL", "stdin": added})
    assert call(node, "DEL") == (0, None)


def test_what_could_not_be_deleted_is_kept(node: Path) -> None:
    write_program(node, ECHO)
    call(node, "ADD")
    write_program(node, FAILING)
    assert call(node, "DEL")[0] == 3
    assert (node / "kept" / "abc").exists()


def test_check_looks_at_nothing(node: Path) -> None:
    assert call(node, "CHECK", CONF | {"prevResult": {"ips": []}}) == (0, None)


def test_the_other_plugins_error_is_passed_on(node: Path) -> None:
    write_program(node, FAILING)
    assert call(node, "ADD") == (3, {"code": 11, "msg": "later"})


def test_versions(node: Path) -> None:
    status, said = call(node, "VERSION", '{"cniVersion": "1.0.0"}')
    assert status == 0
    assert {"0.3.1", "0.4.0", "1.0.0"} <= set(said["supportedVersions"])


@pytest.mark.parametrize(
    ("command", "conf", "environment", "wanted"),
    [
        ("GC", CONF, {}, (4, "unknown CNI_COMMAND: GC")),
        ("ADD", CONF, {"CNI_NETNS": ""}, (4, "required env variables [CNI_NETNS] missing")),
        ("ADD", "{", {}, (6, "error unmarshalling")),
        ("ADD", "[]", {}, (6, "an object is expected")),
        ("ADD", CONF | {"delegate": []}, {}, (6, "an object is expected")),
        ("ADD", CONF | {"cniVersion": "9.9.9"}, {}, (1, "incompatible CNI versions")),
        ("ADD", CONF | {"delegate": {"type": "nosuch"}}, {}, (999, 'failed to find plugin "nosuch"')),
    ],
)
def test_errors_have_the_specifications_codes(
    node: Path, command: str, conf: Any, environment: dict[str, str], wanted: tuple[int, str]
) -> None:
    status, answer = call(node, command, conf, **environment)
    assert (status, answer["code"]) == (1, wanted[0])
    assert wanted[1] in answer["msg"]


def test_without_subnet_env_flannels_own_words(node: Path) -> None:
    (node / "subnet.env").unlink()
    status, answer = call(node, "ADD")
    assert (status, answer["code"]) == (1, 999)
    assert answer["msg"].startswith(f"failed to load flannel 'subnet.env' file: open {node}/subnet.env: no such file")
    assert answer["msg"].endswith("Check the flannel pod log for this node.")
