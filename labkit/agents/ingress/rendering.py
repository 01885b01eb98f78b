"""nginx.conf out of a model (ingress-nginx 1.5.1, rootfs/etc/nginx/template/nginx.tmpl): its names and order, without Lua."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from labkit.agents.ingress.choices import (
    is_conditional,
    list_shares,
    list_switches,
    render_conditions,
    render_key,
)
from labkit.agents.ingress.locations import render_match, render_rewrite
from labkit.agents.ingress.model import DEFAULT_SERVER, Location, Model, Server

SSL: Final = "/etc/ingress-controller/ssl"
_TEMPLATES: Final = Path(__file__).with_name("templates")


HEADERS: Final = {
    "Host": "$upstream_host",
    "Upgrade": "$http_upgrade",
    "Connection": "$connection_upgrade",
    "X-Request-ID": "$req_id",
    "X-Real-IP": "$remote_addr",
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Host": "$best_http_host",
    "X-Forwarded-Port": "$server_port",
    "X-Forwarded-Proto": "$scheme",
    "X-Forwarded-Scheme": "$scheme",
    "X-Scheme": "$scheme",
    "X-Original-Forwarded-For": "$http_x_forwarded_for",
    "Proxy": '""',
}  # what a pod is told


def render_conf(model: Model) -> str:
    """The whole file. Pure: the same model is the same text."""
    empty = frozenset(upstream.name for upstream in model.upstreams if not upstream.endpoints)
    values = {
        "model": model, "empty": empty, "ssl": SSL, "DEFAULT_SERVER": DEFAULT_SERVER, "headers": HEADERS,
        "switches": list_switches(model),
    }  # fmt: skip
    return str(_find_template().render(values))


def render_name(host: str, *, wide: bool = False) -> str:
    """server_name: an Ingress's star stands for one label, which nginx's own star, and Gateway API's, does not."""
    if wide or not host.startswith("*."):
        return host
    return r"~^(?<subdomain>[\w-]+)\." + host.removeprefix("*.").replace(".", r"\.") + "$"


def escape_dollar(text: str) -> str:
    """In a quoted value, where nginx would look for a variable."""
    return text.replace("\\", "\\\\").replace("$", "${literal_dollar}")


def is_redirected(server: Server, location: Location) -> bool:
    """Whether plain HTTP is answered with 308: where the host has a certificate, or it is wanted at any rate."""
    wanted = location.annotations
    return wanted.force_ssl_redirect or (wanted.ssl_redirect and server.tls)


@cache
def _find_template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"], keep_trailing_newline=True, autoescape=False,  # noqa: S701 - it is no HTML; checking.py sees to what gets in
    )  # fmt: skip
    words = (
        render_match, render_rewrite, render_name, escape_dollar, is_redirected, is_conditional, render_key,
        render_conditions, list_shares,
    )  # fmt: skip
    environment.globals.update({word.__name__: word for word in words})
    return environment.get_template("nginx.conf.j2")
