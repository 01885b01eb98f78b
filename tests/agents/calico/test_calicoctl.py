"""calicoctl beside lab 11's objects: its columns, its YAML, its words when it is refused something."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from labkit.agents.calico.ctl import actions
from labkit.agents.calico.ctl.command import main
from labkit.agents.calico.files import FileStore
from labkit.agents.calico.objects import KUBERNETES_POLICY, NETWORK_POLICY, POD
from labkit.errors import UsageError
from labkit.lab.definition import read_definition

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with lab 11's objects."""
    nodes = read_definition(Path(__file__).parents[3] / "labs/11-calico-ipip").topology.machines
    folder = tmp_path_factory.mktemp("calico")
    (folder / "begin.yaml").write_text(
        next(node.files["etc/calico/begin.yaml"] for node in nodes if node.kind == "node")
    )
    FileStore(folder / "store", folder / "begin.yaml")
    return folder / "store"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], begun: Path) -> Run:
    """A command line; its status, output and errors."""
    monkeypatch.setattr(actions, "open_datastore", lambda: FileStore(tmp_path / "store", tmp_path))
    shutil.copytree(begun, tmp_path / "store")

    def carry_out(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["calicoctl", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        status = main()
        said = capsys.readouterr()
        return status, said.out, said.err

    return carry_out


def test_a_pool_in_columns_as_the_source_shows_it(run: Run) -> None:
    assert run("get", "ippool", "-o", "wide")[1].splitlines()[:2] == [
        "NAME           CIDR             NAT    IPIPMODE      VXLANMODE   DISABLED   DISABLEBGPEXPORT   SELECTOR   ",
        "default-pool   10.233.64.0/18   true   CrossSubnet   Never       false      false              all()      ",
    ]


def test_a_pool_as_yaml_is_what_can_be_applied_again(run: Run) -> None:
    text = run("get", "ippool", "default-pool", "-o", "yaml")[1]
    shown = yaml.safe_load(text)
    assert shown["spec"] == {
        "blockSize": 24, "cidr": "10.233.64.0/18", "ipipMode": "CrossSubnet", "natOutgoing": True, "nodeSelector": "all()",
        "vxlanMode": "Never",
    }  # fmt: skip
    assert f'resourceVersion: "{shown["metadata"]["resourceVersion"]}"' in text
    changed = text.replace("CrossSubnet", "Always")
    assert run("apply", "-f", "-", stdin=changed)[:2] == (0, "Successfully applied 1 'IPPool' resource(s)\n")
    assert "Always" in run("get", "pools", "-o", "wide")[1]
    status, _, told = run("replace", "-f", "-", stdin=changed)
    assert (status, "update conflict: IPPool(default-pool)" in told) == (1, True)  # it says an old version


def test_nodes_and_endpoints_are_kubernetes_objects_seen_as_calicos(run: Run) -> None:
    assert run("get", "nodes", "-o", "wide")[1].splitlines()[1].split() == [
        "playcekube-master01",
        "(64512)",
        "10.0.0.11/24",
    ]
    heads, first, *_ = run("get", "wep", "-a")[1].splitlines()
    assert heads.split() == ["NAMESPACE", "WORKLOAD", "NODE", "NETWORKS", "INTERFACE"]
    assert first.split() == ["default", "api", "playcekube-master01", "10.233.77.2/32", "calibd0ecddfcf2"]
    listed = json.loads(run("get", "workloadendpoints", "-o", "json")[1])
    assert listed["kind"] == "WorkloadEndpointList"
    assert listed["items"][0]["metadata"]["name"] == "playcekube--master01-k8s-api-eth0"
    assert run("get", "wep", "-n", "other")[1].splitlines()[1:] == [""]


def test_a_peer_comes_and_goes_and_a_node_gets_a_number(run: Run) -> None:
    peer = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "BGPPeer",
        "metadata": {"name": "tor"},
        "spec": {"peerIP": "10.0.0.1"},
    }
    assert run("create", "-f", "-", stdin=json.dumps(peer))[0] == 0
    assert run("get", "bgppeer")[1].splitlines()[1].split() == ["tor", "10.0.0.1", "(global)", "0"]
    assert run("delete", "bgppeer", "tor")[1] == "Successfully deleted 1 'BGPPeer' resource(s)\n"
    assert run("patch", "node", "playcekube-master01", "-p", '{"spec": {"bgp": {"asNumber": 64513}}}')[0] == 0
    assert " 64513   10.0.0.11/24" in run("get", "node", "playcekube-master01", "-o", "wide")[1]


def test_the_clusters_number_stands_where_a_node_has_none(run: Run) -> None:
    conf = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "BGPConfiguration",
        "metadata": {"name": "default"},
        "spec": {"asNumber": 64600},
    }
    assert run("apply", "-f", "-", stdin=json.dumps(conf))[0] == 0
    assert run("get", "bgpconfig")[1].splitlines()[1].split() == ["default", "-", "64600"]
    assert "(64600)" in run("get", "nodes", "-o", "wide")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("get foo", "Failed to get resources: resource type 'foo' is not supported"),
        ("get ippool foo", 'resource does not exist: IPPool(foo) with error: ippools.crd.projectcalico.org "foo" not found'),
        ("get ippool -o xml", "unrecognized output format 'xml'"),
        ("get ippool -n x", "IPPool is not namespaced"),
        ("apply -f /nothing.yaml", "Failed to execute command: open /nothing.yaml: no such file or directory"),
        ("delete node playcekube-master01", "operation Delete is not supported on Node(playcekube-master01)"),
        ("""patch ippool default-pool -p {"spec":{"ipipMode":"Sometimes"}}""", "error with field IPIPMode = 'Sometimes'"),
        ("""patch ippool default-pool -p {"spec":{"vxlanMode":"Always"}}""", "cannot both be enabled on the same IP pool"),
        ("""patch ippool default-pool -p {"spec":{"cidr":"10.0.0.0/8"}}""", "IPPool CIDR cannot be modified"),
        ("""patch ippool default-pool -p {"spec":{"ipipmode":"Always"}}""", 'json: unknown field "ipipmode"'),
    ],
)  # fmt: skip
def test_it_refuses_in_the_words_that_its_users_know(run: Run, words: str, told: str) -> None:
    status, out, said = run(*words.split())
    assert (status, out) == (1, "")
    assert told in said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: Foo\napiVersion: v1", "Failed to execute command: Unknown resource type (Foo) and/or version (v1)"),
        ("a: [", "Failed to execute command: error converting YAML to JSON"),
        ("", "No resources specified in file -"),
        ("{apiVersion: projectcalico.org/v3, kind: IPPool, metadata: {name: b}, spec: {cidr: 10.233.0.0/16}}",
         "IPPool(b) CIDR overlaps with IPPool(default-pool) CIDR 10.233.64.0/18"),
    ],
)  # fmt: skip
def test_so_it_refuses_files(run: Run, text: str, told: str) -> None:
    status, _, said = run("create", "-f", "-", stdin=text)
    assert (status, told in said) == (1, True), said


