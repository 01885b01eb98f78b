"""`labkit cni`: what it shows can be typed by hand, what it did is in the journal, what is wrong it says."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest

pytestmark = pytest.mark.world

CLI = (sys.executable, "-m", "labkit.cli")
BRIDGE = {
    "type": "bridge", "bridge": "cni0", "isGateway": True,
    "ipam": {"type": "host-local", "subnet": "10.22.0.0/24", "routes": [{"dst": "0.0.0.0/0"}]},
}  # fmt: skip
PORTMAP = {"type": "portmap", "capabilities": {"portMappings": True}}
CLEAN = "rm -rf /var/lib/cni/* /etc/cni/net.d/*; ip -all netns del; ip link del cni0 2>/dev/null"
CONF = {"cniVersion": "0.4.0", "name": "mynet", "plugins": [BRIDGE, PORTMAP]}


def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CLI, *words], input=stdin, capture_output=True, text=True, check=False, timeout=90)


def on_node(lab: str, script: str, stdin: str = "") -> str:
    ran = run("exec", "--lab", lab, "worker1", "--", "bash", "-c", script, stdin=stdin)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def cni(lab: str, *words: str, status: int = 0) -> str:
    """stdout; with a status that is not 0 what stderr says."""
    ran = run("cni", *words, "--lab", lab)
    assert ran.returncode == status, ran.stdout + ran.stderr
    assert bool(ran.stderr) == bool(status)
    return ran.stderr if status else ran.stdout


@pytest.fixture(scope="module")
def lab(two_hosts: str) -> str:
    assert run("start", two_hosts).returncode == 0
    return two_hosts


def write_conf(lab: str) -> None:
    """Not by stdin: a resumed lab shall have it again."""
    on_node(lab, f"{CLEAN}; echo {shlex.quote(json.dumps(CONF))} >/etc/cni/net.d/10-mynet.conflist")


@pytest.fixture
def conf(lab: str) -> str:
    """The lab with a conf and without pods."""
    write_conf(lab)
    return lab


def test_what_is_shown_does_the_same_when_it_is_typed(conf: str) -> None:
    shown = cni(conf, "add", "web", "--port", "8080:80")
    assert "# worker1 plugs into network mynet, from /etc/cni/net.d/10-mynet.conflist: bridge, portmap" in shown
    titles = [line for line in shown.splitlines() if line.startswith("###")]
    assert titles == ["### 1. loopback ADD on worker1", "### 2. bridge ADD on worker1", "### 3. portmap ADD on worker1"]
    assert shown.splitlines()[-1] == "# web has 10.22.0.2/24"
    assert "CNI_NETNS=/run/netns/web \\\nCNI_IFNAME=eth0 \\\n" in shown
    assert '"runtimeConfig"' in shown
    assert '"prevResult"' in shown
    cni(conf, "del", "web")
    on_node(conf, "ip netns add web; rm -rf /var/lib/cni/networks")
    typed = on_node(conf, "bash -s 2>&1", shown)
    answers = [json.loads(text) for text in typed.replace("}{", "}\0{").split("\0")]
    assert [answer["ips"][0]["address"] for answer in answers] == ["127.0.0.1/8", "10.22.0.2/24", "10.22.0.2/24"]
    assert "10.22.0.2/24" in on_node(conf, "ip -n web -br addr show eth0")
    removal = cni(conf, "del", "web", "--keep")
    assert "### 2. bridge DEL on worker1" in removal
    assert removal.splitlines()[-1] == "# web is unplugged, its namespace stays"
    assert on_node(conf, "bash -s 2>&1", removal) == "", "DEL may be repeated by hand, too"


def test_check_and_a_second_add(conf: str) -> None:
    cni(conf, "add", "web")
    assert cni(conf, "check", "web").splitlines()[-1] == "# web: every plugin found what it had made"
    said = cni(conf, "add", "web", status=3)
    assert "web is plugged in already" in said
    assert "`labkit cni del web` unplugs it" in said
    on_node(conf, "ip -n web addr flush dev eth0")
    assert "bridge CHECK on worker1 failed with code 999" in cni(conf, "check", "web", status=3)


def test_an_add_that_fails_shows_the_roll_back_and_leaves_no_pod(conf: str) -> None:
    on_node(conf, "rm /opt/cni/bin/portmap")
    ran = run("cni", "add", "web", "--lab", conf)
    on_node(conf, "ln -s /usr/lib/cni/portmap /opt/cni/bin")
    assert ran.returncode == 3
    assert "labkit: portmap ADD on worker1: failed to find plugin 'portmap' in path [/opt/cni/bin]" in ran.stderr
    told = [line for line in ran.stdout.splitlines() if line.startswith("### ") or "The ADD failed" in line]
    assert told == [
        "### 1. loopback ADD on worker1",
        "### 2. bridge ADD on worker1",
        "# The ADD failed: DEL of every plugin, so that nothing is left of it.",
        "### 3. bridge DEL on worker1",
        "### 4. loopback DEL on worker1",
    ]
    assert on_node(conf, "ip netns; ls /var/lib/cni/results") == ""


def test_a_reader_that_goes_away_does_not_break_the_add_off(conf: str) -> None:
    script = '"$@" | head -1; exit ${PIPESTATUS[0]}'
    words = ["bash", "-c", script, "x", *CLI, "cni", "add", "web", "--lab", conf]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=90)
    assert ran.stdout.count("\n") == 1
    assert ran.stderr == ""
    assert "10.22.0.2/24" in on_node(conf, "ip -n web -br addr show eth0")


def test_a_node_without_a_conf(lab: str) -> None:
    on_node(lab, f"{CLEAN}; true")
    said = cni(lab, "add", "web", status=3)
    assert said.splitlines() == [
        "labkit: no network config found in /etc/cni/net.d: cni plugin not initialized",
        "  write a .conflist into /etc/cni/net.d on the node",
    ]
    assert on_node(lab, "ip netns") == ""


def test_a_broken_conf_is_named(lab: str) -> None:
    on_node(lab, "rm -rf /etc/cni/net.d/*; echo '{' >/etc/cni/net.d/10-x.conf")
    assert "10-x.conf is not JSON" in cni(lab, "add", "web", status=3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "worker1"), "worker1 is a node, not a pod"),
        (("del", "left"), "left is a host, not a pod"),
        (("check", "nobody"), "there is no pod nobody"),
        (("add", "web", "--node", "left"), "there is no node left"),
        (("add", "a/b"), "not a machine's name: 'a/b'"),
        (("add", "web", "--port", "80"), "--port 80"),
        (("add", "web", "--port", "0:80"), "--port 0:80"),
        (("add", "web", "--port", "1:2:3"), "--port 1:2:3"),
        (("add", "web", "--port", "x:²"), "--port x:²"),
        (("add", "web", "--rate", "0"), "--rate 0"),
        (("add", "web", "--keep"), "--keep is for del, not for add"),
        (("del", "web", "--port", "80:80"), "--port and --rate are for add, not for del"),
        (("plug", "web"), "invalid choice: 'plug'"),
    ],
)
def test_wrong_words(conf: str, words: tuple[str, ...], said: str) -> None:
    assert said in cni(conf, *words, status=2)


def test_what_a_pod_that_is_gone_left_is_removed(conf: str) -> None:
    cni(conf, "add", "web")
    on_node(conf, "ip netns del web")
    shown = cni(conf, "del", "web")
    assert shown.splitlines()[-1] == "# there is no pod web; what may have been left of it on worker1 is gone"
    assert on_node(conf, "ls /var/lib/cni/networks/mynet").split() == ["last_reserved_ip.0", "lock"]


def test_a_resumed_lab_has_its_pods_again(lab: str) -> None:
    assert run("reset", lab).returncode == 0
    write_conf(lab)
    cni(lab, "add", "web", "--port", "8080:80")
    cni(lab, "add", "api")
    cni(lab, "del", "web")
    assert "labkit cni add web --port 8080:80" in run("journal", lab).stdout
    run("down", lab)
    resumed = run("start", lab, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert on_node(lab, "ip netns").split()[:1] == ["api"]
    assert "10.22.0.3/24" in on_node(lab, "ip -n api -br addr show eth0")
    assert cni(lab, "check", "api")
