"""Daemons as values: what a wish becomes, configurations as text, and how a slip is named."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from labkit.daemons import PROGRAMS
from labkit.daemons.daemon import Exists, Listens, Program, Wish, parse_values, plan_daemon
from labkit.errors import UsageError


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_makes_a_daemon_of_its_defaults(name: str) -> None:
    module = importlib.import_module(PROGRAMS[name])
    assert isinstance(module.PROGRAM, Program)
    assert module.__doc__
    daemon = plan_daemon(Wish(name, name))
    assert (daemon.name, daemon.log) == (name, f"/var/log/{name}.log")
    assert daemon.argv[:2] == ("calico-node", f"-{name}") if name in ("confd", "felix") else daemon.argv[0] == name


def test_nginxs_configuration() -> None:
    daemon = plan_daemon(Wish("nginx", "web", {"port": "8080", "says": 'a "b" \\ $remote_addr'}))
    assert daemon.argv == ("nginx", "-e", "stderr", "-g", "daemon off;", "-c", "/run/web/nginx.conf")
    assert (daemon.ready, daemon.pid_file) == (Listens(8080), "/run/web/nginx.pid")
    answer = 'server { listen 8080; location / { return 200 "a \\"b\\" \\\\ $remote_addr\\n"; } }'
    assert answer in [line.strip() for line in daemon.files["/run/web/nginx.conf"].splitlines()]


def test_nginx_takes_a_conf_of_its_users() -> None:
    daemon = plan_daemon(Wish("nginx", "nginx", {"port": "8080", "conf": "/root/by-hand.conf"}))
    conf = daemon.files["/run/nginx/nginx.conf"]
    assert "include /root/by-hand.conf;" in conf
    assert "server {" not in conf
    assert daemon.ready == Listens(8080), "one of its servers has to"


def test_arguments_are_the_programs() -> None:
    daemon = plan_daemon(Wish("flanneld", "flanneld", arguments=("--ip-masq",)))
    assert (daemon.argv, daemon.ready) == (("flanneld", "--ip-masq"), Exists("/run/flannel/subnet.env"))


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish("nginx", "nginx"), ["nginx"]),
        (Wish("nginx", "web", {"port": 80}, ("-q",)), ["nginx", "name=web", "port=80", "--", "-q"]),
    ],
)
def test_a_wish_as_the_command_takes_it(wish: Wish, words: list[str]) -> None:
    assert wish.render_words() == words


@pytest.mark.parametrize(
    ("program", "values", "said"),
    [
        ("ngnix", {}, "no daemon 'ngnix' is known"),
        ("nginx", {"prot": 80}, "nginx has no value 'prot'"),
        ("nginx", {"port": "http"}, "nginx: port is 'http'"),
        ("nginx", {"port": True}, "nginx: port is True"),
        ("nginx", {"says": ["x"]}, r"nginx: says is \['x'\]"),
        ("weave", {"port": 1}, "weave has no value 'port'"),
    ],
)
def test_a_slip_is_named(program: str, values: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        plan_daemon(Wish(program, program, values))


def test_values_of_a_command_line() -> None:
    assert parse_values(["port=80", "says=a=b"]) == {"port": "80", "says": "a=b"}
    with pytest.raises(UsageError, match="'port' is no value"):
        parse_values(["port"])
