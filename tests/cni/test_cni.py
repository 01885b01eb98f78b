"""The CNI runtime by the specification 1.1.0: plugins written for the purpose record what they are given on a real node."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.cni import Attachment, Call, CniError, Runtime, parse_conf
from labkit.cni.errors import MEANINGS, AlreadyAddedError
from labkit.timing import scale
from labkit.world import Machine, World
from tests.waiting import wait_until

pytestmark = pytest.mark.world

# Records its name, environment and stdin; then does what /root/NAME.COMMAND or /root/COMMAND says, else as a good plugin.
FAKE = r"""#!/bin/bash
me=${0##*/} stdin=$(</dev/stdin)
jq -c --arg me "$me" '[$me, (env | with_entries(select(.key[:4] == "CNI_"))), .]' <<<"$stdin" >>/root/log
for script in "/root/$me.$CNI_COMMAND" "/root/$CNI_COMMAND"; do
    [ -e "$script" ] && { . "$script"; exit; }
done
case $CNI_COMMAND in
ADD) jq --arg me "$me" '.prevResult // {cniVersion, ips: [{address: "10.9.0.2/24"}]} | .by += [$me]' <<<"$stdin" ;;
VERSION) echo '{"cniVersion": "1.1.0", "supportedVersions": ["0.4.0", "1.1.0"]}' ;;
esac
"""
CHAIN = [{"type": "one"}, {"type": "two", "capabilities": {"mac": True}}, {"type": "three"}]
WEB = Attachment(
    "c1", "/run/netns/web", args={"K8S_POD_NAME": "web"}, capabilities={"mac": "0a:00:00:00:00:05", "ips": []}
)
TABLE = {
    "CNI_ARGS": "K8S_POD_NAME=web", "CNI_CONTAINERID": "c1", "CNI_IFNAME": "eth0", "CNI_NETNS": "/run/netns/web",
    "CNI_PATH": "/opt/cni/bin",
}  # fmt: skip


class Fake:
    """A node whose plugins are the recording ones."""

    def __init__(self, node: Machine) -> None:
        self.node = node
        self.told: list[Call] = []
        self.runtime = Runtime(node, self.told.append, timeout=10)
        names = " ".join(f"/opt/cni/bin/{name}" for name in ("one", "two", "three"))
        script = f"rm -rf /root/* /var/lib/cni/results /opt/cni/bin/* /etc/cni/net.d/*; tee {names} >/dev/null; chmod +x {names}"
        assert self.run(script, FAKE) == ""

    def run(self, script: str, stdin: str = "") -> str:
        ran = self.node.run(script, stdin=stdin)
        assert ran.status == 0, ran.stderr
        return ran.stdout

    def does(self, command: str, script: str) -> None:
        """What a plugin (`two.ADD`) or all (`ADD`) do when they are called."""
        self.run(f"cat >/root/{command}", script)

    def calls(self) -> list[tuple[str, dict[str, str], Any]]:
        """Since the last time: name, environment, stdin of each call."""
        said = self.run("[ ! -e /root/log ] || cat /root/log; rm -f /root/log")
        return [(name, environment, stdin) for name, environment, stdin in map(json.loads, said.splitlines())]

    def order(self) -> list[str]:
        """Since the last time: `ADD one`."""
        return [f"{environment['CNI_COMMAND']} {name}" for name, environment, _ in self.calls()]


@pytest.fixture
def fake(lab: World) -> Fake:
    return Fake(lab.machine("worker1"))


def network(version: str = "1.0.0", **more: Any) -> Any:
    return parse_conf(json.dumps({"cniVersion": version, "name": "net", "plugins": CHAIN} | more))


def test_add_runs_the_chain_in_order_each_with_the_result_before_it(fake: Fake) -> None:
    result = fake.runtime.add(network(), WEB)
    first = {"cniVersion": "1.0.0", "ips": [{"address": "10.9.0.2/24"}], "by": ["one"]}
    assert result == first | {"by": ["one", "two", "three"]}, "the last result counts"
    common = {"cniVersion": "1.0.0", "name": "net"}
    environment = TABLE | {"CNI_COMMAND": "ADD"}
    assert fake.calls() == [
        ("one", environment, common | {"type": "one"}),
        (
            "two",
            environment,
            common | {"type": "two", "runtimeConfig": {"mac": WEB.capabilities["mac"]}, "prevResult": first},
        ),
        ("three", environment, common | {"type": "three", "prevResult": first | {"by": ["one", "two"]}}),
    ]


def test_check_asks_in_order_with_the_last_result(fake: Fake) -> None:
    result = fake.runtime.add(network(), WEB)
    fake.calls()
    assert fake.runtime.check(network(), WEB)
    calls = fake.calls()
    assert [name for name, _, _ in calls] == ["one", "two", "three"]
    assert all(environment == TABLE | {"CNI_COMMAND": "CHECK"} for _, environment, _ in calls)
    assert all(stdin["prevResult"] == result for _, _, stdin in calls)
    assert [stdin.get("runtimeConfig") for _, _, stdin in calls] == [None, {"mac": WEB.capabilities["mac"]}, None]


def test_del_goes_backwards_with_the_last_result_and_forgets_it(fake: Fake) -> None:
    result = fake.runtime.add(network(), WEB)
    fake.calls()
    plain = Attachment("c1", "/run/netns/web")
    fake.runtime.delete(network(), plain)
    calls = fake.calls()
    assert [name for name, _, _ in calls] == ["three", "two", "one"]
    assert all(environment == TABLE | {"CNI_COMMAND": "DEL"} for _, environment, _ in calls), (
        "arguments as ADD had them"
    )
    assert all(stdin["prevResult"] == result for _, _, stdin in calls)
    assert calls[1][2]["runtimeConfig"] == {"mac": WEB.capabilities["mac"]}
    assert fake.run("ls /var/lib/cni/results") == ""
    fake.runtime.delete(network(), plain)
    assert [stdin.get("prevResult") for _, _, stdin in fake.calls()] == [None] * 3, "DEL again, with nothing kept"


@pytest.mark.parametrize(("version", "given"), [("0.3.1", False), ("0.4.0", True), ("1.1.0", True)])
def test_prev_result_on_del_came_with_0_4_0(fake: Fake, version: str, *, given: bool) -> None:
    fake.runtime.add(network(version), WEB)
    fake.calls()
    fake.runtime.delete(network(version), WEB)
    assert ["prevResult" in stdin for _, _, stdin in fake.calls()] == [given] * 3
    assert fake.run("ls /var/lib/cni/results") == ""


@pytest.mark.parametrize("version", ["0.3.1", "0.4.0", "1.0.0"])
def test_what_is_kept_comes_in_the_form_of_the_conf_of_now(fake: Fake, version: str) -> None:
    fake.runtime.add(network(version), WEB)
    fake.calls()
    for now, address in (("0.4.0", {"version": "4", "address": "10.9.0.2/24"}), ("1.1.0", {"address": "10.9.0.2/24"})):
        fake.runtime.check(network(now), WEB)
        previous = fake.calls()[0][2]["prevResult"]
        wanted = (
            {"address": "10.9.0.2/24"} if now == version else address
        )  # one of this version stays as the plugin gave it
        assert (previous["cniVersion"], previous["ips"]) == (now, [wanted])


def test_a_result_without_a_version_has_the_confs(fake: Fake) -> None:
    fake.does("one.ADD", "echo '{}'")
    assert fake.runtime.add(network("0.4.0"), WEB) == {"cniVersion": "0.4.0", "by": ["two", "three"]}


def test_the_result_cache_is_libcnis(fake: Fake) -> None:
    result = fake.runtime.add(network(), WEB)
    assert fake.run("ls -A /var/lib/cni/results") == "net-c1-eth0\n"
    assert fake.run("stat -c %a /var/lib/cni/results/net-c1-eth0") == "600\n"
    data = json.loads(fake.run("cat /var/lib/cni/results/net-c1-eth0"))
    assert (data["kind"], data["networkName"], data["containerId"], data["ifName"]) == (
        "cniCacheV1",
        "net",
        "c1",
        "eth0",
    )
    assert data["result"] == result
    assert fake.run("jq -r .config /var/lib/cni/results/net-c1-eth0 | base64 -d") == network().text


def test_a_second_add_is_refused_and_the_first_stays(fake: Fake) -> None:
    fake.runtime.add(network(), WEB)
    fake.calls()
    with pytest.raises(AlreadyAddedError, match="has eth0 in network net already"):
        fake.runtime.add(network(), WEB)
    assert fake.calls() == []
    assert fake.run("ls /var/lib/cni/results") == "net-c1-eth0\n"
    other = Attachment("c1", "/run/netns/web", "net1")
    fake.runtime.add(network(), other)
    assert fake.calls()[0][1]["CNI_IFNAME"] == "net1", "another link of the same container is another attachment"


ERROR = (
    'echo \'{"cniVersion": "1.0.0", "code": %d, "msg": "short words", "details": "long words"}\'; echo log >&2; exit 1'
)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 7, 11, 50, 51, 100, 4711, 999])
def test_a_plugins_error_keeps_its_code_and_words(fake: Fake, code: int) -> None:
    fake.does("two.ADD", ERROR % code)
    with pytest.raises(CniError) as raised:
        fake.runtime.add(network(), WEB)
    error = raised.value
    assert (error.code, error.details) == (code, "long words")
    assert error.message == f"two ADD on worker1 failed with code {code}: short words; long words"
    assert error.hint == MEANINGS.get(code, "")
    assert bool(error.hint) == (code < 100)
    assert fake.order() == ["ADD one", "ADD two", "DEL three", "DEL two", "DEL one"], (
        "rolled back, even what was not reached"
    )
    assert fake.run("ls -A /var/lib/cni/results 2>/dev/null || true") == ""


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo out of luck >&2; exit 3", "ended with status 3 and said out of luck"),
        ("echo not JSON; exit 1", "ended with status 1 and said not JSON"),
        ("echo noise; echo the reason >&2; exit 1", "ended with status 1 and said the reason"),
        ("exit 7", "ended with status 7 and said nothing"),
        ("kill -KILL $$", "was ended by signal 9 and said nothing"),
        ("echo '[1]'; exit 1", "ended with status 1"),
        ('echo \'{"code": "x", "msg": "y"}\'; exit 1', "ended with status 1"),
    ],
)
def test_a_plugin_that_breaks_off_without_an_error_result(fake: Fake, script: str, words: str) -> None:
    fake.does("one.ADD", script)
    with pytest.raises(CniError) as raised:
        fake.runtime.add(network(), WEB)
    assert raised.value.message.startswith("one ADD on worker1 ")
    assert words in raised.value.message
    assert raised.value.code is None
    assert fake.order()[1:] == ["DEL three", "DEL two", "DEL one"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("true", "succeeded without a result"),
        ("echo done", "printed no JSON: 'done"),
        ("echo '{}{}'", "printed no JSON"),
        ("head -c 100000 /dev/zero | tr '\\0' '['", "printed no JSON"),
        ("echo '[]'", "an object is expected"),
        ("echo '{\"ips\": [{}]}'", "ips: a list of objects with address"),
        ('echo \'{"cniVersion": "0"}\'', "cniVersion is '0'"),
    ],
)
def test_a_success_that_gives_no_result_is_error_6(fake: Fake, script: str, words: str) -> None:
    fake.does("two.ADD", script)
    with pytest.raises(CniError) as raised:
        fake.runtime.add(network(), WEB)
    assert raised.value.code == 6
    assert words in raised.value.message
    assert "two ADD" in raised.value.message
    assert fake.order()[2:] == ["DEL three", "DEL two", "DEL one"]


def test_what_del_and_check_print_is_not_read(fake: Fake) -> None:
    fake.does("DEL", "echo bye")
    fake.does("CHECK", "echo fine")
    fake.runtime.add(network(), WEB)
    assert fake.runtime.check(network(), WEB)
    fake.runtime.delete(network(), WEB)
    assert fake.told[-1].stdout == "bye\n"


def test_the_roll_back_goes_on_when_a_plugin_refuses_it(fake: Fake) -> None:
    fake.does("three.ADD", ERROR % 100)
    fake.does("two.DEL", ERROR % 101)
    with pytest.raises(CniError, match="three ADD") as raised:
        fake.runtime.add(network(), WEB)
    assert raised.value.code == 100, "the first error is the one that explains"
    assert fake.order()[3:] == ["DEL three", "DEL two", "DEL one"]


def test_del_stops_at_an_error_and_can_be_repeated(fake: Fake) -> None:
    fake.runtime.add(network(), WEB)
    fake.does("two.DEL", ERROR % 11)
    fake.order()
    for _ in range(2):
        with pytest.raises(CniError, match="two DEL") as raised:
            fake.runtime.delete(network(), WEB)
        assert raised.value.code == 11
        assert fake.order() == ["DEL three", "DEL two"]
        assert fake.run("ls /var/lib/cni/results") == "net-c1-eth0\n"
    fake.run("rm /root/two.DEL")
    fake.runtime.delete(network(), WEB)
    assert fake.order() == ["DEL three", "DEL two", "DEL one"]


def test_a_container_that_a_plugin_does_not_know_is_deleted(fake: Fake) -> None:
    """Code 3: nothing has to be cleaned up."""
    fake.runtime.add(network(), WEB)
    fake.does("two.DEL", ERROR % 3)
    fake.order()
    fake.runtime.delete(network(), WEB)
    assert fake.order() == ["DEL three", "DEL two", "DEL one"]
    assert fake.run("ls /var/lib/cni/results") == ""


def test_check_stops_at_an_error(fake: Fake) -> None:
    fake.runtime.add(network(), WEB)
    fake.does("two.CHECK", ERROR % 102)
    fake.order()
    with pytest.raises(CniError, match="two CHECK") as raised:
        fake.runtime.check(network(), WEB)
    assert raised.value.code == 102
    assert fake.order() == ["CHECK one", "CHECK two"]


@pytest.mark.parametrize("switch", [True, "true"])
def test_disable_check_asks_nobody(fake: Fake, switch: object) -> None:
    quiet = network(disableCheck=switch)
    fake.runtime.add(quiet, WEB)
    fake.order()
    assert not fake.runtime.check(quiet, WEB)
    assert fake.order() == []


@pytest.mark.parametrize("version", ["0.1.0", "0.2.0", "0.3.0", "0.3.1"])
def test_check_came_with_0_4_0(fake: Fake, version: str) -> None:
    with pytest.raises(CniError, match="does not support CHECK") as raised:
        fake.runtime.check(network(version), WEB)
    assert raised.value.code == 1
    assert fake.order() == []


def test_check_without_an_add_is_refused(fake: Fake) -> None:
    with pytest.raises(CniError, match="no kept result"):
        fake.runtime.check(network(), WEB)
    assert fake.order() == []


@pytest.mark.parametrize("command", ["ADD", "DEL"])
def test_a_plugin_that_hangs_is_stopped(fake: Fake, command: str) -> None:
    quick = Runtime(fake.node, fake.told.append, timeout=2)
    quick.add(network(), WEB) if command == "DEL" else None
    fake.does(f"two.{command}", "exec sleep 4711")
    with pytest.raises(CniError, match=f"two {command} on worker1 did not end within {scale(2):g} s"):
        (quick.add if command == "ADD" else quick.delete)(network(), WEB)
    wait_until(lambda: "sleep 4711" not in fake.run("ps -eo args"))
    hung = next(call for call in fake.told if call.plugin == "two" and call.command == command)
    assert hung.status is None
    assert "it did not end in time and was stopped" in hung.render()


def test_a_plugin_that_is_not_there(fake: Fake) -> None:
    fake.run("rm /opt/cni/bin/two")
    with pytest.raises(CniError, match=r"failed to find plugin 'two' in path \[/opt/cni/bin\]") as raised:
        fake.runtime.add(network(), WEB)
    assert "/opt/cni/bin" in raised.value.hint
    assert fake.order() == ["ADD one", "DEL three", "DEL one"]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("chmod -x /opt/cni/bin/one", "failed to find plugin 'one'"),
        ("sed -i '1s/.*/#!\\/bin\\/bahs/' /opt/cni/bin/one", "could not be started"),
        ("echo echo >/opt/cni/bin/one", "could not be started"),
    ],
)
def test_a_plugin_that_cannot_be_started(fake: Fake, broken: str, words: str) -> None:
    fake.run(broken)
    with pytest.raises(CniError) as raised:
        fake.runtime.add(network(), WEB)
    assert words in raised.value.message
    assert raised.value.hint


def add_three(fake: Fake, version: str, **more: Any) -> list[Attachment]:
    """Three attachments, and one in another network, which no GC of this one may touch."""
    three = [Attachment(f"c{number}", "/run/netns/web") for number in range(3)]
    for each in three:
        fake.runtime.add(network(version, **more), each)
    fake.runtime.add(network(version, name="other"), three[0])
    fake.calls()
    return three


def test_gc_deletes_what_is_stale_then_asks_every_plugin(fake: Fake) -> None:
    valid = [*add_three(fake, "1.1.0")[:1], Attachment("c9", "/run/netns/api")]
    fake.runtime.collect_garbage(network("1.1.0"), valid)
    calls = fake.calls()
    deleted = [(name, environment["CNI_CONTAINERID"]) for name, environment, _ in calls[:-3]]
    assert deleted == [(name, container) for container in ("c1", "c2") for name in ("three", "two", "one")]
    listed = [{"containerID": "c0", "ifname": "eth0"}, {"containerID": "c9", "ifname": "eth0"}]
    common = {"cniVersion": "1.1.0", "name": "net", "cni.dev/valid-attachments": listed}
    environment = {"CNI_COMMAND": "GC", "CNI_PATH": "/opt/cni/bin"}
    assert calls[-3:] == [(each["type"], environment, common | {"type": each["type"]}) for each in CHAIN]
    assert fake.run("ls /var/lib/cni/results").split() == ["net-c0-eth0", "other-c0-eth0"]


def test_before_1_1_0_gc_only_deletes_what_is_stale(fake: Fake) -> None:
    fake.runtime.collect_garbage(network("1.0.0"), add_three(fake, "1.0.0")[1:])
    assert fake.order() == ["DEL three", "DEL two", "DEL one"]
    assert fake.run("ls /var/lib/cni/results").split() == ["net-c1-eth0", "net-c2-eth0", "other-c0-eth0"]


def test_gc_goes_on_after_errors_and_raises_the_first(fake: Fake) -> None:
    add_three(fake, "1.1.0")
    fake.does("three.DEL", f'[ "$CNI_CONTAINERID" != c0 ] || {{ {ERROR % 100}; }}')
    fake.does("one.GC", ERROR % 101)
    with pytest.raises(CniError) as raised:
        fake.runtime.collect_garbage(network("1.1.0"), [])
    assert raised.value.code == 100
    assert fake.order() == ["DEL three", *["DEL three", "DEL two", "DEL one"] * 2, "GC one", "GC two", "GC three"]


def test_disable_gc_asks_nobody(fake: Fake) -> None:
    add_three(fake, "1.1.0", disableGC=True)
    fake.runtime.collect_garbage(network("1.1.0", disableGC="true"), [])
    assert fake.order() == []


def write_confs(fake: Fake, **texts: str) -> None:
    for name, text in texts.items():
        fake.run(f"cat >/etc/cni/net.d/{name.replace('_', '.')}", text)


def test_the_first_conf_of_the_folder_counts(fake: Fake) -> None:
    write_confs(fake, b_conflist=network(name="second").text, a_conflist=network(name="first").text, a_yaml="?")
    fake.run("mkdir /etc/cni/net.d/0.conflist; mv /etc/cni/net.d/b.conflist '/etc/cni/net.d/b c.conflist'")
    found = fake.runtime.read_network()
    assert (found.name, found.file, found.text) == ("first", "a.conflist", network(name="first").text)
    fake.run("rm /etc/cni/net.d/a.conflist")
    assert fake.runtime.read_network().name == "second"


def test_a_broken_first_conf_is_an_error_not_passed_over(fake: Fake) -> None:
    write_confs(fake, a_conf="{", b_conflist=network().text)
    with pytest.raises(CniError, match=r"a\.conf is not JSON") as raised:
        fake.runtime.read_network()
    assert raised.value.code == 7
    fake.run("rm /etc/cni/net.d/a.conf; ln -s nowhere /etc/cni/net.d/a.conf")
    with pytest.raises(CniError, match=r"a\.conf is not JSON"):
        fake.runtime.read_network()


@pytest.mark.parametrize("emptied", ["rm -rf /etc/cni/net.d/*", "rm -rf /etc/cni/net.d"])
def test_an_empty_folder_is_a_node_that_is_not_ready(fake: Fake, emptied: str) -> None:
    fake.run(emptied)
    with pytest.raises(CniError, match="cni plugin not initialized"):
        fake.runtime.read_network()
    fake.run("mkdir -p /etc/cni/net.d")


def test_every_call_is_told_as_it_was(fake: Fake) -> None:
    fake.runtime.add(network(), WEB)
    calls = fake.calls()
    assert [(call.plugin, dict(call.environment), json.loads(call.stdin)) for call in fake.told] == [
        (name, environment, stdin) for name, environment, stdin in calls
    ]
    assert [call.status for call in fake.told] == [0, 0, 0]


def test_json_is_told_on_few_lines() -> None:
    """A result of a chain is read by people: a line for each part, what is inside of it on the same line while it fits."""
    links = [{"name": f"link{number}", "mac": "02:00:00:00:00:01"} for number in range(3)]
    told = Call(
        "n", "one", {"CNI_COMMAND": "ADD"}, json.dumps({"name": "net", "ips": [], "links": links}), "no {", status=0
    )
    assert told.render().splitlines()[2:] == [
        "{",
        '  "name": "net",',
        '  "ips": [],',
        '  "links": [',
        *(f'    {{"name": "link{number}", "mac": "02:00:00:00:00:01"}}{"," * (number < 2)}' for number in range(3)),
        "  ]",
        "}",
        "EOF",
        "# exit status 0, stdout:",
        "#   no {",
    ]
    assert Call("n", "one", {"CNI_COMMAND": "ADD"}, "[" * 5000, status=0).render().splitlines()[2] == "[" * 5000


def test_what_is_told_does_the_same_when_it_is_typed(fake: Fake) -> None:
    """Quotes, dollars and newlines in values included: pasted into bash on the node."""
    difficult = parse_conf(
        json.dumps(
            {"cniVersion": "1.0.0", "name": "net", "plugins": [{"type": "one", "x": "$(a) `b` 'c' \\ EOF\nEOF\n한"}]}
        )
    )
    fake.runtime.add(difficult, Attachment("c1", "/run/netns/web", args={"WORDS": 'it\'s $HOME `x` "y"'}))
    first, typed = fake.calls(), fake.told[0].render()
    assert json.loads(fake.run("bash -s", typed)) == json.loads(fake.told[0].stdout)
    assert fake.calls() == first
