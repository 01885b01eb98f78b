"""Lab 01: three hosts on one Ethernet, joined by a bridge that learns."""

from __future__ import annotations

import contextlib
import itertools
import random
import re
import secrets
from collections.abc import Mapping

from labkit import CannotTell, LabkitError
from labkit.check import Evidence, View, both_ways, check, expect, rate_tries
from labkit.net import Batch, Capture, Frame

LOUD = 1200  # bytes of a ping that stands out among ARP and the like
PINGS = 5
LONGEST = 20  # seconds that the switch may remember a silent host
EVERYBODY = b"\xff" * 6
OURS = b"\x88\xb5"  # IEEE 802's EtherType for local experiments: no host listens to it
SHORTEST = 60  # bytes of a frame
FLIGHT = 0.5  # seconds that a frame may take
MOMENT = 0.05  # seconds, for the copies of a frame that has arrived
MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")


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
    hints=(
        "When one host asks by ARP for another, who should answer, and with whose MAC address?",
        "`arping -c 2 -I eth0 ADDRESS` on one host; compare with `ip link show eth0` on the other.",
        "A second owner: `ip addr del ADDRESS/LENGTH dev eth0`. A router in between: let the bridge do it instead.",
    ),
)
def each_answers_for_itself(view: View) -> None:
    """Each host answers for its own address, with its own MAC address, and nobody else does."""
    pairs = list(itertools.permutations([view.values[key] for key in "abc"], 2))
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
def mac_is_found(view: View) -> float:
    """You found which MAC address is behind the port you were asked about."""
    wanted = view.values["wanted"]
    given = [said for each in view.tries("mac-behind-the-port") if MAC.fullmatch(said := each.strip().lower())]
    said = (view.answer("mac-behind-the-port") or "").strip().lower()
    expect(
        said == wanted["mac"],
        expected=f"the MAC address that the switch sees behind {wanted['port']}",
        observed=f"your answer is {said}, which is not there" if said else "mac-behind-the-port is not answered yet",
    )
    return rate_tries(len(list(itertools.groupby(given))))


@check(
    points=1,
    level="more",
    after=("first_two_talk", "third_host_talks"),
    hints=(
        "How long does the switch send frames to a port after its host has been moved away?",
        "`ip -d link show br0` on switch1: `ageing_time`, in hundredths of a second.",
        "`ip link set br0 type bridge ageing_time 1500` on switch1 makes it 15 seconds.",
    ),
)
def switch_forgets(view: View) -> None:
    """The switch learns where a host is, also one that comes or moves, and forgets one that has been silent for 20 seconds."""
    hosts = [view.values[key] for key in "abc"]
    bridges = expect_short_memory(view, hosts)
    guest = expect_following(view, random.sample(hosts, len(hosts)))
    switch = view.machine("switch1")
    known = [entry for entry in switch.fdb() if entry.mac == guest]
    expect(
        bridges.intersection(entry.bridge for entry in known),
        expected="the bridge that the ports are in has learned of a new host",
        observed=f"{guest} is reached, and {', '.join(sorted(bridges))} does not know it",
    )
    tidy = Batch(switch)  # whoever reads the table next shall not wonder who that was
    for entry in known:
        tidy.del_fdb(guest, entry.link, master=True)
    with contextlib.suppress(LabkitError):  # it has aged meanwhile
        tidy.commit()


def expect_short_memory(view: View, hosts: list[Mapping[str, str]]) -> set[str]:
    """The bridges that have the hosts' ports; they were told of no host for ever."""
    switch = view.machine("switch1")
    links = switch.links()
    ports = [links[host["port"]] for host in hosts if host["port"] in links]
    masters = {port.master for port in ports if port.master}
    expect(masters, expected="a bridge that has the hosts' ports", observed="there is none")
    for name in sorted(masters):
        seconds = int(links[name].options.get("ageing_time", 0)) / 100
        expect(
            0 < seconds <= LONGEST,
            expected=f"an ageing time of more than 0 and at most {LONGEST} seconds",
            observed=f"{name} has {seconds:g} seconds{' (it never learns)' if not seconds else ''}",
        )
    kept = {entry.mac for entry in switch.fdb() if entry.state in ("permanent", "static")}
    fixed = [host["name"] for host in hosts if host["mac"] in kept]
    expect(not fixed, expected="it finds out where hosts are", observed=f"told by hand for ever: {', '.join(fixed)}")
    return masters


def expect_following(view: View, hosts: list[Mapping[str, str]]) -> str:
    """A host that nobody has seen comes to one port and moves to another; its MAC address."""
    asking, *places = hosts
    guest = bytes([2, *secrets.token_bytes(5)])
    with Capture([view.machine(host["name"]) for host in hosts], keep=lambda data: data[12:14] == OURS) as capture:
        for here in places:
            heard = send(view, capture, (here, asking), EVERYBODY + guest)
            expect(
                asking["name"] in heard,
                expected=f"{asking['name']} hears what a new host, in {here['name']}'s place, says to everybody",
                observed="it hears nothing",
            )
            heard = send(view, capture, (asking, here), guest + _pack_mac(asking))
            expect(
                heard == {here["name"]},
                expected=f"what is sent to a host that spoke last at {here['port']} comes out there only",
                observed=f"it gets to {' and '.join(sorted(heard)) or 'nobody'}",
            )
    return guest.hex(":")


def send(view: View, capture: Capture, way: tuple[Mapping[str, str], Mapping[str, str]], header: bytes) -> set[str]:
    """Who gets a frame that the first one sends; the second is waited for."""
    src, dst = way
    token = secrets.token_bytes(16)
    view.send_frame(src["name"], "eth0", (header + OURS + token).ljust(SHORTEST, b"\0"))
    capture.read_frames(FLIGHT, enough=lambda frames: dst["name"] in find(frames, token))
    return set(find(capture.read_frames(MOMENT), token))


def find(frames: list[Frame], token: bytes) -> list[str]:
    """Machines that a frame came in at."""
    return [frame.machine for frame in frames if frame.direction == "in" and token in frame.data]
