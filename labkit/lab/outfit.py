"""What the machines of labs have besides the system's files: commands of ours, folders of their own, CNI plugins on nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from labkit.agents.start.programs import render_programs
from labkit.cni.attachment import BIN
from labkit.world import Outfit

OWN: Final = (
    "etc/cni/net.d", "etc/kube-flannel", "etc/bird", "etc/calico", "etc/kubernetes", BIN[1:], "var/lib/cni",
    # what people write to on a machine of theirs: `ip netns exec`'s files, names of routing tables, sysctls, dnsmasq's leases
    "etc/netns", "etc/iproute2/rt_tables.d", "etc/sysctl.d", "var/lib/misc",
)  # fmt: skip
_TABLES: Final = "rt_tables"  # the file of etc/iproute2 that people add lines to
_IPROUTE: Final = (
    Path("/etc/iproute2"),
    Path("/usr/share/iproute2"),
    Path("/usr/lib/iproute2"),
)  # newer ones keep theirs below /usr
_SCRIPTS: Final = ("sudo", "labkit")  # commands that people type there and that a machine has no other of
PLUGINS: Final = (Path("/usr/lib/cni"), Path("/usr/libexec/cni"))  # Debian's folder, Fedora's
_LEFT_OUT: Final = "flannel"  # releases before 1.0 had one; labs bring their own


def find_outfit(*, binaries: Path | None = None, open_switches: bool = False) -> Outfit:
    """By what is installed here. `binaries`: a folder with more programs, as a cluster needs them."""
    plugins = [path for folder in PLUGINS if folder.is_dir() for path in sorted(folder.iterdir())]
    links = {f"{BIN[1:]}/{path.name}": str(path) for path in plugins if path.name != _LEFT_OUT}
    return Outfit(
        programs=render_programs() | _read_scripts(), own=OWN, files=_read_tables(), links=_plan_iproute(), node_links=links,
        binaries=str(binaries) if binaries else None, open_switches=open_switches,
    )  # fmt: skip


def _read_scripts() -> dict[str, str]:
    return {name: Path(__file__).with_name(f"{name}.sh").read_text(encoding="utf-8") for name in _SCRIPTS}


def _read_tables() -> dict[str, str]:
    """The system's names of routing tables, a copy for each machine."""
    found = [folder / _TABLES for folder in _IPROUTE if (folder / _TABLES).is_file()]
    return {f"etc/iproute2/{_TABLES}": found[0].read_text(errors="replace")} if found else {}


def _plan_iproute() -> dict[str, str]:
    """The other files of /etc/iproute2, as they are on this computer (inside: /.host/etc)."""
    folder = _IPROUTE[0]
    names = [path.name for path in sorted(folder.iterdir())] if folder.is_dir() else []
    return {
        f"etc/iproute2/{name}": f"/.host/etc/iproute2/{name}" for name in names if name not in (_TABLES, f"{_TABLES}.d")
    }
