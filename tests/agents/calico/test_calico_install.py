"""install-cni: the conf that comes of a template, the kubeconfig, and their places; upgrade-ipam."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from labkit.agents.calico import install
from labkit.agents.calico.upgrade import run_upgrade
from labkit.cluster.calico import render_template
from labkit.cluster.values import Cluster
from labkit.errors import LabkitError

ENVIRONMENT = {
    "KUBERNETES_NODE_NAME": "worker1", "KUBERNETES_SERVICE_HOST": "192.168.50.10", "KUBERNETES_SERVICE_PORT": "6443",
    "UPDATE_CNI_BINARIES": "true", "CNI_CONF_NAME": "10-calico.conflist",
}  # fmt: skip
TEMPLATE = render_template(Cluster("control", (), pods="10.50.0.0/16", addon="calico"))


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The node's folders, beside the container's own programs and service account."""
    for folder in ("programs", "account", "host/etc/cni/net.d", "host/opt/cni/bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "programs/calico").write_text("new")
    (tmp_path / "account/token").write_text("secret")
    (tmp_path / "account/ca.crt").write_text("authority")
    monkeypatch.setattr(install, "_PROGRAMS", tmp_path / "programs")
    monkeypatch.setattr(install, "ACCOUNT", str(tmp_path / "account"))
    return tmp_path / "host"


def test_plugins_kubeconfig_and_conf_come_to_their_places(host: Path) -> None:
    install.install({**ENVIRONMENT, "CNI_NETWORK_CONFIG": TEMPLATE}, host)
    folder = host / "etc/cni/net.d"
    assert sorted(path.name for path in folder.iterdir()) == ["10-calico.conflist", "calico-kubeconfig"]
    plugin = json.loads((folder / "10-calico.conflist").read_text())["plugins"][0]
    assert (plugin["nodename"], plugin["ipam"]["ipv4_pools"]) == ("worker1", ["10.50.0.0/16"])
    assert plugin["kubernetes"]["kubeconfig"] == "/etc/cni/net.d/calico-kubeconfig"
    config = yaml.safe_load((folder / "calico-kubeconfig").read_text())
    assert config["clusters"][0]["cluster"]["server"] == "https://192.168.50.10:6443"
    assert config["users"][0]["user"]["token"] == "secret"
    assert (folder / "calico-kubeconfig").stat().st_mode & 0o777 == 0o600
    assert (host / "opt/cni/bin/calico").read_text() == "new"


def test_a_plugin_that_is_there_stays_unless_it_shall_be_updated(host: Path) -> None:
    (host / "opt/cni/bin/calico").write_text("old")
    install.install({**ENVIRONMENT, "UPDATE_CNI_BINARIES": "false"}, host)
    assert (host / "opt/cni/bin/calico").read_text() == "old"


def test_without_a_template_calicos_own_conf_is_used(host: Path) -> None:
    install.install(ENVIRONMENT, host)
    assert json.loads((host / "etc/cni/net.d/10-calico.conflist").read_text())["name"] == "k8s-pod-network"


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"CNI_NETWORK_CONFIG": '{"name": '}, "the conf of CNI"),
        ({"CNI_NETWORK_CONFIG_FILE": "/host/nowhere"}, "open /host/nowhere: no such file or directory"),
    ],
)
def test_a_template_that_is_none_leaves_the_node_without_a_network(
    host: Path, broken: dict[str, str], told: str
) -> None:
    with pytest.raises(LabkitError, match=told):
        install.install({**ENVIRONMENT, **broken}, host)
    assert not (host / "etc/cni/net.d/10-calico.conflist").exists()


def test_addresses_of_host_local_are_not_taken_over_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_upgrade(tmp_path / "none") == 0
    (tmp_path / "last_reserved_ip.0").touch()
    assert run_upgrade(tmp_path) == 0
    (tmp_path / "10.244.1.2").touch()
    assert run_upgrade(tmp_path) == 1
    assert "host-local has given 10.244.1.2" in capsys.readouterr().err
