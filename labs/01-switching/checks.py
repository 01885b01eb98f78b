"""Lab 01: three hosts on one Ethernet, joined by a bridge that learns."""

from __future__ import annotations

from collections.abc import Mapping

from labkit import CannotTell
from labkit.check import Evidence, View, both_ways, check, expect
from labkit.net import Capture

LOUD = 1200  # bytes of a ping that stands out among ARP and the like
PINGS = 5
LONGEST = 20  # seconds that the switch may remember a silent host


@check(
    points=2,
    hints=(
        "A frame comes in at one port of switch1. What makes it go out at another?",
        "`bridge link` on switch1: which ports are listed, and in which state?",
        "`ip link add br0 type bridge`, `ip link set br0 up`, `ip link set PORT master br0` for both ports.",
    ),
)
def first_two_talk(view: View) -> None:
    """The first two hosts reach each other."""
    view.expect_reach(both_ways(*view.places("a", "b")))


@check(
    points=2,
    hints=(
        "What did the first two cables need at both of their ends, and which of it does the third one lack?",
        "`ip -br link` on the host and on switch1; `bridge link` on switch1.",
        "`ip link set eth0 up` on the host; `ip link set PORT up` and `ip link set PORT master br0` on switch1.",
    ),
)
def third_host_talks(view: View) -> None:
    """The third host reaches the other two, and they reach it."""
    a, b, c = view.places("a", "b", "c")
    view.expect_reach([(c, a), (c, b), (a, c), (b, c)])


@check(
    points=1,
    after=("first_two_talk", "third_host_talks"),
    hints=(
        "When one host asks by ARP for another, who should answer, and with whose MAC address?",
        "`arping -c 2 -I eth0 ADDRESS` on one host; compare with `ip link show eth0` on the other.",
        "A second owner: `ip addr del ADDRESS/LENGTH dev eth0`. A router in between: let the bridge do it instead.",
    ),
)
def each_answers_for_itself(view: View) -> None:
    """Each host answers for its own address, with its own MAC address, and nobody else does."""
    pairs = [(view.values[asking], view.values[asked]) for asking, asked in ("ab", "bc", "ca")]
    answers = view.ask_arp_many([(asking["name"], asked["address"], "eth0") for asking, asked in pairs])
    for (asking, asked), macs in zip(pairs, answers, strict=True):
        expect(
            macs == [asked["mac"]],
            expected=f"{asked['name']} answers {asking['name']} with {asked['mac']}",
            observed=f"{asked['address']} is at {', '.join(macs)}" if macs else "nobody answers",
            by=view.find_evidence(asking["name"], asked["address"]),
        )


@check(
    points=2,
    after=("first_two_talk", "third_host_talks"),
    hints=(
        "The switch sends a frame to everybody when it does not know where the receiver is. Why would it not know?",
        "`bridge fdb show br br0` on switch1 while the hosts talk: is everybody in it? `bridge -d link`: `learning on`?",
        "`bridge link set dev PORT learning on` on switch1, and an ageing_time greater than 0.",
    ),
)
def bystander_hears_nothing(view: View) -> None:
    """What the first two hosts say to each other does not reach the third."""
    a, b, c = (view.values[key] for key in "abc")
    talk = {_pack_macs(a, b), _pack_macs(b, a)}
    view.ping(a["name"], b["address"])  # the first one may be flooded: the switch learns from it
    with Capture([view.machine(c["name"])], keep=lambda data: data[:12] in talk or data[:6] == _pack_mac(c)) as capture:
        control = view.ping(a["name"], c["address"], size=LOUD)
        answers = [view.ping(a["name"], b["address"], size=LOUD) for _ in range(PINGS)]
        frames = capture.read_frames(0.1)
    if control.reached and not any(frame.data[:6] == _pack_mac(c) for frame in frames):
        raise CannotTell(f"the capture on {c['name']} did not see a ping that it answered", hint="check again")
    expect(all(answer.reached for answer in answers), expected="answers to all pings", observed=answers[-1].detail)
    heard = [frame for frame in frames if frame.data[:12] in talk]
    expect(
        not heard,
        expected=f"{c['name']} gets nothing of what {a['name']} and {b['name']} say to each other",
        observed=f"{c['name']} got {len(heard)} of their frames",
        by=Evidence(c["name"], ("tcpdump", "-nnei", "eth0", "-c", "1", "ether", "host", b["mac"]), "", 0),
    )


def _pack_mac(host: Mapping[str, str]) -> bytes:
    return bytes.fromhex(host["mac"].replace(":", ""))


def _pack_macs(receiver: Mapping[str, str], sender: Mapping[str, str]) -> bytes:
    """As a frame begins."""
    return _pack_mac(receiver) + _pack_mac(sender)


@check(
    points=1,
    after=("first_two_talk", "third_host_talks"),
    hints=(
        "Who in the rack remembers from where each MAC address came?",
        "`bridge fdb show br br0 dynamic` on switch1. Nothing there? A silent host is forgotten: let it send something.",
        "`ping` from every host, then the line with the right `dev` in the table; `%answer mac-behind-the-port MAC`.",
    ),
)
def mac_is_found(view: View) -> None:
    """You found which MAC address is behind the port you were asked about."""
    wanted = view.values["wanted"]
    said = (view.answer("mac-behind-the-port") or "").strip().lower()
    expect(
        said == wanted["mac"],
        expected=f"the MAC address that the switch sees behind {wanted['port']}",
        observed=f"your answer is {said}, which is not there" if said else "mac-behind-the-port is not answered yet",
    )


@check(
    points=1,
    level="more",
    hints=(
        "How long does the switch send frames to a port after its host has been moved away?",
        "`ip -d link show br0` on switch1: `ageing_time`, in hundredths of a second.",
        "`ip link set br0 type bridge ageing_time 1500` on switch1 makes it 15 seconds.",
    ),
)
def switch_forgets(view: View) -> None:
    """The switch forgets a host that has been silent for 20 seconds, and does learn."""
    hosts = [view.values[key] for key in "abc"]
    switch = view.machine("switch1")
    links = switch.links()
    masters = {links[host["port"]].master for host in hosts if host["port"] in links} - {None}
    expect(masters, expected="a bridge that has the hosts' ports", observed="there is none")
    for name in sorted(filter(None, masters)):
        seconds = int(links[name].options.get("ageing_time", 0)) / 100
        expect(
            0 < seconds <= LONGEST,
            expected=f"an ageing time of more than 0 and at most {LONGEST} seconds",
            observed=f"{name} has {seconds:g} seconds{' (it never learns)' if not seconds else ''}",
        )
    kept = {entry.mac for entry in switch.fdb() if entry.state in ("permanent", "static")}
    fixed = [host["name"] for host in hosts if host["mac"] in kept]
    expect(not fixed, expected="it finds out where hosts are", observed=f"told by hand for ever: {', '.join(fixed)}")
