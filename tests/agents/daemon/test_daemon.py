"""`daemon` on a machine, with Debian's nginx and with agents of ours: started, ready, seen, stopped, and what goes wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from labkit.agents.daemon.command import list_preloads
from labkit.lab.outfit import find_outfit
from labkit.world import Machine, MachineSpec, World

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
pytestmark = [
    pytest.mark.world,
    pytest.mark.skipif(not NGINX, reason="no nginx here: apt-get install nginx-light"),
]
ASK = "curl -s --max-time 5 127.0.0.1:"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World.start(f"daemon-{os.getpid()}", outfit=find_outfit(), hidden=True) as world:
        world.add_machines([MachineSpec("worker1", "node"), MachineSpec("web", "pod", "worker1")])
        for machine in world.machines():
            machine.run("ip link set lo up")
        yield world
        world.end()


@pytest.fixture
def web(world: World) -> Iterator[Machine]:
    machine = world.machine("web")
    yield machine
    machine.run(
        "for each in /run/daemons/*.json; do daemon stop $(basename $each .json); rm -f $each; done; rm -f /var/log/*.log"
    )


def do(machine: Machine, command: str) -> str:
    ran = machine.run(command, timeout=60)
    assert ran.status == 0, ran.stderr
    return ran.stdout


def refuse(machine: Machine, command: str) -> str:
    ran = machine.run(command, timeout=60)
    assert (ran.status, ran.stdout) == (1, "")
    assert ran.stderr.startswith("daemon: ")
    assert ran.stderr.count("\n") == 1, "one line"
    return ran.stderr


def test_it_serves_when_start_returns_and_is_gone_when_stop_returns(web: Machine) -> None:
    assert do(web, f"daemon start nginx && {ASK}80") == "hello from web\n"
    assert do(web, "daemon stop nginx") == ""
    assert do(web, "ss -Htln 'sport = 80'; pgrep nginx || true") == ""
    assert web.run(f"{ASK}80").status == 7


def test_values_arguments_and_a_second_one_under_its_own_name(web: Machine) -> None:
    do(
        web,
        "daemon start nginx port=8080 'says=one, \"quoted\"' && daemon start nginx name=other port=8081 says=two -- -q",
    )
    assert do(web, f"{ASK}8080; {ASK}8081") == 'one, "quoted"\ntwo\n'
    assert do(web, "daemon stop other") == ""
    assert do(web, f"{ASK}8080") == 'one, "quoted"\n'


def test_status_tells_what_runs(web: Machine) -> None:
    assert do(web, "daemon status") == ""
    do(web, "daemon start nginx")
    process = do(web, "cat /run/nginx/nginx.pid").strip()
    shown = do(web, "daemon status").splitlines()
    assert [line.split() for line in shown] == [
        ["NAME", "STATE", "PROCESS", "LOG"],
        ["nginx", "ready", process, "/var/log/nginx.log"],
    ]
    do(web, f"kill -KILL {process}; pkill -KILL nginx; true")
    ran = web.run("daemon status nginx")
    assert (ran.status, ran.stdout.splitlines()[1].split()[:3]) == (1, ["nginx", "ended", "-"])


def test_started_again_by_its_name_it_is_as_it_was(web: Machine) -> None:
    do(web, "daemon start nginx name=site port=8082 says=same && daemon stop site && daemon start site")
    assert do(web, f"{ASK}8082") == "same\n"
    before = do(web, "cat /run/site/nginx.pid")
    do(web, "daemon restart site")
    assert do(web, f"{ASK}8082") == "same\n"
    assert do(web, "cat /run/site/nginx.pid") != before


def test_two_machines_have_daemons_of_their_own(world: World, web: Machine) -> None:
    node = world.machine("worker1")
    do(web, "daemon start nginx says=pod")
    do(node, "daemon start nginx says=node")
    assert (do(web, f"{ASK}80"), do(node, f"{ASK}80")) == ("pod\n", "node\n")
    assert len(do(node, "daemon status").splitlines()) == 2
    do(node, "daemon stop nginx")
    assert do(web, f"{ASK}80") == "pod\n"


def test_what_goes_wrong_is_one_line_with_the_programs_own_words(web: Machine) -> None:
    do(web, "daemon start nginx")
    assert "nginx runs already, process " in refuse(web, "daemon start nginx")
    taken = refuse(web, "daemon start nginx name=other")
    assert "other ended with status 1 before it was ready" in taken
    assert "bind() to 0.0.0.0:80 failed (98: Address already in use)" in taken
    assert "see /var/log/other.log" in taken
    assert "invalid option" in refuse(web, "daemon start nginx name=third port=8083 -- -Z")
    assert "no daemon 'ngnix' is known" in refuse(web, "daemon start ngnix")
    assert "nginx has no value 'prot'" in refuse(web, "daemon start nginx name=x prot=80")
    assert "a daemon can't be called '../x'" in refuse(web, "daemon start nginx name=../x")
    assert "nothing called y was started here" in refuse(web, "daemon stop y; ")
    do(web, "daemon stop nginx")
    assert "nginx does not run" in refuse(web, "daemon stop nginx")


def test_another_process_at_the_port_is_not_taken_for_it(web: Machine) -> None:
    web.run("socat TCP-LISTEN:8090,fork,reuseaddr SYSTEM:true >/dev/null 2>&1 & sleep 0.3")
    assert "before it was ready" in refuse(web, "daemon start nginx port=8090")
    do(web, "pkill socat")


def test_one_that_does_not_end_when_asked_is_killed(web: Machine) -> None:
    do(web, "daemon start nginx")
    process = do(web, "cat /run/nginx/nginx.pid").strip()
    do(web, f"kill -STOP {process} && daemon stop nginx")
    assert web.run(f"kill -0 {process}").status == 1
    assert do(web, "ss -Htln 'sport = 80'") == ""


def test_an_agent_of_ours_is_started_and_stopped_the_same_way(world: World) -> None:
    node = world.machine("worker1")
    do(node, "daemon start weave -- --no-fastdp --name ::1 --ipalloc-range 10.32.0.0/12")
    assert do(node, "daemon status weave").splitlines()[1].split()[:2] == ["weave", "ready"]
    process = do(node, "cat /run/weave/weave.pid").strip()
    assert do(node, f"ps -o args= {process}").startswith("weave launch --no-fastdp --name ::1")
    do(node, "daemon stop weave")
    assert "weave is not running on this machine" in node.run("weave status").stderr
    do(node, "weave launch --no-fastdp --name ::1")
    assert "weave runs already" in refuse(node, "daemon start weave"), "it was started by hand"
    do(node, "daemon restart weave && weave reset")
    assert "ended with status 1 before it was ready: weave: --ipalloc-init dance" in refuse(
        node, "daemon start weave name=net -- --ipalloc-init dance"
    )


def test_no_process_waits_for_a_daemon(web: Machine) -> None:
    """Neither a client nor the command itself."""
    do(web, "daemon start nginx")
    names = {argv[0] for _, argv in web.list_processes()}
    assert {name.partition(":")[0] for name in names} == {"nginx"}


def test_what_a_daemon_of_ours_imports_is_loaded_once_for_all_nodes() -> None:
    assert list_preloads(["daemon", "start", "kubelet", "node_ip=10.0.0.1"]) == ["labkit.agents.kubelet.agent"]
    assert list_preloads(["daemon", "start", "nginx"]) == []
    assert list_preloads(["daemon"]) == []
