"""Chains, rules, names and comments are those of real nodes, letter by letter.

Compared with what `iptables-save` and `ipset list` print on nodes with Calico 3.8 (GKE, policies in a namespace alpha) and 3.20 (kubeadm, IPIP).
"""

from __future__ import annotations

import pytest

from labkit.agents.calico.policy import kubernetes, native
from labkit.agents.calico.policy.chains import find_common, plan_dispatch, plan_workload_chain
from labkit.agents.calico.policy.model import INGRESS
from labkit.agents.calico.policy.naming import name_chain, name_policy_chain, name_profile_chain
from labkit.agents.calico.policy.rules import render_rule, render_rules
from labkit.agents.calico.policy.statics import plan_filter
from labkit.agents.calico.policy.table import hash_appended, hash_rules
from tests.agents.calico.policies import render_policy

STATIC = plan_filter({}, ipip=True, vxlan=False)
COMPLEX = render_policy("access-nginx-complex", "alpha", {
    "podSelector": {"matchLabels": {"run": "nginx"}}, "policyTypes": ["Ingress", "Egress"],
    "ingress": [{
        "from": [
            {"ipBlock": {"cidr": "10.63.48.0/22", "except": ["10.63.48.4/32"]}},
            {"namespaceSelector": {"matchLabels": {"ns": "a"}}},
            {"namespaceSelector": {"matchLabels": {"ns": "b"}}, "podSelector": {"matchLabels": {"run": "access"}}},
        ],
        "ports": [{"protocol": "TCP", "port": 80}],
    }],
    "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"protocol": "TCP", "port": 80}]}],
})  # fmt: skip


@pytest.mark.parametrize(
    ("chain", "comments"),
    [
        ("cali-FORWARD", "vjrMJCRpqwy5oRoX A_sPAO0mcxbT9mOV 8ZoYfO5HKXWbB3pk jdEuaPBe14V2hutn 12bc6HljsMKsmfr- NOSxoaGx8OIstr1z"),
        ("cali-INPUT", "PajejrV4aFdkZojI _wjq-Yrma8Ly1Svo 8TZGxLWh_Eiz66wc 6McIeIDvPdL6PE1T YGPbrUms7NId8xVa 2gmY7Bg2i0i84Wk_ q-Vz2ZT9iGE331LL"),
        ("cali-OUTPUT", "Mq1_rAdXXH3YkrzW 69FkRTJDvD5Vu6Vl AnEsmO6bDZbQntWW 9e9Uf3GU5tX--Lxy 0f3LDz_VKuHFaA2K OgU2f8BVEAZ_fwkq"),
    ],
)  # fmt: skip
def test_the_static_chains_have_a_real_nodes_comments(chain: str, comments: str) -> None:
    assert hash_rules(chain, STATIC.chains[chain]) == tuple(f"cali:{each}" for each in comments.split())


def test_the_jumps_have_a_real_nodes_comments() -> None:
    jumps = {chain: hash_rules(chain, rules) for chain, rules in STATIC.inserted.items()}
    assert jumps == {
        "INPUT": ("cali:Cz_u1IQiXIMmKD4c",), "FORWARD": ("cali:wUHhoiAYhphO9Mso",), "OUTPUT": ("cali:tVnHkvAo15HuiPy0",),
    }  # fmt: skip
    assert hash_appended("FORWARD", STATIC.appended["FORWARD"]) == ("cali:S93hcgKJrXEqnTfs", "cali:mp77cMpurHhyjLrM")


def test_a_pods_chain_has_a_real_nodes_comments() -> None:
    policies, profiles = (
        ("alpha/knp.default.access-nginx", "alpha/knp.default.alpha-deny"),
        ("kns.alpha", "ksa.alpha.default"),
    )
    rules = plan_workload_chain(INGRESS, policies, profiles)
    comments = """FUgB7G5ObIh96acF WQJ64LtbzEP_A0C0 lq8KVGA-L8Gpp_Q1 LFDbDDVQlKjgSqzz ODoIaF_IPx3TRmF0 MVOQxoANBbR11zgK LkeeeuVbaL4uBlnj
        eoYOE3_IE3Y9cuyP DENqw_tUMNBLYcWY ON2zKuQtJfA4tb10 Dh-T8hAFGcEyArmG gaIrhBZhebaQy98N CAWiU-725yymw2-w _igYgy60wKudPMD0"""
    assert hash_rules("cali-tw-cali92d634f8f03", rules) == tuple(f"cali:{each}" for each in comments.split())


