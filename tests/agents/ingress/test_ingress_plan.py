"""What nginx is told for an Ingress: tables after ingress-nginx 1.5.1's documentation and source."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from labkit.agents.ingress.certificates import make_fake, parse_secret
from labkit.agents.ingress.classes import find_foreign
from labkit.agents.ingress.locations import render_match, render_rewrite
from labkit.agents.ingress.model import Model, Server
from labkit.agents.ingress.planning import plan_model
from labkit.agents.ingress.rendering import render_conf, render_name
from labkit.kube.pki import Authority, Pair
from tests.agents.ingress.objects import make_found, make_ingress, make_path, make_rule


def find_server(model: Model, host: str = "_") -> Server:
    return next(each for each in model.servers if each.host == host)


def list_matches(server: Server) -> list[tuple[str, str]]:
    """(what stands behind `location`, upstream), in their order."""
    regex = server.enforces_regex
    return [(render_match(each, regex=regex), each.upstream) for each in server.locations]


def find_block(text: str, match: str) -> str:
    """The lines of one location."""
    found = re.search(rf"^        location {re.escape(match)} {{\n(.*?)\n        }}$", text, re.MULTILINE | re.DOTALL)
    assert found, f"no location {match}"
    return found[1]


LOCATIONS = {
    "prefix": (
        [make_path("/foo")],
        [("/foo/", "shop-web-80"), ("= /foo", "shop-web-80"), ("/", "upstream-default-backend")],
    ),
    "prefix-with-slash": ([make_path("/foo/")], [("/foo/", "shop-web-80"), ("= /foo/", "shop-web-80"), ("/", "upstream-default-backend")]),
    "root": ([make_path("/")], [("/", "shop-web-80")]),
    "no-path": ([make_path("")], [("/", "shop-web-80")]),
    "exact": ([make_path("/foo", "Exact")], [("= /foo", "shop-web-80"), ("/", "upstream-default-backend")]),
    "specific": (
        [make_path("/foo", "ImplementationSpecific")],
        [("/foo/", "shop-web-80"), ("= /foo", "shop-web-80"), ("/", "upstream-default-backend")],
    ),
    "exact-beside-prefix": (
        [make_path("/foo"), make_path("/foo", "Exact", "api", 8000)],
        [("/foo/", "shop-web-80"), ("= /foo", "shop-api-8000"), ("/", "upstream-default-backend")],
    ),
    "longest-first": (
        [make_path("/a"), make_path("/a/b/c"), make_path("/a/b")],
        [
            ("/a/b/c/", "shop-web-80"), ("= /a/b/c", "shop-web-80"), ("/a/b/", "shop-web-80"), ("= /a/b", "shop-web-80"),
            ("/a/", "shop-web-80"), ("= /a", "shop-web-80"), ("/", "upstream-default-backend"),
        ],
    ),
    "equally-long-from-the-end": (
        [make_path("/a", "Exact"), make_path("/c", "Exact"), make_path("/b", "Exact")],
        [("= /c", "shop-web-80"), ("= /b", "shop-web-80"), ("= /a", "shop-web-80"), ("/", "upstream-default-backend")],
    ),
    "twice-the-same": (
        [make_path("/a", "Exact"), make_path("/a", "Exact", "api", 8000)],
        [("= /a", "shop-web-80"), ("/", "upstream-default-backend")],
    ),
    "port-by-name": ([make_path("/", service="api", port="http")], [("/", "shop-api-http")]),
}  # fmt: skip


@pytest.mark.parametrize("case", LOCATIONS)
def test_locations_of_a_path_type(case: str) -> None:
    paths, expected = LOCATIONS[case]
    model = plan_model(make_found(make_ingress("one", make_rule(*paths))))
    assert list_matches(find_server(model)) == expected
    assert not model.troubles


REWRITES = {
    # path, target -> location, directive
    ("/something(/|$)(.*)", "/$2"): ('~* "^/something(/|$)(.*)"', 'rewrite "(?i)/something(/|$)(.*)" /$2 break;'),
    ("/foo", "/bar"): ('~* "^/foo"', 'rewrite "(?i)/foo" /bar break;'),
    ("/", "/"): ("/", ""),
    ("/same", "/same"): ("/same/", ""),
}


@pytest.mark.parametrize("path", REWRITES)
def test_rewrite_targets(path: tuple[str, str]) -> None:
    match, directive = REWRITES[path]
    ingress = make_ingress("one", make_rule(make_path(path[0])), annotations={"rewrite-target": path[1]})
    server = find_server(plan_model(make_found(ingress)))
    if path == ("/same", "/same"):  # the default location / is rewritten, so all of the server are regular expressions
        assert server.enforces_regex
        return
    first = server.locations[0]
    assert (render_match(first, regex=server.enforces_regex), render_rewrite(first)) == (match, directive)


def test_one_regular_expression_makes_all_of_a_host_regular_expressions() -> None:
    plain = make_ingress(
        "a-plain", make_rule(make_path("/plain")), make_rule(make_path("/other"), host="other.example")
    )
    regex = make_ingress("b-regex", make_rule(make_path(r"/v\d+/[a-z]{2}")), annotations={"use-regex": "true"})
    model = plan_model(make_found(plain, regex))
    expected = [r'~* "^/v\d+/[a-z]{2}"', '~* "^/plain/"', '~* "^/plain"', '~* "^/"']
    assert [match for match, _ in list_matches(find_server(model))] == expected
    assert list_matches(find_server(model, "other.example"))[0][0] == "/other/"


def test_servers_stand_in_the_order_of_their_names() -> None:
    hosts = ["web.example", "*.example", "api.example"]
    model = plan_model(make_found(make_ingress("one", *(make_rule(make_path(), host=host) for host in hosts))))
    assert [each.host for each in model.servers] == ["*.example", "_", "api.example", "web.example"]
    assert render_name("*.shop.example") == r"~^(?<subdomain>[\w-]+)\.shop\.example$"


def test_the_older_ingress_keeps_its_path() -> None:
    old, new = (
        make_ingress("new", make_rule(make_path())),
        make_ingress("old", make_rule(make_path(service="api", port=8000))),
    )
    new["metadata"]["creationTimestamp"] = "2020-01-01T00:00:00Z"
    assert list_matches(find_server(plan_model(make_found(old, new)))) == [("/", "shop-api-8000")]


def test_a_default_backend_without_rules_takes_all_that_nobody_names() -> None:
    backend = {"service": {"name": "api", "port": {"number": 8000}}}
    alone = plan_model(make_found(make_ingress("all", defaultBackend=backend)))
    assert list_matches(find_server(alone)) == [("/", "shop-api-8000")]
    ruled = plan_model(
        make_found(make_ingress("one", make_rule(make_path("/a"), host="a.example"), defaultBackend=backend))
    )
    assert list_matches(find_server(ruled, "a.example"))[-1] == ("/", "shop-api-8000")
    assert list_matches(find_server(ruled)) == [("/", "upstream-default-backend")]


def test_upstreams_are_the_pods_and_who_has_none_is_told_503() -> None:
    paths = [make_path("/"), make_path("/e", "Exact", "empty")]
    model = plan_model(make_found(make_ingress("one", make_rule(*paths))))
    assert {each.name: each.endpoints for each in model.upstreams} == {
        "shop-web-80": ("10.0.0.1:8080", "10.0.0.2:8080"),
        "shop-empty-80": (),
    }
    text = render_conf(model)
    assert "return 503;" in find_block(text, "= /e")
    assert find_block(text, "/").splitlines()[-1].strip() == "proxy_pass http://shop-web-80;"
    assert "upstream shop-empty-80" not in text


def test_a_location_says_whose_it_is() -> None:
    text = render_conf(
        plan_model(make_found(make_ingress("one", make_rule(make_path("/foo", service="api", port="http")))))
    )
    said = dict(re.findall(r'set \$(\w+) +"(.*?)";', find_block(text, "/foo/")))
    assert said == {
        "namespace": "shop", "ingress_name": "one", "service_name": "api", "service_port": "http", "location_path": "/foo",
        "proxy_upstream_name": "shop-api-http",
    }  # fmt: skip


WRONG_BACKENDS = {
    "no-service": (make_path(service="nobody"), 'no object matching key "shop/nobody" in local store'),
    "no-port": (make_path(port=81), 'Service "shop/web" has no port 81 (it has 80)'),
    "no-port-name": (make_path(port="https"), 'Service "shop/web" has no port https'),
}


@pytest.mark.parametrize("case", WRONG_BACKENDS)
def test_a_backend_that_is_none_is_told_and_answers_503(case: str) -> None:
    path, said = WRONG_BACKENDS[case]
    model = plan_model(make_found(make_ingress("one", make_rule(path))))
    (trouble,) = model.troubles
    assert said in trouble.message
    assert (trouble.reason, trouble.about[:3]) == ("InvalidBackend", ("Ingress", "shop", "one"))
    assert "return 503;" in find_block(render_conf(model), "/")


def test_a_pod_that_is_not_ready_gets_nothing() -> None:
    found = make_found(make_ingress("one", make_rule(make_path())))
    found.slices[0]["endpoints"][0]["conditions"]["ready"] = False
    assert plan_model(found).upstreams[0].endpoints == ("10.0.0.1:8080",)


CLASSES = {
    "ours": ({"ingressClassName": "nginx"}, {}, ""),
    "nobody's": ({"ingressClassName": "nginx-ingress"}, {}, 'no object matching key "nginx-ingress" in local store'),
    "none": ({}, {}, "ingress does not contain a valid IngressClass"),
    "annotation": ({}, {"kubernetes.io/ingress.class": "nginx"}, ""),
    "other-annotation": (
        {}, {"kubernetes.io/ingress.class": "other"}, "ingress class annotation is not equal to the expected by Ingress Controller",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CLASSES)
def test_whose_an_ingress_is(case: str) -> None:
    spec, annotations, expected = CLASSES[case]
    assert find_foreign({"metadata": {"annotations": annotations}, "spec": spec}, {"nginx"}) == expected


def make_secret(name: str, pair: Pair, **data: str) -> dict[str, Any]:
    texts = {"tls.crt": pair.certificate, "tls.key": pair.key} | data
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items() if text}
    return {"metadata": {"name": name, "namespace": "shop"}, "type": "kubernetes.io/tls", "data": encoded}


AUTHORITY = Authority("tests")
PAIR = AUTHORITY.sign_server("shop", ["shop.example", "*.shop.example"])
TLS = {
    "named": ([{"hosts": ["shop.example"], "secretName": "cert"}], "shop.example", True, ""),
    "wildcard": ([{"hosts": ["a.shop.example"], "secretName": "cert"}], "a.shop.example", True, ""),
    "by-its-names": ([{"secretName": "cert"}], "shop.example", True, ""),
    "other-host": ([{"hosts": ["x.example"], "secretName": "cert"}], "x.example", False, 'for server "x.example"'),
    "missing": (
        [{"hosts": ["shop.example"], "secretName": "nobody"}],
        "shop.example",
        False,
        "shop/nobody was not found",
    ),
    "without-key": ([{"hosts": ["shop.example"], "secretName": "half"}], "shop.example", False, "contains no keypair"),
    "no-pem": ([{"hosts": ["shop.example"], "secretName": "noise"}], "shop.example", False, "error creating SSL Cert"),
    "other-key": (
        [{"hosts": ["shop.example"], "secretName": "mixed"}],
        "shop.example",
        False,
        "does not match public key",
    ),
    "no-secret": ([{"hosts": ["shop.example"]}], "shop.example", False, ""),
}
SECRETS = (
    make_secret("cert", PAIR), make_secret("half", Pair(PAIR.certificate, "")), make_secret("noise", Pair("x", "y")),
    make_secret("mixed", Pair(PAIR.certificate, make_fake().key)),
)  # fmt: skip


@pytest.mark.parametrize("case", TLS)
def test_certificates(case: str) -> None:
    tls, host, has_own, said = TLS[case]
    model = plan_model(make_found(make_ingress("one", make_rule(make_path(), host=host), tls=tls), secrets=SECRETS))
    server = find_server(model, host)
    assert (bool(server.certificate), server.tls) == (has_own, True)
    assert all(said in each.message and each.reason == "InvalidTLS" for each in model.troubles)
    assert bool(model.troubles) == bool(said)
    assert "return 308 https://$host$redirect_uri;" in render_conf(model)


def test_a_secrets_certificate_is_written_anew() -> None:
    noisy = make_secret("cert", Pair(f"ssl_certificate evil;\n{PAIR.certificate}", PAIR.key))
    assert "evil" not in parse_secret(noisy).pem


REDIRECTS = {
    # annotations, has TLS -> whether plain HTTP is sent on
    (): (False, True),
    (("ssl-redirect", "false"),): (False, False),
    (("force-ssl-redirect", "true"),): (True, True),
}


@pytest.mark.parametrize("wanted", REDIRECTS)
@pytest.mark.parametrize("tls", [False, True])
def test_plain_http_is_sent_on_where_there_is_a_certificate(wanted: tuple[tuple[str, str], ...], tls: bool) -> None:  # noqa: FBT001
    section = {"tls": [{"hosts": ["shop.example"], "secretName": "cert"}]} if tls else {}
    ingress = make_ingress("one", make_rule(make_path(), host="shop.example"), annotations=dict(wanted), **section)
    text = render_conf(plan_model(make_found(ingress, secrets=SECRETS)))
    assert ("return 308" in text) == REDIRECTS[wanted][tls]


ANNOTATIONS = {
    "app-root": ("/shop", "return 302 $scheme://$http_host/shop;"),
    "permanent-redirect": ("https://other.example/$request_uri", "return 301 https://other.example/$request_uri;"),
    "temporal-redirect": ("https://other.example", "return 302 https://other.example;"),
    "proxy-body-size": ("8m", "client_max_body_size 8m;"),
    "proxy-read-timeout": ("5", "proxy_read_timeout 5s;"),
    "upstream-vhost": ("inner.example", 'set $upstream_host "inner.example";'),
    "backend-protocol": ("HTTPS", "proxy_pass https://shop-web-80;"),
    "whitelist-source-range": ("10.0.0.0/8, 192.168.0.1", "allow 192.168.0.1;\n            deny all;"),
}


@pytest.mark.parametrize("name", ANNOTATIONS)
def test_annotations(name: str) -> None:
    value, line = ANNOTATIONS[name]
    model = plan_model(make_found(make_ingress("one", make_rule(make_path()), annotations={name: value})))
    assert line in render_conf(model)
    assert not model.troubles


def test_an_annotation_that_nobody_knows_is_told() -> None:
    model = plan_model(make_found(make_ingress("one", make_rule(make_path()), annotations={"canary": "true"})))
    assert [(each.reason, "canary has no effect" in each.message) for each in model.troubles] == [
        ("UnknownAnnotation", True)
    ]
