"""What a kubelet keeps of its pods on the node, so that the next one can take them over."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from labkit.agents.kubelet.sandbox import Sandbox
from labkit.agents.kubelet.settings import ROOT
from labkit.agents.kubelet.status import Box
from labkit.errors import parse_json
from labkit.kube.events import render_time


@dataclass
class Kept:
    """A pod as it was last known, with its containers and its sandbox. `final`: its phase once that can't change any more."""

    pod: dict[str, Any]
    boxes: list[Box]
    sandbox: Sandbox | None = None
    since: str = field(default_factory=render_time)
    final: str = ""

    @property
    def uid(self) -> str:
        """The pod's."""
        return str(self.pod["metadata"]["uid"])

    @property
    def folder(self) -> str:
        """All that this kubelet has of it on the node."""
        return find_folder(self.uid)

    def write(self) -> None:
        """All at once."""
        path = Path(self.folder, "pod.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self)), encoding="utf-8")
        new.replace(path)

    def remove(self) -> None:
        """With the volumes that were the pod's own, and its logs."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(find_logs(self.pod), ignore_errors=True)


def find_folder(uid: str) -> str:
    """Of a pod."""
    return f"{ROOT}/pods/{uid}"


def find_logs(pod: Mapping[str, Any]) -> str:
    """The folder of its containers' logs, as kubelet names it."""
    metadata = pod["metadata"]
    return f"/var/log/pods/{metadata['namespace']}_{metadata['name']}_{metadata['uid']}"


def read_kept(path: Path) -> Kept | None:
    """None where there is nothing that can be read."""
    try:
        data = parse_json(path.read_text(encoding="utf-8"), f"{path}")
        sandbox = data["sandbox"] and Sandbox(
            data["sandbox"]["id"], data["sandbox"]["name"], tuple(data["sandbox"]["addresses"])
        )
        return Kept(data["pod"], [Box(**box) for box in data["boxes"]], sandbox, data["since"], data["final"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def list_kept() -> dict[str, Kept]:
    """By the pods' uid."""
    found = [read_kept(path) for path in Path(ROOT, "pods").glob("*/pod.json")]
    return {kept.uid: kept for kept in found if kept}
