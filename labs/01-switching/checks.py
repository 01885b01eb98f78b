"""Lab 01: three hosts on one Ethernet, joined by a bridge that learns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from labkit import CannotTell
from labkit.check import View, check, expect
from labkit.net import read_links

LOUD = 1200  # bytes of a ping that stands out among ARP and the like
PINGS = 5
LONGEST = 20  # seconds that the switch may remember a silent host


def expect_answers(lab: View, *pairs: tuple[str, str]) -> None:
    """Hosts reach each other; both are named by their keys in lab.toml."""
    lab.expect_answers((lab.values[src]["name"], lab.values[dst]["address"]) for src, dst in pairs)


@check(
    points=2,
    hints=(
        "A frame comes in at one port of switch1. What makes it go out at another?",
        "`bridge link` on switch1: which ports are listed, and in which state?",
        "`ip link add br0 type bridge`, `ip link set br0 up`, `ip link set PORT master br0` for both ports.",
    ),
)
def first_two_talk(lab: View) -> None:
    """The first two hosts reach each other."""
    expect_answers(lab, ("a", "b"), ("b", "a"))


@check(
    points=2,
    hints=(
        "What did the first two cables need at both of their ends, and which of it does the third one lack?",
        "`ip -br link` on the host and on switch1; `bridge link` on switch1.",
        "`ip link set eth0 up` on the host; `ip link set PORT up` and `ip link set PORT master br0` on switch1.",
    ),
)
def third_host_talks(lab: View) -> None:
    """The third host reaches the other two, and they reach it."""
    expect_answers(lab, ("c", "a"), ("c", "b"), ("a", "c"), ("b", "c"))


@check(
    points=1,
    after=("first_two_talk", "third_host_talks"),
    hints=(
        "When one host asks by ARP for another, who should answer, and with whose MAC address?",
        "`arping -c 2 -I eth0 ADDRESS` on one host; compare with `ip link show eth0` on the other.",
        "A second owner: `ip addr del ADDRESS/LENGTH dev eth0`. A router in between: let the bridge do it instead.",
    ),
)
def each_answers_for_itself(lab: View) -> None:
    """Each host answers for its own address, with its own MAC address, and nobody else does."""

    def ask(pair: str) -> None:
        asking, asked = (lab.values[key] for key in pair)
        macs = lab.ask_arp(asking["name"], asked["address"], "eth0")
        expect(
            macs == [asked["mac"]],
            expected=f"{asked['name']} answers {asking['name']} with {asked['mac']}",
            observed=f"{asked['address']} is at {', '.join(macs)}" if macs else "nobody answers",
        )

    with ThreadPoolExecutor() as pool:
        list(pool.map(ask, ("ab", "bc", "ca")))


@check(
    points=2,
    after=("first_two_talk", "third_host_talks"),
    hints=(
        "The switch sends a frame to everybody when it does not know where the receiver is. Why would it not know?",
        "`bridge fdb show br br0` on switch1 while the hosts talk: is everybody in it? `bridge -d link`: `learning on`?",
        "`bridge link set dev PORT learning on` on switch1, and an ageing_time greater than 0.",
    ),
)
def bystander_hears_nothing(lab: View) -> None:
    """What the first two hosts say to each other does not reach the third."""
    a, b, c = (lab.values[key] for key in "abc")
    lab.ping(a["name"], b["address"])  # the first one may be flooded: the switch learns from it
    silent = read_received(lab, c)
    lab.ping(a["name"], c["address"], size=LOUD)
    before = read_received(lab, c)
    if before - silent < LOUD:
        raise CannotTell(f"{c['name']}'s counter did not count a ping of {LOUD} bytes", hint="check again")
    answers = [lab.ping(a["name"], b["address"], size=LOUD) for _ in range(PINGS)]
    expect(all(answer.reached for answer in answers), expected="answers to all pings", observed=answers[-1].detail)
    heard = read_received(lab, c) - before
    expect(
        heard < LOUD,
        expected=f"{c['name']} gets nothing of {PINGS} pings of {LOUD} bytes between {a['name']} and {b['name']}",
        observed=f"{c['name']} got {heard} bytes meanwhile",
    )


def read_received(lab: View, host: Mapping[str, str]) -> int:
    """Bytes that came in at a host's eth0 so far."""
    result = lab.machine(host["name"]).probe(["ip", "-j", "-s", "link", "show", "dev", "eth0"])
    expect(not result.status, expected=f"{host['name']} has a link eth0", observed=result.stderr.strip())
    return int(json.loads(result.stdout)[0]["stats64"]["rx"]["bytes"])


@check(
    points=1,
    after=("first_two_talk", "third_host_talks"),
    hints=(
        "Who in the rack remembers from where each MAC address came?",
        "`bridge fdb show br br0 dynamic` on switch1. Nothing there? A silent host is forgotten: let it send something.",
        "`ping` from every host, then the line with the right `dev` in the table; `%answer mac-behind-the-port MAC`.",
    ),
)
def mac_is_found(lab: View) -> None:
    """You found which MAC address is behind the port you were asked about."""
    wanted = lab.values["wanted"]
    said = (lab.answer("mac-behind-the-port") or "").strip().lower()
    expect(
        said == wanted["mac"],
        expected=f"the MAC address that the switch sees behind {wanted['port']}",
        observed=f"your answer is {said}, which is not there" if said else "mac-behind-the-port is not answered yet",
    )


@check(
    points=1,
    hints=(
        "How long does the switch send frames to a port after its host has been moved away?",
        "`ip -d link show br0` on switch1: `ageing_time`, in hundredths of a second.",
        "`ip link set br0 type bridge ageing_time 1500` on switch1 makes it 15 seconds.",
    ),
)
def switch_forgets(lab: View) -> None:
    """The switch forgets a host that has been silent for 20 seconds, and does learn."""
    links = read_links(lab.machine("switch1"))
    in_use = {link.master for link in links if link.master}
    times = {link.name: int(link.options.get("ageing_time", 0)) / 100 for link in links if link.name in in_use}
    expect(times, expected="a bridge with ports on switch1", observed="there is none")
    for name, seconds in times.items():
        expect(
            0 < seconds <= LONGEST,
            expected=f"an ageing time of more than 0 and at most {LONGEST} seconds",
            observed=f"{name} has {seconds:g} seconds{' (it never learns)' if not seconds else ''}",
        )