def test_version_and_addresses(run: Run) -> None:
    assert "Cluster Version:   v3.20.3" in run("version")[1]
    assert "| IP Pool  | 10.233.64.0/18  |     16384 | 7 (0%)" in run("ipam", "show", "--show-blocks")[1]
    assert "type: ipipTunnelAddress" in run("ipam", "show", "--ip=10.233.77.0")[1]
    assert "| StrictAffinity     | false |" in run("ipam", "show", "--show-configuration")[1]


def test_words_that_it_does_not_know(run: Run) -> None:
    with pytest.raises(SystemExit) as ended:
        run("get", "--frob")
    assert ended.value.code == 1


def test_without_a_datastore_our_own_version_is_known(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> FileStore:
        raise UsageError("no configuration has been provided")

    monkeypatch.setattr(actions, "open_datastore", refuse)
    status, out, told = run("version")
    assert (status, out.startswith("Client Version:    v3.20.3")) == (1, True)
    assert told.startswith("Failed to create Calico API client: no configuration")


POLICIES = """
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {order: 10, selector: app == 'web', ingress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: last}
spec: {selector: all(), egress: [{action: Deny}]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: outside, labels: {zone: out}}
spec: {nets: [203.0.113.0/24, 198.51.100.7/32]}
"""


def test_policies_of_calicos_own_kinds(run: Run, tmp_path: Path) -> None:
    assert run("apply", "-f", "-", stdin=POLICIES)[:2] == (0, "Successfully applied 3 resource(s)\n")
    FileStore(tmp_path / "store", tmp_path).create(
        KUBERNETES_POLICY, {"metadata": {"name": "deny", "namespace": "shop"}, "spec": {"podSelector": {}}}
    )
    shown = [line.rstrip() for line in run("get", "networkpolicy", "-A", "-o", "wide")[1].splitlines()]
    assert shown[:3] == [
        "NAMESPACE   NAME               ORDER   SELECTOR",
        "shop        knp.default.deny   1000    projectcalico.org/orchestrator == 'k8s'",
        "shop        web                10      app == 'web'",
    ]
    assert run("get", "gnp", "-o", "wide")[1].splitlines()[1].split() == ["last", "<nil>", "all()"]
    assert run("get", "globalnetworkset", "-o", "wide")[1].splitlines()[1].split() == [
        "outside", "203.0.113.0/24,198.51.100.7/32",
    ]  # fmt: skip
    kept = FileStore(tmp_path / "store", tmp_path).get(NETWORK_POLICY, "default.web", "shop")
    assert (kept["metadata"]["name"], kept["spec"]["types"]) == ("default.web", ["Ingress"])
    text = run("get", "gnp", "last", "-o", "yaml")[1]
    assert yaml.safe_load(text)["spec"] == {"selector": "all()", "egress": [{"action": "Deny"}], "types": ["Egress"]}
    assert run("apply", "-f", "-", stdin=text.replace("Deny", "Allow"))[0] == 0
    assert run("delete", "networkpolicy", "web", "-n", "shop")[:2] == (
        0,
        "Successfully deleted 1 'NetworkPolicy' resource(s)\n",
    )
    assert run("delete", "gnp", "last")[0] == run("delete", "globalnetworkset", "outside")[0] == 0
    assert (
        "kubernetes network policies must be managed"
        in run("delete", "networkpolicy", "knp.default.deny", "-n", "shop")[2]
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("action: Allow", "action: Permit", "action 'Permit': one of Allow, Deny, Log, Pass"), ("protocol: TCP, ", "", "ports need a protocol"),
        ("app == 'web'", "app = web", "can't be read at"), ("203.0.113.0/24", "203.0.113.0/99", "is no IPv4 network"),
        ("selector: all()", "selektor: all()", 'unknown field "selektor"'),
    ],
)  # fmt: skip
def test_a_policy_that_felix_could_not_read_is_refused(run: Run, old: str, new: str, words: str) -> None:
    status, _, told = run("create", "-f", "-", stdin=POLICIES.replace(old, new))
    assert (status, words in told) == (1, True), told


