"""What every machine starts with: its private folders and files, and one stated list of sysctls."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from labkit.world import kernel
from labkit.world.enclosure import MACHINE, WORK

FOLDERS: Final = (
    "etc/cni/net.d", "etc/bird", "etc/calico", "etc/kubernetes", "opt/cni/bin", "var/lib/cni", "var/log", "run/netns", "root", "tmp", "shm",
)  # fmt: skip

# New namespaces copy some values from the host's: stated here, a lab behaves the same on every machine.
# br_netfilter is a module: where it is not loaded bridged packets never meet iptables, so it starts switched off.
SYSCTLS: Final[Mapping[str, str]] = {
    "net.ipv6.conf.all.disable_ipv6": "1",
    "net.ipv6.conf.default.disable_ipv6": "1",
    "net.ipv4.ip_forward": "0",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.default.rp_filter": "0",
    "net.ipv4.conf.all.accept_redirects": "0",
    "net.ipv4.conf.default.accept_redirects": "0",
    "net.ipv4.conf.all.send_redirects": "0",
    "net.ipv4.conf.default.send_redirects": "0",
    "net.ipv4.conf.all.proxy_arp": "0",
    "net.ipv4.conf.default.proxy_arp": "0",
    "net.bridge.bridge-nf-call-iptables": "0",
    "net.bridge.bridge-nf-call-arptables": "0",
}
_PLUGINS: Final = "/usr/lib/cni"
_HOSTS: Final = "127.0.0.1\tlocalhost\n"
_BASHRC: Final = "PS1='\\u@\\h:\\w# '\nalias ls='ls --color=auto'\n"


def write_skeleton(name: str, files: Mapping[str, str], work: str | None) -> None:
    """Mount this machine's tmpfs on /.machine and fill it; `files` maps paths such as "etc/hosts" to their text."""
    kernel.mount("tmpfs", MACHINE, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755,size=256m")
    for folder in FOLDERS:
        os.makedirs(f"{MACHINE}/{folder}")  # noqa: PTH103 - 1,000 machines: a third of Path's time
    for plugin in sorted(os.listdir(_PLUGINS)) if os.path.isdir(_PLUGINS) else ():  # noqa: PTH112, PTH208
        os.symlink(f"{_PLUGINS}/{plugin}", f"{MACHINE}/opt/cni/bin/{plugin}")  # noqa: PTH211
    own = {
        "etc/hostname": f"{name}\n",
        "etc/hosts": f"{_HOSTS}127.0.1.1\t{name}\n",
        "etc/resolv.conf": "",
        "root/.bashrc": _BASHRC,
    }
    for path, text in (own | dict(files)).items():
        _write_file(f"{MACHINE}/{path}", text)
    if work and not Path(work).exists():
        # by way of the links into this machine's folders: /root, /tmp, /var/tmp
        Path(work).parent.mkdir(parents=True, exist_ok=True)
        Path(work).symlink_to(WORK)


def _write_file(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    with open(path, "w") as file:  # noqa: PTH123
        file.write(text)


def write_sysctls(values: Mapping[str, str]) -> None:
    """Set this network namespace's sysctls; the stated list's are left out where the kernel has no such entry."""
    for name, value in (dict(SYSCTLS) | dict(values)).items():
        path = plan_sysctl_path(name)
        if name in values or os.path.exists(path):  # noqa: PTH110
            with open(path, "w") as file:  # noqa: PTH123
                file.write(value)


def plan_sysctl_path(name: str) -> str:
    """Its file, by sysctl(8)'s rule: the first separator is the one that is meant; net/ipv4/conf/flannel.1/forwarding."""
    dots, slashes = name.find("."), name.find("/")
    if dots >= 0 and not 0 <= slashes < dots:
        name = name.translate({ord("."): "/", ord("/"): "."})
    return f"/proc/sys/{name}"
