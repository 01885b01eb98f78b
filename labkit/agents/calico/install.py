"""`/opt/cni/bin/install`, the container install-cni: plugins, kubeconfig and conf for its node (cni-plugin pkg/install, release-v3.20)."""

from __future__ import annotations

import argparse
import base64
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from labkit.agents.calico.screen import explain, say
from labkit.errors import LabkitError, UsageError, parse_json
from labkit.kube.config import ACCOUNT

_NAME: Final = "install-cni"
_PROGRAMS: Final = Path("/opt/cni/bin")  # of this container; below _HOST are the node's folders
_HOST: Final = Path("/host")
_CONFS: Final = "etc/cni/net.d"
_KUBECONFIG: Final = "calico-kubeconfig"
_TEXT: Final = """# Kubeconfig file for Calico CNI plugin.
apiVersion: v1
kind: Config
clusters:
- name: local
  cluster:
    server: https://{host}:{port}
    certificate-authority-data: {authority}
users:
- name: calico
  user:
    token: {token}
contexts:
- name: calico-context
  context:
    cluster: local
    user: calico
current-context: calico-context
"""
_USUAL: Final = """{
  "name": "k8s-pod-network",
  "cniVersion": "0.3.1",
  "plugins": [
    {
      "type": "calico",
      "log_level": "info",
      "log_file_path": "/var/log/calico/cni/cni.log",
      "datastore_type": "kubernetes",
      "nodename": "__KUBERNETES_NODE_NAME__",
      "ipam": {"type": "calico-ipam"},
      "policy": {"type": "k8s"},
      "kubernetes": {"kubeconfig": "__KUBECONFIG_FILEPATH__"}
    },
    {"type": "portmap", "snat": true, "capabilities": {"portMappings": true}}
  ]
}
"""
Environment = Mapping[str, str]


def main() -> int:
    """The exit status."""
    argparse.ArgumentParser(
        prog=_NAME,
        description="labkit's stand-in for Calico's: plugins, kubeconfig and conf, from this container to its node's folders below /host.",
        epilog="CNI_NETWORK_CONFIG, CNI_CONF_NAME, CNI_MTU, UPDATE_CNI_BINARIES: as calico-node.yml sets them.",
    ).parse_args()
    try:
        install(os.environ)
    except (LabkitError, OSError) as error:
        say(_NAME, explain(error) if isinstance(error, LabkitError) else str(error))
        return 1
    return 0


def install(environment: Environment, host: Path = _HOST) -> None:
    """The conf comes last: with it the node has a network. Raises LabkitError, OSError."""
    say(_NAME, "this course's stand-in for Calico's")
    _copy_programs(host / "opt/cni/bin", update=environment.get("UPDATE_CNI_BINARIES", "").lower() == "true")
    folder = host / _CONFS
    _write(folder / _KUBECONFIG, render_kubeconfig(environment, Path(ACCOUNT)), mode=0o600)
    conf = render_conf(_read_template(environment), environment)
    _write(folder / (environment.get("CNI_CONF_NAME") or "10-calico.conflist"), conf, mode=0o644)


def _copy_programs(folder: Path, *, update: bool) -> None:
    for source in sorted(_PROGRAMS.iterdir()):
        target = folder / source.name
        if target.exists() and not update:
            say(_NAME, f"{target} stays as it is")
            continue
        fresh = target.with_name(f"{target.name}.tmp")
        shutil.copy(source, fresh)
        fresh.replace(target)
        say(_NAME, f"Installed {target}")


def _read_template(environment: Environment) -> str:
    """A file of the node's, or a variable, or the one that Calico brings. Raises UsageError."""
    named = environment.get("CNI_NETWORK_CONFIG_FILE", "")
    if not named:
        return environment.get("CNI_NETWORK_CONFIG") or _USUAL
    try:
        return Path(named).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"open {named}: {(error.strerror or '').lower()}", hint="CNI_NETWORK_CONFIG_FILE names the conf's template"
        ) from error


def render_conf(template: str, environment: Environment) -> str:
    """The template's words filled in. Raises LabkitError: what comes of it is no JSON."""
    words = {
        "LOG_LEVEL": environment.get("LOG_LEVEL", "info"), "LOG_FILE_PATH": "/var/log/calico/cni/cni.log",
        "DATASTORE_TYPE": environment.get("DATASTORE_TYPE", "kubernetes"), "CNI_MTU": environment.get("CNI_MTU", "1500"),
        "KUBERNETES_NODE_NAME": environment.get("KUBERNETES_NODE_NAME") or os.uname().nodename,
        "KUBECONFIG_FILEPATH": f"/{_CONFS}/{_KUBECONFIG}",
    }  # fmt: skip
    text = template
    for word, value in words.items():
        text = text.replace(f"__{word}__", value)
    parse_json(text, "the conf of CNI")
    return text


def render_kubeconfig(environment: Environment, account: Path) -> str:
    """With this pod's own token. `account`: the folder of its service account."""
    authority = base64.b64encode((account / "ca.crt").read_bytes()).decode()
    return _TEXT.format(
        host=environment.get("KUBERNETES_SERVICE_HOST", ""), port=environment.get("KUBERNETES_SERVICE_PORT", ""),
        authority=authority, token=(account / "token").read_text(encoding="ascii"),
    )  # fmt: skip


def _write(path: Path, text: str, *, mode: int) -> None:
    """Whole or not at all: kubelet looks at this folder all the time."""
    fresh = path.with_name(f".{path.name}.tmp")
    fresh.touch(mode=mode)
    fresh.chmod(mode)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
    say(_NAME, f"Created {path}")
