"""What a plugin gets: environment and stdin, as the specification's sections 2 and 3 derive them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.cni import Attachment, CniError, parse_conf
from labkit.cni.attachment import plan_container, plan_stdin
from labkit.cni.errors import INVALID_ENVIRONMENT
from tests.cni.test_cni_conf import DBNET

CONTAINER = Attachment("c1", "/run/netns/web", args={"FOO": "BAR", "ABC": "123"})


def test_the_environment_of_the_specifications_table() -> None:
    assert list(CONTAINER.plan_environment("ADD").items()) == [
        ("CNI_COMMAND", "ADD"),
        ("CNI_CONTAINERID", "c1"),
        ("CNI_NETNS", "/run/netns/web"),
        ("CNI_IFNAME", "eth0"),
        ("CNI_ARGS", "FOO=BAR;ABC=123"),
        ("CNI_PATH", "/opt/cni/bin"),
    ]


def test_without_arguments_there_is_no_cni_args() -> None:
    assert "CNI_ARGS" not in Attachment("c1", "/run/netns/web").plan_environment("CHECK")


def test_only_del_can_do_without_a_namespace() -> None:
    gone = Attachment("c1", "")
    assert "CNI_NETNS" not in gone.plan_environment("DEL")
    for command in ("ADD", "CHECK"):
        with pytest.raises(CniError, match="CNI_NETNS") as raised:
            gone.plan_environment(command)
        assert raised.value.code == INVALID_ENVIRONMENT


@pytest.mark.parametrize("container", ["a", "0", "a.b_c-d", "4be9" * 16])
def test_container_ids_that_are_right(container: str) -> None:
    assert Attachment(container, "/run/netns/web").container == container


@pytest.mark.parametrize(
    ("wrong", "variable"),
    [
        ({"container": ""}, "CNI_CONTAINERID"),
        ({"container": "-a"}, "CNI_CONTAINERID"),
        ({"container": "a/b"}, "CNI_CONTAINERID"),
        ({"container": "a b"}, "CNI_CONTAINERID"),
        ({"container": "a\n"}, "CNI_CONTAINERID"),
        ({"link": ""}, "CNI_IFNAME"),
        ({"link": "."}, "CNI_IFNAME"),
        ({"link": ".."}, "CNI_IFNAME"),
        ({"link": "eth0/1"}, "CNI_IFNAME"),
        ({"link": "eth0:1"}, "CNI_IFNAME"),
        ({"link": "eth 0"}, "CNI_IFNAME"),
        ({"link": "eth\t0"}, "CNI_IFNAME"),
        ({"link": "sixteen-letters-"}, "CNI_IFNAME"),
        ({"args": {"A": "1;B=2"}}, "CNI_ARGS"),
        ({"args": {"A=B": "1"}}, "CNI_ARGS"),
    ],
)
def test_what_is_wrong_is_error_4_before_any_plugin_runs(wrong: dict[str, Any], variable: str) -> None:
    with pytest.raises(CniError, match=variable) as raised:
        Attachment(**{"container": "c1", "netns": "/run/netns/web"} | wrong)
    assert raised.value.code == INVALID_ENVIRONMENT


def test_fifteen_letters_are_a_links_longest_name() -> None:
    assert Attachment("c1", "/run/netns/web", "fifteen-letters").link == "fifteen-letters"


def test_the_specifications_chain() -> None:
    """Section "Appendix: Examples": ADD of dbnet, with a MAC and a port asked for."""
    network = parse_conf(json.dumps(DBNET))
    capabilities = {
        "mac": "00:11:22:33:44:66",
        "portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}],
        "bandwidth": {"ingressRate": 1},
    }
    previous = {"cniVersion": "1.1.0", "ips": [{"address": "10.1.0.5/16"}]}
    first, second, third = network.plugins
    common = {"cniVersion": "1.1.0", "name": "dbnet"}
    assert plan_stdin(network, first, capabilities) == common | dict(first)
    assert plan_stdin(network, second, capabilities, previous) == common | {
        "type": "tuning",
        "sysctl": {"net.core.somaxconn": "500"},
        "runtimeConfig": {"mac": "00:11:22:33:44:66"},
        "prevResult": previous,
    }
    assert plan_stdin(network, third, capabilities, previous) == common | {
        "type": "portmap",
        "runtimeConfig": {"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]},
        "prevResult": previous,
    }


@pytest.mark.parametrize(
    ("declared", "supplied", "given"),
    [
        ({"mac": True}, {}, None),
        ({}, {"mac": "x"}, None),
        ({"mac": False}, {"mac": "x"}, None),
        ({"mac": True, "ips": True}, {"mac": "x", "bandwidth": {}}, {"mac": "x"}),
        ({"mac": True, "ips": True}, {"mac": "x", "ips": ["10.0.0.9/24"]}, {"mac": "x", "ips": ["10.0.0.9/24"]}),
    ],
)
def test_runtime_config_is_what_is_declared_and_supplied(
    declared: dict[str, bool], supplied: dict[str, Any], given: dict[str, Any] | None
) -> None:
    plugin = {"type": "tuning", "capabilities": declared}
    network = parse_conf(json.dumps({"cniVersion": "1.0.0", "name": "n", "plugins": [plugin]}))
    stdin = plan_stdin(network, plugin, supplied)
    assert stdin.get("runtimeConfig") == given
    assert "capabilities" not in stdin


def test_name_and_version_are_the_lists_and_reserved_keys_the_runtimes() -> None:
    plugin = {
        "type": "x",
        "name": "own",
        "cniVersion": "0.2.0",
        "prevResult": {},
        "runtimeConfig": {"mac": "x"},
        "args": {"cni": 1},
    }
    network = parse_conf(json.dumps({"cniVersion": "1.0.0", "name": "n", "plugins": [plugin]}))
    assert plan_stdin(network, plugin, {}) == {"cniVersion": "1.0.0", "name": "n", "type": "x", "args": {"cni": 1}}


def test_a_pods_container_id_is_its_own_and_stays() -> None:
    one = plan_container("web", "worker1")
    assert one == plan_container("web", "worker1")
    assert len({one, plan_container("web", "worker2"), plan_container("api", "worker1")}) == 3
    assert len(one) == 64
    assert int(one, 16) > 0
