"""The Go module as it stands in this folder: what is built of it, how, and by which name a build is known."""

from __future__ import annotations

import hashlib
import platform
import re
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
FILE: Final = "kubernetes"  # the one binary; it is what it is called by
NAMES: Final = (
    "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubectl", "coredns",
    "flanneld-real",
)  # fmt: skip
_VERSION: Final = re.compile(r"^\s*(\S+) (v[0-9]\S*)$", re.MULTILINE)
_MODULES: Final = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "coredns": "github.com/coredns/coredns",
    "flanneld-real": "github.com/flannel-io/flannel",
}


@cache
def read_versions() -> dict[str, str]:
    """Program -> its version, as go.mod pins it: "v1.35.4"."""
    pinned = dict(_VERSION.findall((FOLDER / "go.mod").read_text(encoding="utf-8")))
    return {name: pinned[_MODULES.get(name, "k8s.io/kubernetes")] for name in NAMES}


def plan_flags() -> list[str]:
    """Words for `go build`: without symbols and the builder's paths, and with the versions that the programs tell."""
    version = read_versions()["kubectl"]
    major, minor, *_ = version.removeprefix("v").split(".")
    told = {
        "k8s.io/component-base/version.gitVersion": version,
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "k8s.io/component-base/version.gitTreeState": "clean",
        "k8s.io/client-go/pkg/version.gitVersion": version,
    }
    linked = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in told.items())])
    return ["-trimpath", "-tags", "grpcnotrace", "-ldflags", linked]


@cache
def read_digest() -> str:
    """What a build is known by: all that it is made from, and for which kind of machine."""
    files = sorted(path for path in FOLDER.iterdir() if path.suffix in (".go", ".mod", ".sum"))
    made_from = [platform.machine(), *plan_flags(), *(path.read_text(encoding="utf-8") for path in files)]
    return hashlib.sha256("\0".join(made_from).encode()).hexdigest()[:16]
