"""A pod's volumes: folders of the node, filled, and seen in containers (kubelet, volume/*; util/atomic_writer.go)."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labkit.agents.containers.spec import Mount
from labkit.agents.kubelet.environment import find_field
from labkit.errors import LabkitError

_READ_ONLY: Final = ("configMap", "secret", "projected", "downwardAPI")
_DATA: Final = "..data"


class VolumeError(LabkitError):
    """A volume can't be set up (yet)."""


@dataclass(frozen=True)
class Sources:
    """Where the files of volumes come from. `read`: (ConfigMap or Secret, name) -> its files, None if there is none; `token`: of a projection."""

    read: Callable[[str, str], Mapping[str, bytes] | None]
    token: Callable[[Mapping[str, Any]], str]


def ensure_volumes(pod: Mapping[str, Any], folder: str, sources: Sources) -> dict[str, str]:
    """Name -> path on the node, "" for one that the node can't have. Doing it again brings files up to date. Raises VolumeError."""
    return {
        volume["name"]: _ensure_volume(volume, pod, f"{folder}/{volume['name']}", sources)
        for volume in pod["spec"].get("volumes") or ()
    }


def _ensure_volume(volume: Mapping[str, Any], pod: Mapping[str, Any], path: str, sources: Sources) -> str:
    if "hostPath" in volume:
        return _ensure_host_path(volume["hostPath"], volume["name"])
    files = plan_files(volume, pod, sources)
    Path(path).mkdir(parents=True, exist_ok=True)
    if files is not None:
        write_files(path, files)
    return path


def plan_files(volume: Mapping[str, Any], pod: Mapping[str, Any], sources: Sources) -> dict[str, bytes] | None:
    """Path -> text of a volume that has files from the beginning; None for one that is empty. Raises VolumeError."""
    if "configMap" in volume:
        return _take("ConfigMap", volume["configMap"]["name"], volume["configMap"], sources)
    if "secret" in volume:
        return _take("Secret", volume["secret"]["secretName"], volume["secret"], sources)
    if "downwardAPI" in volume:
        return _take_fields(volume["downwardAPI"], pod)
    if "projected" in volume:
        files: dict[str, bytes] = {}
        for source in volume["projected"].get("sources") or ():
            files |= _project(source, pod, sources)
        return files
    if "emptyDir" in volume:
        return None
    kind = next((key for key in volume if key != "name"), "nothing")
    raise VolumeError(f"volumes of kind {kind} are not there in this course's kubelet")


def _project(source: Mapping[str, Any], pod: Mapping[str, Any], sources: Sources) -> dict[str, bytes]:
    if "serviceAccountToken" in source:
        token = source["serviceAccountToken"]
        return {token["path"]: sources.token(token).encode()}
    if "downwardAPI" in source:
        return _take_fields(source["downwardAPI"], pod)
    for key, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
        if key in source:
            return _take(kind, source[key]["name"], source[key], sources)
    return {}


def _take(kind: str, name: str, wanted: Mapping[str, Any], sources: Sources) -> dict[str, bytes]:
    found = sources.read(kind, name)
    if found is None:
        if wanted.get("optional"):
            return {}
        raise VolumeError(f'{kind.lower()} "{name}" not found')
    items = wanted.get("items")
    if not items:
        return dict(found)
    missing = [item["key"] for item in items if item["key"] not in found]
    if missing and not wanted.get("optional"):
        raise VolumeError(f"{kind.lower()} references non-existent key: {missing[0]}")
    return {item["path"]: found[item["key"]] for item in items if item["key"] in found}


def _take_fields(wanted: Mapping[str, Any], pod: Mapping[str, Any]) -> dict[str, bytes]:
    items = wanted.get("items") or ()
    return {
        item["path"]: find_field(item["fieldRef"]["fieldPath"], pod).encode() for item in items if "fieldRef" in item
    }


def write_files(folder: str, files: Mapping[str, bytes]) -> bool:
    """All at once, as the real one does: links to ..data/NAME, and ..data is changed last. Whether anything changed."""
    if _read_files(f"{folder}/{_DATA}") == dict(files):
        return False
    old = os.readlink(f"{folder}/{_DATA}") if os.path.lexists(f"{folder}/{_DATA}") else ""  # noqa: PTH115
    new = f"..{time.strftime('%Y_%m_%d_%H_%M_%S')}.{time.time_ns() % 10**9}"
    for path, text in files.items():
        target = Path(folder, new, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
    Path(folder, new).mkdir(exist_ok=True)
    Path(folder, "..data_tmp").symlink_to(new)
    Path(folder, "..data_tmp").replace(Path(folder, _DATA))
    wanted = {path.split("/")[0] for path in files}
    for name in wanted:
        with contextlib.suppress(FileExistsError):
            Path(folder, name).symlink_to(f"{_DATA}/{name}")
    for entry in os.scandir(folder):
        if entry.is_symlink() and entry.name != _DATA and entry.name not in wanted:
            Path(entry.path).unlink()
    if old:
        shutil.rmtree(f"{folder}/{old}", ignore_errors=True)
    return True


def _read_files(folder: str) -> dict[str, bytes] | None:
    root = Path(folder)
    if not root.is_dir():
        return None
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _ensure_host_path(wanted: Mapping[str, Any], name: str) -> str:
    path, kind = Path(wanted["path"]), wanted.get("type") or ""
    if kind in ("Directory", "File", "Socket") and not path.exists():
        raise VolumeError(f'hostPath type check failed: {path} is not a {kind.lower()} (volume "{name}")')
    if not path.exists():
        try:
            if kind == "FileOrCreate":
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            else:
                path.mkdir(parents=True)
        except OSError:  # a folder of the system's that this machine lacks, /lib/modules perhaps
            return ""
    return str(path)


def plan_mounts(container: Mapping[str, Any], pod: Mapping[str, Any], paths: Mapping[str, str]) -> list[Mount]:
    """Where a container sees its volumes. Raises VolumeError."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or ()}
    mounts = []
    for wanted in container.get("volumeMounts") or ():
        source = paths[wanted["name"]]
        if not source:
            continue
        if wanted.get("subPath"):
            source = os.path.realpath(_ensure_below(source, wanted["subPath"]))
        read_only = bool(wanted.get("readOnly")) or any(kind in volumes[wanted["name"]] for kind in _READ_ONLY)
        mounts.append(Mount(source, wanted["mountPath"], read_only))
    return mounts


def _ensure_below(folder: str, path: str) -> str:
    if ".." in Path(path).parts or path.startswith("/"):
        raise VolumeError(f"subPath {path}: must be a relative path without ..")
    target = f"{folder}/{path}"
    if not os.path.exists(target):  # noqa: PTH110
        os.makedirs(target)  # noqa: PTH103
    return target


def write_image_files(folder: str, files: Mapping[str, str], taken: Sequence[Mount]) -> list[Mount]:
    """The container's own copies of what its image has; a folder of them is one mount. Volumes come on top."""
    mounts: dict[str, Mount] = {}
    targets = {mount.target.rstrip("/") for mount in taken}
    for path, text in files.items():
        top = str(Path(path).parent) if path.count("/") > 1 else path
        top = next((each for each in mounts if top.startswith(f"{each}/")), top)
        source = f"{folder}/image{path}"
        Path(source).parent.mkdir(parents=True, exist_ok=True)
        Path(source).write_text(text, encoding="utf-8")
        Path(source).chmod(0o755)
        mounts.setdefault(top, Mount(f"{folder}/image{top}", top))
    return [mount for top, mount in mounts.items() if top not in targets]
