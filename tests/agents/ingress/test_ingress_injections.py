"""Nothing of an object gets out of its place in nginx.conf; whatever it is, the rest is served."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.agents.ingress.admission import answer_review
from labkit.agents.ingress.model import Model
from labkit.agents.ingress.objecting import find_objection
from labkit.agents.ingress.planning import plan_model
from labkit.agents.ingress.refusing import find_refused
from labkit.agents.ingress.rendering import SSL, render_conf
from labkit.agents.ingress.whole import Whole, plan_whole
from labkit.kube.pki import make_self_signed
from labkit.world.program import run_program
from tests.agents.ingress.gateways import make_gateways, make_route, to
from tests.agents.ingress.objects import make_found, make_ingress, make_path, make_rule

BREAKING = (
    '"', "'", "{", "}", ";", "\n", "\r", "#", " ", "\\", "`", "$(", "\x00", "\u2028",
    '/a"; return 200 "', "/a { } location /b", "/a;}location /x{return 200;", "/a\n}\nserver {", "/a#", "/a b", "/a\\", "/$host",
    '/${literal_dollar}"', "/a/*.;alias /etc/;", "/x' 'y", "/etc\t/passwd {",
)  # fmt: skip
PLACES = (
    "path",
    "regex",
    "host",
    "rewrite-target",
    "app-root",
    "permanent-redirect",
    "upstream-vhost",
    "proxy-body-size",
    "service",
    "port",
)
MARK = "fine.example"


def make_evil(place: str, text: str) -> dict[str, Any]:
    if place in ("path", "regex"):
        annotations = {"use-regex": "true"} if place == "regex" else {}
        return make_ingress("evil", make_rule(make_path(f"/evil{text}")), annotations=annotations)
    if place == "host":
        return make_ingress("evil", make_rule(make_path("/evil"), host=f"evil{text}"))
    if place == "service":
        return make_ingress("evil", make_rule(make_path("/evil", service=f"evil{text}")))
    if place == "port":
        return make_ingress("evil", make_rule(make_path("/evil", port=f"evil{text}")))
    return make_ingress("evil", make_rule(make_path("/evil")), annotations={place: f"/evil{text}"})


def plan_with(evil: dict[str, Any]) -> Model:
    return plan_model(make_found(evil, make_ingress("fine", make_rule(make_path("/fine"), host=MARK))))


def count_blocks(text: str) -> tuple[int, int, int]:
    """Of servers, of locations, and how deep it ends."""
    bare = re.sub(r'"[^"\n]*"|#[^\n]*|\$\{\w+\}', "", text)
    return (
        len(re.findall(r"^    server \{", bare, re.MULTILINE)),
        len(re.findall(r"^        location ", bare, re.MULTILINE)),
        bare.count("{") - bare.count("}"),
    )


def assert_whole(evil: dict[str, Any]) -> None:
    """As many blocks as the model has, and the neighbour among them."""
    model = plan_with(evil)
    servers, locations, depth = count_blocks(render_conf(model))
    assert depth == 0
    assert servers == len(model.servers) + 2
    assert locations == sum(len(each.locations) for each in model.servers) + 6
    assert MARK in {each.host for each in model.servers}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", BREAKING, ids=ascii)
def test_what_breaks_out_of_a_line_is_never_rendered(place: str, text: str) -> None:
    evil = make_evil(place, text)
    assert_whole(evil)
    if place != "regex" and text not in ("\\", "/$host", "`", "$("):
        model = plan_with(evil)
        assert any(each.about[2] == "evil" for each in model.troubles), "somebody has to be told"


@given(place=st.sampled_from(PLACES), text=st.text(max_size=20))
@settings(max_examples=300, deadline=None)
def test_no_text_at_all_gets_out_of_its_place(place: str, text: str) -> None:
    assert_whole(make_evil(place, text))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pair = make_self_signed("tests", "tests", ["tests"])
    path = tmp_path_factory.mktemp("ssl") / "pair.pem"
    path.write_text(pair.certificate + pair.key)
    return path


def find_refusal(text: str, certificate: Path) -> str:
    """nginx's own, for a file whose paths are the test's."""
    folder = certificate.parent
    text = text.replace(f"{SSL}/default-fake-certificate.pem", str(certificate)).replace("/tmp/nginx/", f"{folder}/")
    text = text.replace("/dev/stdout", f"{folder}/access.log").replace("/dev/stderr", f"{folder}/error.log")
    text = text.replace("include /etc/nginx/mime.types;", "")
    for port in ("80 ", "443 ", "8181 ", "127.0.0.1:10246"):
        text = text.replace(f"listen {port}", f"listen unix:{folder}/{port.strip()}.sock ")
    (folder / "nginx.conf").write_text(text)
    told = run_program(["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log"), "-t"])
    return told.stderr.strip() if told.status else ""


def test_nginx_takes_what_is_rendered(certificate: Path) -> None:
    whole = [
        make_ingress("a", make_rule(make_path("/something(/|$)(.*)")), annotations={"rewrite-target": "/$2"}),
        make_ingress(
            "b",
            make_rule(
                make_path("/"),
                make_path("/a+b=c,d:e@f!g&h"),
                make_path("/api", "Exact", "api", "http"),
                host="b.example",
            ),
        ),
        make_ingress(
            "c",
            make_rule(make_path(r"/v\d{1,3}/[^/]+$"), host="*.c.example"),
            annotations={"use-regex": "true", "app-root": "/x"},
        ),
        make_ingress(
            "d",
            make_rule(make_path("/", service="empty"), host="d.example"),
            annotations={"whitelist-source-range": "10.0.0.0/8"},
        ),
    ]
    assert find_refusal(render_conf(plan_model(make_found(*whole))), certificate) == ""
    evil = [make_evil(place, text) for place in PLACES for text in BREAKING]
    assert find_refusal(render_conf(plan_model(make_found(*evil[::3], *whole))), certificate) == ""


def test_nginx_takes_what_is_rendered_for_routes(certificate: Path) -> None:
    headers = [
        {"name": "X-Version", "value": "v.2 (new) {a}; 'b' $c"},
        {"name": "X-Other", "type": "RegularExpression", "value": r"\d{1,3}|[a-z]+$"},
    ]
    redirect = {
        "type": "RequestRedirect",
        "requestRedirect": {"scheme": "https", "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
    }
    rewrite = {
        "type": "URLRewrite",
        "urlRewrite": {"hostname": "in.example", "path": {"type": "ReplaceFullPath", "replaceFullPath": "/x"}},
    }
    change = {
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"set": [{"name": "X-A", "value": "1; }"}], "add": [{"name": "X-B", "value": "2"}]},
    }
    rules = (
        to("web=9", "empty=1", "nobody=5"), to("web", headers=headers, method="GET"), to("web", path="/old", filters=(redirect,)),
        to("web", path=r"/v\d+", kind="RegularExpression", filters=(rewrite, change)), to("web=1", "empty=1", path="/old/x", headers=headers[:1]),
    )  # fmt: skip
    for hostnames in ([], ["a.example", "*.b.example"]):
        model, _ = plan_whole(Whole(make_found(), make_gateways(make_route(*rules, hostnames=hostnames))))
        assert find_refusal(render_conf(model), certificate) == ""


def test_who_is_refused_is_found_and_nobody_else_suffers() -> None:
    def refusal_of(ingresses: Any) -> str:
        bad = [each["metadata"]["name"] for each in ingresses if each["metadata"]["name"].startswith("bad")]
        return f"no {bad[0]}" if bad else ""

    some = [make_ingress(f"{'bad' if number in (3, 17) else 'good'}-{number}") for number in range(20)]
    assert [(each["metadata"]["name"], words) for each, words in find_refused(some, refusal_of)] == [
        ("bad-3", "no bad-3"), ("bad-17", "no bad-17"),
    ]  # fmt: skip


def test_two_thousand_rules_are_one_configuration(certificate: Path) -> None:
    rules = [
        make_rule(*(make_path(f"/p{number}") for number in range(start, start + 20)), host=f"h{start}.example")
        for start in range(0, 2000, 20)
    ]
    model = plan_model(make_found(make_ingress("many", *rules)))
    assert sum(len(each.locations) for each in model.servers) == 2 * 2000 + 101
    assert find_refusal(render_conf(model), certificate) == ""


OBJECTIONS = {
    "fine": (make_ingress("new", make_rule(make_path("/new"))), ""),
    "itself": (make_ingress("old", make_rule(make_path("/old"))), ""),
    "taken": (
        make_ingress("new", make_rule(make_path("/old"))),
        'host "_" and path "/old" is already defined in ingress shop/old',
    ),
    "other-host": (make_ingress("new", make_rule(make_path("/old"), host="x.example")), ""),
    "injection": (make_evil("path", '"'), "cannot be used with pathType Prefix"),
    "annotation": (make_evil("rewrite-target", ";"), "contains invalid value"),
    "unknown-annotation": (make_ingress("new", make_rule(make_path("/new")), annotations={"canary": "true"}), ""),
    "nginx": (make_ingress("new", make_rule(make_path("/refused"))), "nginx: [emerg]"),
}


@pytest.mark.parametrize("case", OBJECTIONS)
def test_what_the_api_server_is_told_before_it_takes_an_ingress(case: str) -> None:
    ingress, expected = OBJECTIONS[case]
    found = make_found(make_ingress("old", make_rule(make_path("/old"))))
    said = find_objection(ingress, Whole(found), lambda text: "nginx: [emerg]" if "/refused" in text else "")
    assert expected in said
    assert bool(said) == bool(expected)


def test_a_review_is_answered_with_its_own_uid() -> None:
    kind = {"group": "networking.k8s.io", "version": "v1", "kind": "Ingress"}
    request = {"uid": "1-2-3", "kind": kind, "object": make_ingress("one")}
    good = answer_review({"request": request}, lambda _: "")["response"]
    bad = answer_review({"request": request}, lambda _: "no")["response"]
    assert good == {"uid": "1-2-3", "allowed": True}
    assert (bad["allowed"], bad["status"]["message"], bad["status"]["code"]) == (False, "no", 400)
    assert not answer_review({"request": request | {"kind": {}}}, lambda _: "")["response"]["allowed"]
