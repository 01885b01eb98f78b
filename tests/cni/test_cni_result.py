"""Results in the forms of the specification's versions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.cni import Attachment, parse_conf
from labkit.cni.cache import parse_cached, plan_path, render_cached
from labkit.cni.result import parse_result, plan_result

LINKS = [
    {"name": "cni0", "mac": "0a:00:00:00:00:01"},
    {"name": "eth0", "mac": "0a:00:00:00:00:02", "sandbox": "/run/netns/web"},
]
ROUTES = [{"dst": "0.0.0.0/0"}, {"dst": "fd00::/8", "gw": "fd00::1"}]
FOUR = {"address": "10.1.0.5/16", "gateway": "10.1.0.1", "interface": 1}
SIX = {"address": "fd00::5/64", "interface": 1}
ONE_0 = {"cniVersion": "1.0.0", "interfaces": LINKS, "ips": [FOUR, SIX], "routes": ROUTES, "dns": {}}
ZERO_4 = ONE_0 | {"cniVersion": "0.4.0", "ips": [{"version": "4"} | FOUR, {"version": "6"} | SIX]}
ZERO_2 = {
    "cniVersion": "0.2.0",
    "ip4": {"ip": "10.1.0.5/16", "gateway": "10.1.0.1", "routes": [{"dst": "0.0.0.0/0"}]},
    "ip6": {"ip": "fd00::5/64", "routes": [{"dst": "fd00::/8", "gw": "fd00::1"}]},
    "dns": {},
}
ONE_1 = {
    "cniVersion": "1.1.0",
    "interfaces": [LINKS[0] | {"mtu": 1500}, LINKS[1] | {"socketPath": "/x", "pciID": "0"}],
    "ips": [FOUR, SIX],
    "routes": [ROUTES[0] | {"mtu": 1400, "advmss": 1, "priority": 5, "table": 9, "scope": 0}, ROUTES[1]],
    "dns": {},
}


@pytest.mark.parametrize(
    ("given", "version", "form"),
    [
        (ONE_0, "1.0.0", ONE_0),
        (ONE_0, "0.4.0", ZERO_4),
        (ONE_0, "0.3.1", ZERO_4 | {"cniVersion": "0.3.1"}),
        (ZERO_4, "1.0.0", ONE_0),
        (ZERO_4, "0.3.0", ZERO_4 | {"cniVersion": "0.3.0"}),
        (ONE_1, "1.0.0", ONE_0),
        (ONE_1, "0.4.0", ZERO_4),
        (ONE_0, "1.1.0", ONE_0 | {"cniVersion": "1.1.0"}),
        (ZERO_4, "0.2.0", ZERO_2),
        (ONE_1, "0.1.0", ZERO_2 | {"cniVersion": "0.1.0"}),
        (ZERO_2, "0.1.0", ZERO_2 | {"cniVersion": "0.1.0"}),
    ],
)
def test_a_result_in_another_versions_form(given: dict[str, Any], version: str, form: dict[str, Any]) -> None:
    before = json.dumps(given)
    assert plan_result(given, version) == form
    assert json.dumps(given) == before, "what was given stays as it was"


def test_an_old_result_does_not_say_which_link_has_the_address() -> None:
    assert plan_result(ZERO_2, "1.0.0") == {
        "cniVersion": "1.0.0",
        "ips": [{"address": "10.1.0.5/16", "gateway": "10.1.0.1"}, {"address": "fd00::5/64"}],
        "routes": ROUTES,
        "dns": {},
    }


@pytest.mark.parametrize(
    "given", [ONE_0, ZERO_4, ZERO_2, ONE_1, {"cniVersion": "1.0.0"}, {"cniVersion": "1.0.0", "ips": None}]
)
def test_results_that_can_be_used(given: dict[str, Any]) -> None:
    assert parse_result(given, "0.4.0") == given


def test_a_result_without_a_version_has_the_confs() -> None:
    assert parse_result({}, "0.4.0") == {"cniVersion": "0.4.0"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "an object"),
        (None, "an object"),
        ({"ips": {}, "interfaces": 7}, "interfaces: a list"),
        ({"ips": ["10.0.0.1/24"]}, "ips: a list of objects with address"),
        ({"ips": [{}]}, "with address"),
        ({"ips": [{"address": "10.0.0.1"}]}, "10.0.0.1 has no prefix length"),
        ({"ips": [{"address": "10.0.0.300/24"}]}, "10.0.0.300/24"),
        ({"interfaces": [{"mac": "x"}]}, "interfaces: a list of objects with name"),
        ({"routes": [{"gw": "10.0.0.1"}]}, "routes: a list of objects with dst"),
        ({"ip4": "10.0.0.1/24"}, "ip4: an object"),
        ({"cniVersion": "7"}, "cniVersion is '7', the conf has 1.0.0"),
    ],
)
def test_results_that_cannot(given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_result(given, "1.0.0")


NETWORK = parse_conf('{"cniVersion": "1.0.0", "name": "my.net", "plugins": [{"type": "bridge"}]}')
WEB = Attachment("c1", "/run/netns/web", args={"A": "1"}, capabilities={"mac": "x"})


def test_a_cached_result_has_libcnis_name_and_form() -> None:
    assert plan_path("my.net", WEB) == "/var/lib/cni/results/my.net-c1-eth0"
    text = render_cached(NETWORK, WEB, ONE_0)
    assert "\n" not in text
    data = json.loads(text)
    assert {key: data[key] for key in data if key not in ("config", "result")} == {
        "kind": "cniCacheV1", "containerId": "c1", "ifName": "eth0", "networkName": "my.net",
        "netns": "/run/netns/web", "cniArgs": [["A", "1"]], "capabilityArgs": {"mac": "x"},
    }  # fmt: skip
    assert data["result"] == ONE_0


def test_a_cached_result_comes_back() -> None:
    cached = parse_cached(render_cached(NETWORK, WEB, ONE_0))
    assert cached
    assert (cached.network, cached.attachment, cached.result, cached.text) == ("my.net", WEB, ONE_0, NETWORK.text)


def test_an_add_that_was_begun_has_no_result_yet() -> None:
    text = render_cached(NETWORK, WEB, None)
    assert "result" not in json.loads(text)
    cached = parse_cached(text)
    assert cached
    assert (cached.attachment, cached.result) == (WEB, None)


@pytest.mark.parametrize("text", ["", "[" * 100_000, "{}", "[]", "null", '{"containerId": "c1"}', "\x00"])
def test_a_file_that_was_torn_or_spoilt_counts_as_none(text: str) -> None:
    assert parse_cached(text) is None


def test_what_libcni_leaves_out_may_be_missing() -> None:
    data = json.loads(render_cached(NETWORK, WEB, ONE_0))
    for key in ("cniArgs", "capabilityArgs", "netns"):
        del data[key]
    cached = parse_cached(json.dumps(data))
    assert cached
    assert cached.attachment == Attachment("c1", "")
