"""The skeleton of every CNI plugin: called with whatever there is, it answers by the protocol."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from labkit.agents.flannel.plugin import PLUGIN as FLANNEL
from labkit.agents.kit.door import NoAgentError
from labkit.agents.kit.plugin import Arguments, Plugin
from labkit.agents.weave.plugin import PLUGIN as WEAVE
from labkit.cni.errors import UNKNOWN_CONTAINER, CniError
from labkit.errors import LabkitError

CALL = {"CNI_CONTAINERID": "abc", "CNI_NETNS": "/run/netns/web", "CNI_IFNAME": "eth0", "CNI_PATH": "/nowhere:/opt"}
CONF = {"name": "net", "cniVersion": "0.4.0", "type": "toy"}
DEEP = b'{"name": "net", "x": ' + b"[" * 100_000


def add(arguments: Arguments) -> dict[str, Any]:
    return {"cniVersion": arguments.version, "netns": arguments.netns, "folders": list(arguments.folders)}


def delete(arguments: Arguments) -> None:
    raise {
        "unknown": CniError("no such container", code=UNKNOWN_CONTAINER, details="of this node"),
        "agentless": NoAgentError("toy is not running", hint="start it"),
        "refused": LabkitError("refused", hint="why"),
        "broken": ZeroDivisionError("a slip"),
    }[arguments.container]


def check(_: Arguments) -> None:
    pass


TOY = Plugin("toy", ("0.3.1", "0.4.0", "1.0.0"), add, delete, check)


def call(command: str, conf: Any = CONF, **environment: str) -> tuple[int, Any]:
    stdin = conf if isinstance(conf, bytes) else json.dumps(conf).encode()
    status, said = TOY.answer(CALL | {"CNI_COMMAND": command} | environment, stdin)
    return status, json.loads(said) if said else None


def test_a_command_gets_what_the_plugin_was_called_with() -> None:
    assert call("ADD") == (0, {"cniVersion": "0.4.0", "netns": "/run/netns/web", "folders": ["/nowhere", "/opt"]})


def test_what_succeeds_without_a_result_says_nothing() -> None:
    assert call("CHECK") == (0, None)


def test_versions_are_told_without_a_conf() -> None:
    status, said = TOY.answer({"CNI_COMMAND": "VERSION"}, b"")
    assert (status, json.loads(said)) == (0, {"cniVersion": "1.0.0", "supportedVersions": ["0.3.1", "0.4.0", "1.0.0"]})


@pytest.mark.parametrize(
    ("command", "conf", "environment", "wanted"),
    [
        ("GC", CONF, {}, (4, "unknown CNI_COMMAND: GC")),
        ("", CONF, {}, (4, "unknown CNI_COMMAND: ")),
        ("ADD", CONF, {"CNI_NETNS": "", "CNI_PATH": ""}, (4, "required env variables [CNI_NETNS,CNI_PATH] missing")),
        ("ADD", CONF, {"CNI_CONTAINERID": "../x"}, (4, "CNI_CONTAINERID is")),
        ("ADD", CONF, {"CNI_IFNAME": "sixteen-letters!"}, (4, "CNI_IFNAME is")),
        ("ADD", b"{", {}, (6, "error unmarshalling network config")),
        ("ADD", b"\xff\xfe{", {}, (6, "error unmarshalling network config")),
        ("ADD", DEEP, {}, (6, "error unmarshalling network config")),
        ("ADD", b'{"name": "net", "x": NaN}', {}, (6, "NaN is no JSON")),
        ("ADD", [], {}, (6, "an object is expected")),
        ("ADD", CONF | {"name": 5}, {}, (6, "name has to be a string")),
        ("ADD", CONF | {"name": ""}, {}, (7, "missing network name")),
        ("ADD", CONF | {"name": "a/b"}, {}, (7, "invalid characters found in network name")),
        ("ADD", CONF | {"cniVersion": 1}, {}, (6, "cniVersion has to be a string")),
        ("ADD", CONF | {"cniVersion": "9.9.9"}, {}, (1, "incompatible CNI versions")),
        ("ADD", {"name": "net"}, {}, (1, "incompatible CNI versions")),
        ("CHECK", CONF | {"cniVersion": "0.3.1"}, {}, (1, "config version does not allow CHECK")),
    ],
)
def test_errors_have_the_specifications_codes(
    command: str, conf: Any, environment: dict[str, str], wanted: tuple[int, str]
) -> None:
    status, answer = call(command, conf, **environment)
    assert (status, answer["code"]) == (1, wanted[0])
    assert wanted[1] in answer["msg"]


@pytest.mark.parametrize(
    ("container", "code", "details"),
    [("unknown", 3, "of this node"), ("agentless", 11, "start it"), ("refused", 999, "why"), ("broken", 999, None)],
)
def test_what_a_command_raises_has_a_code(container: str, code: int, details: str | None) -> None:
    status, answer = call("DEL", CNI_CONTAINERID=container)
    assert (status, answer["code"], answer.get("details")) == (1, code, details)


def test_del_needs_no_network_namespace() -> None:
    assert call("DEL", CNI_NETNS="", CNI_CONTAINERID="unknown")[1]["code"] == 3


def vary(value: Any, chance: random.Random) -> Any:
    """One of the things that a hand, a template or an enemy makes of a value."""
    return chance.choice(
        [
            None,
            True,
            -1,
            1e308,
            "",
            "\ud800",
            "x" * 5000,
            [],
            {},
            [value],
            {"name": value},
            [[[[value]]]],
            value,
            "../..",
            "0.4.0",
        ]
    )


def mutate(conf: Mapping[str, Any], chance: random.Random) -> bytes:
    """The conf with a few slips: values of other types, keys gone, bytes cut off, turned or nested without end."""
    data = dict(conf)
    for key in chance.sample(sorted(data), k=chance.randrange(len(data))):
        data[key] = vary(data[key], chance)
    text = json.dumps(data).encode()
    at = chance.randrange(len(text))
    return chance.choice(
        [text, text, text[:at], text[:at] + chance.randbytes(3) + text[at:], text[:at] + b"[" * 50_000, text * 2]
    )


@pytest.mark.parametrize("plugin", [FLANNEL, WEAVE], ids=lambda plugin: plugin.name)
def test_whatever_a_plugin_is_called_with_it_answers_by_the_protocol(
    plugin: Plugin, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many calls as two seconds have; none with a program that could be found, or an agent that answers."""
    monkeypatch.chdir(tmp_path)
    chance = random.Random(11)
    conf = CONF | {
        "delegate": {"type": "bridge", "isDefaultGateway": True}, "subnetFile": "/nowhere", "dataDir": "/nowhere",
        "hairpinMode": True, "prevResult": {"ips": [{"address": "10.0.0.2/24", "gateway": "10.0.0.1"}]},
    }  # fmt: skip
    until, calls = time.monotonic() + 2, 0
    while time.monotonic() < until:
        environment = {
            key: chance.choice([*[value] * 20, "", "\ud800", "a" * 300, "../x"])
            for key, value in {"CNI_COMMAND": chance.choice(["ADD", "DEL", "CHECK", "GC"]), **CALL}.items()
        }
        status, said = plugin.answer(environment, mutate(conf, chance))
        assert status in (0, 1)
        if status:
            answer = json.loads(said)
            assert isinstance(answer["code"], int)
            assert answer["msg"]
        calls += 1
    assert calls > 100
    assert "Traceback" not in capsys.readouterr().err
