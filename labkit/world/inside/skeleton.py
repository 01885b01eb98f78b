"""What every machine starts with: its private folders and files, and one stated list of sysctls."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from labkit.world import kernel
from labkit.world.places import MACHINE, WORK

FOLDERS: Final = ("etc", "opt", "var", "var/lib", "var/log", "run", "run/netns", "root", "tmp", "shm")

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
_HOSTS: Final = "127.0.0.1\tlocalhost\n"
_RESOLV: Final = "# no name server, and no way out to the internet: a lab's machines know the names in /etc/hosts\n"
_BASHRC: Final = "PS1='\\u@\\h:\\w# '\nalias ls='ls --color=auto'\nfor each in ~/.bashrc.d/*; do [ ! -r \"$each\" ] || . \"$each\"; done\n"


@dataclass(frozen=True)
class Skeleton:
    """What machines of this world begin with: `folders`, parents first; `files`, `links`, those of nodes; the learner's folder `work`."""

    folders: tuple[str, ...] = FOLDERS
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    node_links: Mapping[str, str] = field(default_factory=dict)
    work: str | None = None


def plan_skeleton(outfit: Mapping[str, Any], work: str | None) -> Skeleton:
    """By an Outfit (world/values.py) as data: with folders of its own for each machine, such as etc/cni/net.d."""
    own: Sequence[str] = outfit["own"]
    wanted = [path[:end] for path in own for end in (*(i for i, each in enumerate(path) if each == "/"), len(path))]
    folders = tuple(dict.fromkeys((*FOLDERS, *wanted)))
    return Skeleton(folders, outfit["files"], outfit["links"], outfit["node_links"], work)


def write_skeleton(name: str, files: Mapping[str, str], skeleton: Skeleton) -> None:
    """Mount this machine's tmpfs on /.machine and fill it; `files` maps paths such as "etc/hosts" to their text."""
    kernel.mount("tmpfs", MACHINE, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755,size=256m")
    for folder in skeleton.folders:
        os.mkdir(f"{MACHINE}/{folder}")  # noqa: PTH102 - 1,000 machines: a third of Path's time
    own = {
        "etc/hostname": f"{name}\n",
        "etc/hosts": f"{_HOSTS}127.0.1.1\t{name}\n",
        "etc/resolv.conf": _RESOLV,
        "root/.bashrc": _BASHRC,
    }
    for path, text in (own | dict(skeleton.files) | dict(files)).items():
        if path.rpartition("/")[0] not in skeleton.folders:
            os.makedirs(os.path.dirname(f"{MACHINE}/{path}"), exist_ok=True)  # noqa: PTH103, PTH120
        _write_file(f"{MACHINE}/{path}", text)
    write_links(skeleton.links)
    if skeleton.work and not Path(skeleton.work).exists():
        # by way of the links into this machine's folders: /root, /tmp, /var/tmp
        Path(skeleton.work).parent.mkdir(parents=True, exist_ok=True)
        Path(skeleton.work).symlink_to(WORK)


def _write_file(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def write_links(links: Mapping[str, str]) -> None:
    """Links that a machine begins with."""
    for path, goal in links.items():
        os.symlink(goal, f"{MACHINE}/{path}")  # noqa: PTH211


def open_sysctls() -> int:
    """/proc/sys in a mount of its own, gone when closed, in which no other namespaces' sysctls were looked up before.

    The kernel finds net/ipv4 among the equally named entries of all namespaces that it remembers, by asking one after the
    other whose it is: with 500 of them that was a third of the time to make a machine.
    """
    point = f"{MACHINE}/proc"
    os.makedirs(point, exist_ok=True)  # noqa: PTH103
    kernel.mount("proc", point, "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    try:
        return os.open(f"{point}/sys", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    finally:
        kernel.unmount(point)


def write_sysctls(values: Mapping[str, str], root: int) -> None:
    """Set this network namespace's sysctls; the stated list's are left out where the kernel has no such entry.

    `root`: of open_sysctls.
    """
    folders: dict[str, int] = {"": root}
    try:
        for name, value in (dict(SYSCTLS) | dict(values)).items():
            try:
                _write_sysctl(folders, plan_sysctl_path(name), value)
            except FileNotFoundError:
                if name in values:
                    raise
    finally:
        del folders[""]
        for folder in folders.values():
            os.close(folder)


def _write_sysctl(folders: dict[str, int], path: str, value: str) -> None:
    *parts, entry = path.split("/", 2)  # net/ipv4, which is looked up once, and what lies below it
    folder = "/".join(parts)
    if folder not in folders:
        folders[folder] = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folders[""])
    descriptor = os.open(entry, os.O_WRONLY | os.O_CLOEXEC, dir_fd=folders[folder])
    try:
        os.write(descriptor, value.encode())
    finally:
        os.close(descriptor)


def plan_sysctl_path(name: str) -> str:
    """The sysctl's file below /proc/sys. As in sysctl(8) the first separator of the name, dot or slash, is the one that counts: net/ipv4/conf/flannel.1/forwarding."""
    dots, slashes = name.find("."), name.find("/")
    if dots >= 0 and not 0 <= slashes < dots:
        name = name.translate({ord("."): "/", ord("/"): "."})
    return name
