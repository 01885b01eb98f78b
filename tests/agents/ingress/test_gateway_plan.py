"""What nginx is told for HTTPRoutes, and what their statuses say: tables after Gateway API's specification (v1.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from labkit.agents.ingress.choices import list_shares, render_conditions, render_key
from labkit.agents.ingress.gateway.granting import is_granted, matches_labels
from labkit.agents.ingress.gateway.listening import list_hosts
from labkit.agents.ingress.gateway.planning import plan_gateways
from labkit.agents.ingress.gateway.values import Plan
from labkit.agents.ingress.gateway.writing import plan_change
from labkit.agents.ingress.locations import render_match
from labkit.agents.ingress.model import Choice, Origin, Server
from labkit.agents.ingress.rendering import render_conf
from labkit.agents.ingress.whole import Whole, plan_whole
from tests.agents.ingress.gateways import HTTP, make_gateway, make_gateways, make_route, to
from tests.agents.ingress.objects import make_found, make_ingress, make_path, make_rule


def plan(*routes: dict[str, Any], **more: Any) -> Plan:
    return plan_gateways(make_gateways(*routes, **more))


def list_servers(
    *routes: dict[str, Any], ingresses: tuple[dict[str, Any], ...] = (), **more: Any
) -> dict[tuple[str, tuple[int, ...]], Server]:
    model, _ = plan_whole(Whole(make_found(*ingresses), make_gateways(*routes, **more)))
    return {(each.host, each.ports): each for each in model.servers}


def list_matches(server: Server) -> list[str]:
    return [render_match(each, regex=server.enforces_regex) for each in server.locations]


def find_conditions(made: Plan, kind: str) -> dict[str, tuple[str, str]]:
    """Type -> (status, reason) of the first parent, listener or object."""
    status = next(each for each in made.statuses if each.kind == kind).status
    conditions = status["parents"][0]["conditions"] if kind == "HTTPRoute" else status["conditions"]
    return {each["type"]: (each["status"], each["reason"]) for each in conditions}


def test_a_route_is_served_on_its_listeners_port_only() -> None:
    servers = list_servers(make_route(hostnames=["shop.example"]))
    assert set(servers) == {("_", (80, 443)), ("shop.example", (80,))}
    assert list_matches(servers["shop.example", (80,)]) == ["/"]
    split = list_servers(make_route())
    assert set(split) == {("_", (80,)), ("_", (443,))}
    assert split["_", (443,)].locations[0].upstream == "upstream-default-backend"


def test_paths_stand_in_their_order_and_the_rest_is_404() -> None:
    rules = (to("web", path="/a"), to("web", path="/a/b", kind="Exact"), to("web", path="/a/b/c"))
    server = list_servers(make_route(*rules, hostnames=["shop.example"]))["shop.example", (80,)]
    assert list_matches(server) == ["/a/b/c/", "= /a/b/c", "= /a/b", "/a/", "= /a", "/"]
    assert server.locations[-1].upstream == "upstream-default-backend"


HOSTS = {
    "both-open": ("", [], ["_"]),
    "route": ("", ["a.example"], ["a.example"]),
    "listener": ("a.example", [], ["a.example"]),
    "same": ("a.example", ["a.example"], ["a.example"]),
    "different": ("a.example", ["b.example"], []),
    "listeners-star": ("*.example", ["a.b.example", "other"], ["a.b.example"]),
    "routes-star": ("a.example", ["*.example"], ["a.example"]),
    "two-stars": ("*.example", ["*.a.example"], ["*.a.example"]),
}


@pytest.mark.parametrize("case", HOSTS)
def test_hosts_that_both_have(case: str) -> None:
    listener, route, expected = HOSTS[case]
    assert list(list_hosts(listener, route)) == expected


HEADER = [{"name": "X-Version", "value": "v2"}]
PRECEDENCE = {
    # rules, all for /  ->  Services in the order in which they are asked
    "plain-last": ((to("web"), to("api", headers=HEADER)), ["api", "web"]),
    "more-headers-first": (
        (to("web", headers=HEADER), to("api", headers=[*HEADER, {"name": "X-A", "value": "1"}])),
        ["api", "web"],
    ),
    "method-first": ((to("web", headers=HEADER), to("api", method="GET")), ["api", "web"]),
    "nobody-behind-a-plain-one": ((to("web"), to("api")), ["web"]),
    "as-they-stand": ((to("web", headers=HEADER), to("api", headers=HEADER)), ["web", "api"]),
}


@pytest.mark.parametrize("case", PRECEDENCE)
def test_which_rule_is_asked_first(case: str) -> None:
    rules, expected = PRECEDENCE[case]
    server = list_servers(make_route(*rules, hostnames=["a.example"]))["a.example", (80,)]
    assert [choice.origin.service for choice in server.locations[0].choices] == expected


def test_where_conditions_fail_the_shorter_path_is_asked() -> None:
    rules = (to("web"), to("api", path="/v", headers=HEADER), to("empty", path="/v/x", kind="Exact", headers=HEADER))
    server = list_servers(make_route(*rules, hostnames=["a.example"]))["a.example", (80,)]
    assert {render_match(each, regex=False): [choice.origin.service for choice in each.choices] for each in server.locations} == {
        "= /v/x": ["empty", "api", "web"], "/v/": ["api", "web"], "= /v": ["api", "web"], "/": ["web"],
    }  # fmt: skip


def test_conditions_are_one_expression_on_all_variables() -> None:
    here = Origin()
    choices = (
        Choice(here, (("$arg_a", "1"), ("$request_method", "GET"))),
        Choice(here, (("$http_x_version", r"v\.2"),)),
        Choice(here),
    )
    assert render_key(choices) == r"|$arg_a\n$http_x_version\n$request_method"
    assert [render_conditions(each, choices) for each in choices] == [
        r"^\|1\n[^\n]*\nGET$", r"^\|[^\n]*\nv\.2\n[^\n]*$", r"^\|[^\n]*\n[^\n]*\n[^\n]*$",
    ]  # fmt: skip


SHARES = {
    (("a", 1),): [("*", "a")],
    (("a", 9), ("b", 1)): [("90.00%", "a"), ("*", "b")],
    (("a", 1), ("b", 1), ("c", 1)): [("33.33%", "a"), ("33.33%", "b"), ("*", "c")],
    (("a", 1), ("gone", 1)): [("50.00%", "a"), ("*", "503")],
    (("500", 1), ("a", 3)): [("25.00%", "500"), ("*", "a")],
}


@pytest.mark.parametrize("shares", SHARES)
def test_weights_are_parts_of_the_requests(shares: tuple[tuple[str, int], ...]) -> None:
    assert list_shares(Choice(Origin(), shares=shares), {"gone"}) == SHARES[shares]


def test_a_weight_of_nothing_gets_nothing() -> None:
    server = list_servers(make_route(to("web=0", "api=1"), hostnames=["a.example"]))["a.example", (80,)]
    assert server.locations[0].choices[0].shares == (("500", 1),), "api has no port 80, and web no weight"


def test_a_service_of_two_rules_has_its_part_in_each() -> None:
    server = list_servers(make_route(to("web=3"), to("web=1", "empty=1", path="/a"), hostnames=["a.example"]))[
        "a.example", (80,)
    ]
    assert [each.choices[0].shares for each in server.locations] == [
        (("shop-web-80", 1), ("shop-empty-80", 1)), (("shop-web-80", 1), ("shop-empty-80", 1)), (("shop-web-80", 3),),
    ]  # fmt: skip


REDIRECT = "RequestRedirect"
REWRITE = "URLRewrite"
FILTERS = {
    "scheme": (REDIRECT, {"scheme": "https", "statusCode": 301}, "return 301 https://$host$request_uri;"),
    "host": (REDIRECT, {"hostname": "other.example"}, "return 302 $scheme://other.example$request_uri;"),
    "port": (REDIRECT, {"scheme": "https", "port": 8443}, "return 302 https://$host:8443$request_uri;"),
    "standard-port": (REDIRECT, {"scheme": "https", "port": 443}, "return 302 https://$host$request_uri;"),
    "redirect-path": (
        REDIRECT, {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/new"}}, 'rewrite "^" "/new";\n            return 302 $scheme://$host$uri$is_args$args;',
    ),
    "prefix": (REWRITE, {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}}, 'rewrite "^/old(/.*)?$" "/new$1" break;'),
    "prefix-away": (REWRITE, {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}, 'rewrite "^/old/?(.*)$" "/$1" break;'),
    "full": (REWRITE, {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/new"}}, 'rewrite "^" "/new" break;'),
    "hostname": (REWRITE, {"hostname": "inner.example"}, 'set $upstream_host "inner.example";'),
    "header": ("RequestHeaderModifier", {"set": [{"name": "X-Shop", "value": "1"}]}, 'proxy_set_header X-Shop "1";'),
    "remove": ("RequestHeaderModifier", {"remove": ["X-Real-IP"]}, 'proxy_set_header X-Real-IP "";'),
}  # fmt: skip
KEYS = {REDIRECT: "requestRedirect", REWRITE: "urlRewrite", "RequestHeaderModifier": "requestHeaderModifier"}


@pytest.mark.parametrize("case", FILTERS)
def test_filters(case: str) -> None:
    kind, said, line = FILTERS[case]
    rule = to("web", path="/old", filters=({"type": kind, KEYS[kind]: said},))
    model, _ = plan_whole(Whole(make_found(), make_gateways(make_route(rule, hostnames=["a.example"]))))
    assert line in render_conf(model)


GRANT = {
    "metadata": {"name": "grant", "namespace": "other"},
    "spec": {
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}],
        "to": [{"group": "", "kind": "Service", "name": "web"}],
    },
}


def test_a_grant_is_for_kind_namespace_and_name() -> None:
    assert is_granted([GRANT], ("HTTPRoute", "shop"), "Service", ("other", "web"))
    assert is_granted([], ("HTTPRoute", "shop"), "Service", ("shop", "web"))
    for source, kind, target in (
        (("HTTPRoute", "third"), "Service", ("other", "web")), (("Gateway", "shop"), "Service", ("other", "web")),
        (("HTTPRoute", "shop"), "Secret", ("other", "web")), (("HTTPRoute", "shop"), "Service", ("other", "api")),
        (("HTTPRoute", "shop"), "Service", ("third", "web")),
    ):  # fmt: skip
        assert not is_granted([GRANT], source, kind, target)


def limit(**namespaces: Any) -> dict[str, Any]:
    return make_gateway({**HTTP, "allowedRoutes": {"namespaces": namespaces}}, namespace="infra")


ABROAD = {"name": "gate", "namespace": "infra"}
FOREIGN = {"matches": [{}], "backendRefs": [{"name": "web", "namespace": "other", "port": 80}]}
STATUSES = {
    # route, gateway, grants -> (Accepted, ResolvedRefs)
    "well": (make_route(), None, (), "Accepted", "ResolvedRefs"),
    "other-namespace": (make_route(parent=ABROAD), limit(**{"from": "Same"}), (), "NotAllowedByListeners", "ResolvedRefs"),
    "all-namespaces": (make_route(parent=ABROAD), limit(**{"from": "All"}), (), "Accepted", "ResolvedRefs"),
    "labels": (make_route(parent=ABROAD), limit(**{"from": "Selector", "selector": {"matchLabels": {"team": "a"}}}), (), "Accepted", "ResolvedRefs"),
    "other-labels": (
        make_route(parent=ABROAD), limit(**{"from": "Selector", "selector": {"matchLabels": {"team": "b"}}}), (), "NotAllowedByListeners", "ResolvedRefs",
    ),
    "no-such-listener": (make_route(parent={"name": "gate", "sectionName": "https"}), None, (), "NoMatchingParent", "ResolvedRefs"),
    "no-common-host": (make_route(hostnames=["b.example"]), make_gateway({**HTTP, "hostname": "a.example"}), (), "NoMatchingListenerHostname", "ResolvedRefs"),
    "no-service": (make_route(to("nobody")), None, (), "Accepted", "BackendNotFound"),
    "no-port": (make_route(to("api")), None, (), "Accepted", "BackendNotFound"),
    "no-grant": (make_route(FOREIGN), None, (), "Accepted", "RefNotPermitted"),
    "grant": (make_route(FOREIGN), None, (GRANT,), "Accepted", "BackendNotFound"),
    "other-kind": (make_route({"backendRefs": [{"name": "x", "kind": "Bucket", "group": "x.example"}]}), None, (), "Accepted", "InvalidKind"),
    "mirror": (make_route(to("web", filters=({"type": "RequestMirror"},))), None, (), "UnsupportedValue", "ResolvedRefs"),
    "injection": (make_route(to("web", path='/a"; }')), None, (), "UnsupportedValue", "ResolvedRefs"),
    "header-injection": (make_route(to("web", headers=[{"name": "X", "value": '"; }'}])), None, (), "UnsupportedValue", "ResolvedRefs"),
    "no-regex": (make_route(to("web", path="/(", kind="RegularExpression")), None, (), "UnsupportedValue", "ResolvedRefs"),
}  # fmt: skip


@pytest.mark.parametrize("case", STATUSES)
def test_what_a_routes_status_says(case: str) -> None:
    route, gateway, grants, accepted, resolved = STATUSES[case]
    made = plan(route, gateway=gateway, grants=grants)
    said = find_conditions(made, "HTTPRoute")
    assert said["Accepted"] == ("True" if accepted == "Accepted" else "False", accepted)
    assert said["ResolvedRefs"] == ("True" if resolved == "ResolvedRefs" else "False", resolved)
    assert bool(made.sites) == (accepted == "Accepted")
    gate = next(each for each in made.statuses if each.kind == "Gateway").status
    assert gate["listeners"][0]["attachedRoutes"] == (1 if accepted == "Accepted" else 0)


LISTENERS = {
    "http": (HTTP, {}),
    "port": ({**HTTP, "port": 8080}, {"Accepted": "PortUnavailable", "Programmed": "Invalid"}),
    "protocol": ({**HTTP, "protocol": "TCP"}, {"Accepted": "UnsupportedProtocol", "Programmed": "Invalid"}),
    "kinds": ({**HTTP, "allowedRoutes": {"kinds": [{"kind": "TCPRoute"}]}}, {"ResolvedRefs": "InvalidRouteKinds", "Programmed": "Invalid"}),
    "no-secret": (
        {"name": "https", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "nobody"}]}},
        {"ResolvedRefs": "InvalidCertificateRef", "Programmed": "Invalid"},
    ),
    "abroad": (
        {"name": "https", "port": 443, "protocol": "HTTPS", "tls": {"certificateRefs": [{"name": "cert", "namespace": "other"}]}},
        {"ResolvedRefs": "RefNotPermitted", "Programmed": "Invalid"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LISTENERS)
def test_what_a_listeners_status_says(case: str) -> None:
    listener, wrong = LISTENERS[case]
    status = next(each for each in plan(gateway=make_gateway(listener)).statuses if each.kind == "Gateway").status
    said = {each["type"]: each["reason"] for each in status["listeners"][0]["conditions"]}
    assert (
        said
        == {
            "Accepted": "Accepted",
            "Conflicted": "NoConflicts",
            "ResolvedRefs": "ResolvedRefs",
            "Programmed": "Programmed",
        }
        | wrong
    )
    assert status["conditions"][0]["observedGeneration"] == 3
    assert {each["type"]: each["status"] for each in status["conditions"]} == dict.fromkeys(
        ("Accepted", "Programmed"), "False" if wrong else "True"
    )


ODD = {
    "nothing": {},
    "no-rules": {"parentRefs": [{"name": "gate"}], "rules": []},
    "empty-rule": {"parentRefs": [{"name": "gate"}], "rules": [{}]},
    "empty-match": {
        "parentRefs": [{"name": "gate"}],
        "rules": [{"matches": [{}], "filters": [{"type": "RequestRedirect"}]}],
    },
    "other-parent": {"parentRefs": [{"name": "web", "kind": "Service"}], "rules": [{}]},
}


@pytest.mark.parametrize("case", ODD)
def test_a_route_that_says_hardly_anything_hurts_nobody(case: str) -> None:
    odd = {"metadata": {"name": "odd", "namespace": "shop"}, "spec": ODD[case]}
    made = plan(odd, make_route(hostnames=["a.example"]))
    assert ("a.example", 80) in made.sites
    assert render_conf(plan_whole(Whole(make_found(), make_gateways(odd)))[0])


def test_two_listeners_of_one_host_conflict() -> None:
    status = next(
        each for each in plan(gateway=make_gateway(HTTP, {**HTTP, "name": "again"})).statuses if each.kind == "Gateway"
    ).status
    assert [
        next(one["reason"] for one in each["conditions"] if one["type"] == "Conflicted") for each in status["listeners"]
    ] == ["NoConflicts", "HostnameConflict"]


def test_a_class_of_somebody_elses_is_left_alone() -> None:
    other = {"metadata": {"name": "nginx"}, "spec": {"controllerName": "other.example/x"}}
    assert plan_gateways(replace(make_gateways(make_route()), classes=[other])).statuses == ()


def test_an_ingress_keeps_its_path_and_a_route_gets_the_rest() -> None:
    ingress = make_ingress("one", make_rule(make_path("/a"), host="a.example"))
    route = make_route(to("web", path="/a"), to("web", path="/b"), hostnames=["a.example"])
    servers = list_servers(route, ingresses=(ingress,))
    assert list_matches(servers["a.example", (443,)]) == ["/a/", "= /a", "/"]
    both = servers["a.example", (80,)]
    assert {render_match(each, regex=False): bool(each.choices) for each in both.locations} == {
        "/b/": True, "/a/": False, "= /b": True, "= /a": False, "/": False,
    }  # fmt: skip


SELECTORS = {
    "empty": ({}, True),
    "label": ({"matchLabels": {"team": "a"}}, True),
    "other": ({"matchLabels": {"team": "b"}}, False),
    "in": ({"matchExpressions": [{"key": "team", "operator": "In", "values": ["a"]}]}, True),
    "not-in": ({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a"]}]}, False),
    "exists": ({"matchExpressions": [{"key": "team", "operator": "Exists"}]}, True),
    "does-not": ({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}, False),
    "wrong": ({"matchExpressions": [{"key": "team", "operator": "Like"}]}, False),
}


@pytest.mark.parametrize("case", SELECTORS)
def test_selectors_of_namespaces(case: str) -> None:
    selector, expected = SELECTORS[case]
    assert matches_labels(selector, {"team": "a"}) is expected


def test_a_status_is_written_once_and_keeps_times_and_strangers() -> None:
    wanted = next(each.status for each in plan(make_route()).statuses if each.kind == "HTTPRoute")
    written = plan_change({}, wanted, "2026-01-01T00:00:00Z")
    assert written is not None
    assert plan_change(written, wanted, "2027-01-01T00:00:00Z") is None
    stranger = {"controllerName": "other.example/x", "parentRef": {"name": "gate"}, "conditions": []}
    beside = plan_change(
        {"parents": [stranger, *written["parents"]]},
        plan(make_route(to("nobody"))).statuses[1].status,
        "2027-01-01T00:00:00Z",
    )
    assert beside is not None
    assert beside["parents"][0] == stranger
    times = {each["type"]: each["lastTransitionTime"] for each in beside["parents"][1]["conditions"]}
    assert times == {"Accepted": "2026-01-01T00:00:00Z", "ResolvedRefs": "2027-01-01T00:00:00Z"}
