"""The texts of `weave status`, and gossip."""

from __future__ import annotations

from typing import Any

from labkit.agents.weave import status
from labkit.agents.weave.topology import Hop, Peer, drop_unreachable, merge_peers, parse_peer, render_peer

ONE, TWO, THREE = (f"00:00:00:00:00:0{number}" for number in (1, 2, 3))


def plan_report(**changes: Any) -> dict[str, Any]:
    hops = [
        {"peer": TWO, "address": "192.168.48.12:33866", "outbound": False, "established": True},
        {"peer": THREE, "address": "192.168.48.13:6783", "outbound": True, "established": False},
    ]
    report: dict[str, Any] = {
        "name": ONE, "nickname": "host1", "pool": "10.32.0.0/12",
        "refusals": {"192.168.48.15": "it has our own name"},
        "targets": {"192.168.48.14": "dial tcp4 192.168.48.14:6783: No route to host", "192.168.48.13": "connecting"},
        "connections": [
            hops[0] | {"nickname": "host2", "state": "established", "overlay": "fastdp", "mtu": 1376, "why": ""},
            hops[1] | {"nickname": "host3", "state": "pending", "overlay": None, "mtu": 1376, "why": "nothing comes"},
        ],
        "peers": [{"name": ONE, "nickname": "host1", "connections": hops}],
        "ipam": [
            {"peer": ONE, "nickname": "host1", "addresses": 524288, "share": 0.5, "given": 2},
            {"peer": TWO, "nickname": "", "addresses": 524288, "share": 0.5, "given": None},
        ],
        "containers": [{"container": "abcdef0123456789", "mac": "0a:00:00:00:00:01", "address": "10.32.0.2/12"}],
        "forwarding": {"by": "own rules", "decisions": 0, "failed": ""},
    }  # fmt: skip
    return report | changes


def test_connections_as_weave_prints_them() -> None:
    assert status.render_connections(plan_report()).splitlines() == [
        f"<- 192.168.48.12:33866   established unencrypted fastdp {TWO}(host2) mtu=1376",
        f"-> 192.168.48.13:6783    pending     unencrypted        {THREE}(host3) nothing comes",
        "-> 192.168.48.14:6783    retrying    dial tcp4 192.168.48.14:6783: No route to host",
        "<- 192.168.48.15         failed      it has our own name",
    ]


def test_peers_as_weave_prints_them() -> None:
    assert status.render_peers(plan_report()).splitlines() == [
        f"{ONE}(host1)",
        f"   <- 192.168.48.12:33866   {TWO}(?)        established",
        f"   -> 192.168.48.13:6783    {THREE}(?)        pending",
    ]


def test_ipam_and_ps() -> None:
    assert status.render_ipam(plan_report()).splitlines() == [
        f"{ONE}(host1)           524288 IPs (50.0% of total) (2 active)",
        f"{TWO}()                524288 IPs (50.0% of total) - unreachable!",
    ]
    assert status.render_containers(plan_report()) == "abcdef012345 0a:00:00:00:00:01 10.32.0.2/12"


def test_the_summary_says_who_forwards() -> None:
    text = status.render_status(plan_report())
    assert "    Connections: 4 (1 established, 3 failed or pending)" in text
    assert "     Forwarding: own rules" in text
    failed = {"by": "own rules", "decisions": 3, "failed": "forward.py, line 2: KeyError: 'x'"}
    assert "own rules, because forward.py, line 2" in status.render_status(plan_report(forwarding=failed))
    slow = {"by": "/root/forward.py", "decisions": 3, "failed": "", "seconds": 0.20036}
    assert "/root/forward.py (3 decisions, 200 ms each)" in status.render_status(plan_report(forwarding=slow))


def make_peer(name: str, version: int, *others: str, uid: int = 1) -> Peer:
    hops = tuple(Hop(other, "192.168.48.1:6783", outbound=True, established=True) for other in others)
    return Peer(name, name, uid, version, connections=hops)


def test_the_newer_word_counts_and_nobody_tells_us_about_ourselves() -> None:
    known = {ONE: make_peer(ONE, 1), TWO: make_peer(TWO, 5)}
    told = [make_peer(ONE, 9, THREE), make_peer(TWO, 4, ONE), make_peer(THREE, 1)]
    assert merge_peers(known, told, ONE) == known | {THREE: told[2]}
    again = make_peer(TWO, 0, uid=2)
    assert merge_peers(known, [again], ONE)[TWO] == again


def test_who_is_not_reached_by_any_chain_is_dropped() -> None:
    known = {ONE: make_peer(ONE, 1, TWO), TWO: make_peer(TWO, 1, ONE), THREE: make_peer(THREE, 1, TWO)}
    assert set(drop_unreachable(known, ONE)) == {ONE, TWO}


def test_a_peer_survives_json() -> None:
    peer = make_peer(TWO, 3, ONE)
    assert parse_peer(render_peer(peer)) == peer