def test_a_policys_rules_have_a_real_nodes_comments_and_ipsets() -> None:
    policy, refused = kubernetes.parse_policy(COMPLEX)
    chain = name_policy_chain(INGRESS, policy.name)
    rules = [line for rule in policy.ingress or () for line in render_rule(rule)]
    comments = "OeI8Z8LoNxhlHpkK vDgXktHVGJU-gOA1 b2PcWFL4ZdRMP-QC NyzjuO985SLGb87x su3_GX0YHNdddn7_ IcAbXi0MCC2savHZ M9metct_7_VajGJ3 c4DpI-OwidJpNfUU"
    assert (chain, refused) == ("cali-pi-_w6rJoXTmbxiadSPZU3_", [])
    assert hash_rules(chain, rules) == tuple(f"cali:{each}" for each in comments.split())
    assert "--match-set cali40s:USRWmGlMuNymjhMsAmbxKOD src" in rules[4]


@pytest.mark.parametrize(
    ("name", "chain"),
    [
        (name_policy_chain(INGRESS, "default/knp.default.default-deny"), "cali-pi-_R3gvoG4sTTQrQ1d4clb"),
        (name_profile_chain(INGRESS, "ksa.kube-system.default"), "cali-pri-_hNSGmJYNT8uLIzxesP"),
        (name_profile_chain(INGRESS, "ksa.default.default"), "cali-pri-ksa.default.default"),
        (name_profile_chain("egress", "kns.kube-system"), "cali-pro-kns.kube-system"),
        (name_chain("cali-tw-", "cali382bc0c1cbe"), "cali-tw-cali382bc0c1cbe"),
        (name_chain("cali-pi-", "_2345678901234567890"), "cali-pi-_NRWGJbcgjLYWITkwn5H"),
    ],
)  # fmt: skip
def test_names_of_chains(name: str, chain: str) -> None:
    assert name == chain


def test_links_that_share_a_letter_share_a_chain() -> None:
    chains = plan_dispatch(INGRESS, ["cali5b", "cali1", "cali5a"])
    assert list(chains) == ["cali-to-wl-dispatch-5", "cali-to-wl-dispatch"]
    assert chains["cali-to-wl-dispatch"][:2] == [
        "--out-interface cali1 --goto cali-tw-cali1", "--out-interface cali5+ --goto cali-to-wl-dispatch-5",
    ]  # fmt: skip
    assert all("Unknown interface" in rules[-1] for rules in chains.values())


@pytest.mark.parametrize(
    ("names", "common"), [([], ""), (["cali1"], "cali1"), (["cali1", "cali2"], "cali"), (["a", "b"], "")]
)
def test_what_names_have_in_common(names: list[str], common: str) -> None:
    assert find_common(names) == common


def test_a_policys_chain_says_which_policy_it_is() -> None:
    assert render_rules([], "Policy blue/knp.default.deny ingress") == [
        '-m comment --comment "Policy blue/knp.default.deny ingress"'
    ]


def test_alternatives_that_one_rule_has_no_words_for_become_blocks() -> None:
    rule = native.parse_rule({
        "action": "Pass", "protocol": "TCP", "source": {"nets": ["10.0.0.0/8", "172.16.0.0/12"], "notNets": ["10.1.0.0/16"]},
        "destination": {"ports": [*range(1000, 1060, 3), "2000:3000", "web"], "selector": "app == 'db'"},
    }, "blue")  # fmt: skip
    lines = render_rule(rule)
    assert lines[0] == "--jump MARK --set-mark 0x0/0xc0000"
    assert [line.split(" --jump ")[1] for line in lines[1:]] == [
        *["MARK --set-mark 0x40000/0x40000"] * 3, *["MARK --set-mark 0x80000/0x80000"] * 2, "MARK --set-mark 0/0x40000",
        "MARK --set-mark 0x20000/0x20000", "RETURN",
    ]  # fmt: skip
    assert lines[7].startswith("-p tcp -m set --match-set cali40s:")
    assert "! --source 10.1.0.0/16 -m mark --mark 0x40000/0x40000" in lines[7]
