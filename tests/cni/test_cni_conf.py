"""Network configurations: the specification's rules (1.1.0, section 1) and which file counts (containerd's go-cni)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from labkit.cni import CniError, choose_conf, parse_conf
from labkit.cni.errors import INCOMPATIBLE_VERSION, INVALID_CONFIG

# the specification's own example, section 1 "Example configuration"
DBNET = {
    "cniVersion": "1.1.0",
    "cniVersions": ["0.3.1", "0.4.0", "1.0.0", "1.1.0"],
    "name": "dbnet",
    "plugins": [
        {
            "type": "bridge",
            "bridge": "cni0",
            "keyA": ["some more", "plugin specific", "configuration"],
            "ipam": {
                "type": "host-local", "subnet": "10.1.0.0/16", "gateway": "10.1.0.1", "routes": [{"dst": "0.0.0.0/0"}],
            },
            "dns": {"nameservers": ["10.1.0.1"]},
        },
        {"type": "tuning", "capabilities": {"mac": True}, "sysctl": {"net.core.somaxconn": "500"}},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}  # fmt: skip
PLUGIN = {"type": "bridge"}
SINGLE = {"cniVersion": "0.4.0", "name": "mynet", "type": "bridge"}
LIST = {"cniVersion": "1.0.0", "name": "mynet", "plugins": [PLUGIN]}


def parse(data: Mapping[str, Any], file: str = "10-x.conflist") -> Any:
    return parse_conf(json.dumps(data), file=file)


def test_the_specifications_example() -> None:
    network = parse(DBNET)
    assert (network.name, network.version) == ("dbnet", "1.1.0")
    assert network.types == ("bridge", "tuning", "portmap")
    assert network.plugins[0]["keyA"] == ["some more", "plugin specific", "configuration"]
    assert (network.disable_check, network.disable_gc) == (False, False)
    assert network.file == "10-x.conflist"
    assert json.loads(network.text) == DBNET


@pytest.mark.parametrize("file", ["10-x.conf", "10-x.json", ""])
def test_a_single_plugins_conf_is_a_list_of_one(file: str) -> None:
    network = parse(SINGLE, file)
    assert (network.name, network.version, network.types) == ("mynet", "0.4.0", ("bridge",))


@pytest.mark.parametrize("name", ["a", "0", "cni-0.my_net", "A-", "k8s.pod-network"])
def test_names_that_are_right(name: str) -> None:
    assert parse(LIST | {"name": name}).name == name


@pytest.mark.parametrize(
    ("change", "file", "words"),
    [
        ({"name": ""}, "x.conflist", "name is ''"),
        ({"name": None}, "x.conflist", "name is None"),
        ({"name": 5}, "x.conflist", "name is 5"),
        ({"name": "-net"}, "x.conflist", "name is '-net'"),
        ({"name": ".net"}, "x.conflist", "name is '.net'"),
        ({"name": "my net"}, "x.conflist", "name is 'my net'"),
        ({"name": "my/net"}, "x.conflist", "name is 'my/net'"),
        ({"name": "net\n"}, "x.conflist", "name is 'net"),
        ({"plugins": []}, "x.conflist", "at least one plugin"),
        ({"plugins": None}, "x.conflist", "at least one plugin"),
        ({"plugins": {"type": "bridge"}}, "x.conflist", "at least one plugin"),
        ({"plugins": ["bridge"]}, "x.conflist", "needs a type"),
        ({"plugins": [{}]}, "x.conflist", "needs a type"),
        ({"plugins": [{"type": ""}]}, "x.conflist", "needs a type"),
        ({"plugins": [{"type": 3}]}, "x.conflist", "needs a type"),
        ({"plugins": [PLUGIN, {"type": "../bridge"}]}, "x.conflist", "not a path"),
        ({"plugins": [{"type": ".."}]}, "x.conflist", "not a path"),
        ({"plugins": [PLUGIN | {"capabilities": ["mac"]}]}, "x.conflist", "capabilities of bridge"),
        ({"plugins": [PLUGIN | {"capabilities": {"mac": "yes"}}]}, "x.conflist", "capabilities of bridge"),
        ({"cniVersion": 1.0}, "x.conflist", "cniVersion is 1.0"),
        ({"cniVersions": "1.0.0"}, "x.conflist", "cniVersions is '1.0.0'"),
        ({"cniVersions": ["1.0.0", 1]}, "x.conflist", "a list of strings"),
        ({"disableCheck": "maybe"}, "x.conflist", "disableCheck is 'maybe'"),
        ({"disableCheck": 1}, "x.conflist", "disableCheck is 1"),
        ({"disableGC": None}, "x.conflist", "disableGC is None"),
        ({}, "x.conf", "belongs into a file that ends with .conflist"),
        ({}, "x.json", "belongs into a file that ends with .conflist"),
    ],
)  # fmt: skip
def test_what_is_refused_as_invalid(change: dict[str, Any], file: str, words: str) -> None:
    with pytest.raises(CniError, match=words) as raised:
        parse(LIST | change, file)
    assert raised.value.code == INVALID_CONFIG
    assert file in raised.value.message, "the error names the file"


def test_a_conflist_without_plugins_is_refused() -> None:
    with pytest.raises(CniError, match="at least one plugin"):
        parse(SINGLE)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '"text"', "{} {}", "{'name': 'x'}", "[" * 100_000])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(CniError) as raised:
        parse_conf(text, file="05-broken.conflist")
    assert raised.value.code == INVALID_CONFIG
    assert "05-broken.conflist" in raised.value.message


@pytest.mark.parametrize(
    ("versions", "chosen"),
    [
        ({}, "0.1.0"),
        ({"cniVersion": ""}, "0.1.0"),
        *(({"cniVersion": each}, each) for each in ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")),
        ({"cniVersion": "0.4.0", "cniVersions": ["0.3.1", "0.4.0"]}, "0.4.0"),
        ({"cniVersion": "0.3.1", "cniVersions": ["1.0.0", "0.4.0"]}, "1.0.0"),
        ({"cniVersions": ["0.4.0", "1.1.0", "1.0.0"]}, "1.1.0"),
        ({"cniVersion": "1.0.0", "cniVersions": ["1.0.0", "2.0.0", "9.9.9"]}, "1.0.0"),
        ({"cniVersion": "9.9.9", "cniVersions": ["0.4.0"]}, "0.4.0"),
    ],
)
def test_the_newest_version_that_is_known_counts(versions: dict[str, Any], chosen: str) -> None:
    plain = {key: value for key, value in LIST.items() if key != "cniVersion"}
    assert parse(plain | versions).version == chosen


@pytest.mark.parametrize("versions", [{"cniVersion": "1.0"}, {"cniVersion": "9.9.9"}, {"cniVersions": ["2.0.0"]}])
def test_no_version_that_is_known_is_error_1(versions: dict[str, Any]) -> None:
    plain = {key: value for key, value in LIST.items() if key != "cniVersion"}
    with pytest.raises(CniError, match=r"is not known here; known are 0\.1\.0,") as raised:
        parse(plain | versions)
    assert raised.value.code == INCOMPATIBLE_VERSION


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_since_1_0_0_a_conf_is_a_list(version: str) -> None:
    with pytest.raises(CniError, match=r"since version 1\.0\.0 a conf is a list") as raised:
        parse(SINGLE | {"cniVersion": version}, "10-x.conf")
    assert raised.value.code == INVALID_CONFIG


@pytest.mark.parametrize(
    ("value", "meant"), [(True, True), (False, False), ("true", True), ("false", False), ("True", True)]
)
@pytest.mark.parametrize(("key", "name"), [("disableCheck", "disable_check"), ("disableGC", "disable_gc")])
def test_switches_come_as_words_too(key: str, name: str, value: object, *, meant: bool) -> None:
    network = parse(LIST | {key: value})
    assert getattr(network, name) is meant
    assert sum((network.disable_check, network.disable_gc)) == meant, "and the other switch is off"


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["10-calico.conflist", "87-podman.conflist", "10-weave.conf"], "10-calico.conflist"),
        (["99-x.conf", "98-x.json", "97-x.conflist"], "97-x.conflist"),
        (["10-b.conf", "10-B.conf", "9-a.conf"], "10-B.conf"),  # bytes are compared, not numbers
        (["10-mynet.conf", "10-mynet.conflist"], "10-mynet.conf"),
        (["00-calico.conflist.template", "calico-kubeconfig", "05.conf.bak", "20-x.conflist"], "20-x.conflist"),
    ],
)
def test_the_first_file_by_name_counts(names: list[str], chosen: str) -> None:
    assert choose_conf(names) == chosen
    assert choose_conf(names[::-1]) == chosen


@pytest.mark.parametrize("names", [[], ["calico.conflist.template", "net.yaml", "conf", ""]])
def test_a_node_without_a_conf_is_not_ready(names: list[str]) -> None:
    with pytest.raises(CniError, match="cni plugin not initialized") as raised:
        choose_conf(names)
    assert "/etc/cni/net.d" in raised.value.hint