def test_a_felix_configuration_is_kept_and_a_slip_in_it_refused(run: Run) -> None:
    text = "apiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata: {name: default}\nspec: {%s}\n"
    assert run("apply", "-f", "-", stdin=text % "vxlanMTU: 1400")[0] == 0
    assert "vxlanMTU: 1400" in run("get", "felixconfig", "default", "-o", "yaml")[1]
    assert run("patch", "felixconfiguration", "default", "-p", '{"spec": {"bpfEnabled": true}}')[0] == 0
    assert 'unknown field "vxlanMtu"' in run("apply", "-f", "-", stdin=text % "vxlanMtu: 1400")[2]
    assert "FelixConfiguration.Spec.VxlanMTU = 'big'" in run("apply", "-f", "-", stdin=text % "vxlanMTU: big")[2]


def test_labels_are_set_changed_and_taken_away(run: Run) -> None:
    label = ("label", "nodes", "playcekube-worker01")
    assert run(*label, "rack=a")[1] == "Successfully set label rack on nodes playcekube-worker01\n"
    assert "key rack is already present. please use '--overwrite'" in run(*label, "rack=b")[2]
    assert run(*label, "rack=b", "--overwrite")[1] == "Successfully updated label rack on nodes playcekube-worker01\n"
    assert "rack: b" in run("get", "node", "playcekube-worker01", "-o", "yaml")[1]
    assert run(*label, "rack", "--remove")[1] == "Successfully removed label rack from nodes playcekube-worker01\n"
    assert (
        "can not remove label of nodes playcekube-worker01, key rack does not exist"
        in run(*label, "rack", "--remove")[2]
    )
    assert run("label", "ippool", "default-pool", "a=b")[0] == 0
    assert run("label", "ippool", "default-pool", "a", "--remove")[0] == 0
    assert "labels" not in run("get", "ippool", "default-pool", "-o", "yaml")[1]


@pytest.mark.parametrize("words", [("rack",), ("rack=a", "--remove"), ("=a",)])
def test_a_label_has_to_be_one(run: Run, words: tuple[str, ...]) -> None:
    assert "invalid label" in run("label", "nodes", "playcekube-worker01", *words)[2]


def test_ipam_is_compared_with_what_nodes_and_pods_have(run: Run, tmp_path: Path) -> None:
    told = run("ipam", "check")[1]
    assert "Found 4 IPAM blocks.\n" in told
    assert "Workloads and nodes are using 7 IPs.\n" in told
    assert told.endswith("Check complete; found 0 problems.\n")
    store = FileStore(tmp_path / "store", tmp_path)
    store.delete(POD, "web")
    store.create(POD, {
        "metadata": {"name": "stray", "annotations": {"cni.projectcalico.org/podIP": "10.233.99.77/32"}}, "spec": {"nodeName": "playcekube-worker01"},
    })  # fmt: skip
    told = run("ipam", "check", "--show-problem-ips")[1]
    assert "  10.233.99.10 leaked; attrs Main:cni0.web Extra:" in told
    assert (
        "  10.233.99.77 in use by Workload(default/playcekube--worker01-k8s-stray-eth0) and in active IPAM pool" in told
    )
    assert told.endswith("Check complete; found 2 problems.\n")
