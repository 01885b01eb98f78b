"""Chains and ipsets: what differs is written, in an order in which nothing stands open; what others wrote stays."""

from __future__ import annotations

import pytest

from labkit.agents.calico.felix import ipsets, tables
from labkit.agents.calico.felix.difference import plan_difference
from labkit.agents.calico.policy.table import Table, hash_appended, hash_rules

TABLE = Table(
    {"cali-FORWARD": ["--jump cali-pods"], "cali-pods": ["--goto cali-pod"], "cali-pod": ["--jump DROP"]},
    {"FORWARD": ["--jump cali-FORWARD"]}, {"FORWARD": ["-m mark --mark 1 --jump ACCEPT", "--jump MARK --set-mark 1/1"]},
)  # fmt: skip
TABLES = {"filter": TABLE}
FIRST, LAST = hash_rules("FORWARD", TABLE.inserted["FORWARD"])[0], hash_appended("FORWARD", TABLE.appended["FORWARD"])


def render(saved: str, wanted: tables.Tables = TABLES) -> list[str]:
    return tables.render(wanted, plan_difference(tables.plan(wanted), tables.parse(saved, wanted)))


def save(forward: list[str], chains: str = "") -> str:
    """What iptables-save prints of a table with these rules, each by its comment, in FORWARD; all chains of Felix's are right, or `chains`."""
    own = [
        f'-A {name} -m comment --comment "{comment}" -j X'
        for name, rules in TABLE.chains.items()
        for comment in hash_rules(name, rules)
    ]
    rules = [f'-A FORWARD -m comment --comment "{comment}" -j X' for comment in forward]
    heads = ["*filter", ":FORWARD ACCEPT [0:0]", *(f":{name} - [0:0]" for name in TABLE.chains)]
    return "\n".join([*heads, *rules, *([chains] if chains else own), "COMMIT", ""])


def test_a_rules_comment_depends_on_all_before_it() -> None:
    first, second = hash_rules("c", ["--jump A", "--jump B"])
    assert hash_rules("c", ["--jump B", "--jump A"])[1] != first
    assert hash_rules("c", ["--jump B"])[0] != second


def test_what_is_jumped_to_is_written_before_the_jump() -> None:
    lines = render("*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n")
    assert [line for line in lines if line.startswith(":")] == [
        ":cali-pod - [0:0]",
        ":cali-pods - [0:0]",
        ":cali-FORWARD - [0:0]",
    ]
    assert [line.split()[:2] for line in lines[-4:-1]] == [["-I", "FORWARD"], ["-A", "FORWARD"], ["-A", "FORWARD"]]
    assert (lines[0], lines[-1]) == ("*filter", "COMMIT")


def test_nothing_is_written_where_all_is_right_whatever_others_have_between() -> None:
    assert render(save([FIRST, "somebody else's", *LAST])) == []


@pytest.mark.parametrize("forward", [["x", FIRST, *LAST], [FIRST, FIRST, *LAST]])
def test_a_jump_that_is_not_the_first_becomes_it_again(forward: list[str]) -> None:
    assert [line.split()[:2] for line in render(save(forward))] == [
        ["*filter"],
        ["-D", "FORWARD"],
        ["-I", "FORWARD"],
        ["COMMIT"],
    ]


def test_what_was_put_behind_the_last_rules_comes_before_them_again() -> None:
    lines = render(save([FIRST, *LAST, "x"]))
    assert [line.split()[0] for line in lines] == ["*filter", "-D", "-D", "-A", "-A", "COMMIT"]


def test_a_chain_that_somebody_changed_is_written_anew_and_no_other() -> None:
    comment = hash_rules("cali-pod", TABLE.chains["cali-pod"])[0]
    lines = render(save([FIRST, *LAST]).replace(f'"{comment}" -j X', f'"{comment}" -j X\n-A cali-pod -j ACCEPT'))
    assert lines == [
        "*filter",
        ":cali-pod - [0:0]",
        f'-A cali-pod -m comment --comment "{comment}" --jump DROP',
        "COMMIT",
    ]


def test_chains_and_rules_that_nobody_wants_any_more_go_last() -> None:
    saved = '*filter\n:INPUT ACCEPT [0:0]\n:cali-old - [0:0]\n:KUBE-X - [0:0]\n-A INPUT -m comment --comment "cali:abc" -j cali-old\nCOMMIT\n'
    assert render(saved, {}) == [
        "*filter", '-D INPUT -m comment --comment "cali:abc" -j cali-old', ":cali-old - [0:0]", "-X cali-old", "COMMIT",
    ]  # fmt: skip


def test_a_transaction_is_small_and_a_chain_is_in_one_of_them() -> None:
    many = {"filter": Table({f"cali-{number}": ["--jump DROP"] * 9 for number in range(100)})}
    lines = render("*filter\nCOMMIT\n", many)
    sizes = [len(chunk.splitlines()) for chunk in "\n".join(lines).split("COMMIT")]
    assert 200 < max(sizes) < 300
    assert all(chunk.lstrip().startswith("*filter\n:cali-") for chunk in "\n".join(lines).split("COMMIT") if chunk)


def test_a_set_gets_and_loses_only_what_differs() -> None:
    saved = "create cali40x hash:net family inet\nadd cali40x 10.0.0.1\nadd cali40x 10.0.0.2\ncreate cali40old hash:net\ncreate KUBE hash:ip\n"
    wanted = ipsets.plan(
        {"cali40x": ("hash:net", frozenset({"10.0.0.2", "10.0.0.3"})), "cali40y": ("hash:ip,port", frozenset())}
    )
    difference = plan_difference(wanted, ipsets.parse(saved))
    assert ipsets.render(difference) == [
        "add cali40x 10.0.0.3", "del cali40x 10.0.0.1", "create cali40y hash:ip,port family inet maxelem 1048576",
    ]  # fmt: skip
    assert ipsets.render_gone(difference) == ["destroy cali40old"]
