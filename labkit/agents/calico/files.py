"""A folder in place of an API server, for labs without one: objects as files, with the API's versions and conflicts.

All machines of a lab see it (labkit/world/places.py, SHARED), so whoever reads it hears of a change also when a cable is down.
"""

from __future__ import annotations

import copy
import datetime as dt
import fcntl
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from labkit.agents.calico.objects import KINDS
from labkit.errors import LabkitError, UsageError
from labkit.kube import ConflictError, Kind, MissingError
from labkit.world.places import SHARED

Object = dict[str, Any]
FOLDER: Final = Path(SHARED, "calico")
BEGIN: Final = Path("/etc/calico/begin.yaml")  # what the folder begins with, the same on every node of a lab
_CONFLICT, _MISSING = 409, 404


class FileStore:
    """A Store (store.py). `begin`: a file of objects in YAML, read by whoever is the first."""

    def __init__(self, folder: Path = FOLDER, begin: Path = BEGIN) -> None:
        self._folder = folder
        self._version = folder / "version"
        folder.mkdir(parents=True, exist_ok=True)
        with self._lock():
            if not self._version.exists():
                for kind, value in parse_objects(begin):
                    self._put(kind, value)

    def read_version(self) -> int:
        """Of the last change: what may be asked again and again."""
        try:
            return int(self._version.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def get(self, kind: Kind, name: str, namespace: str = "") -> Object:
        try:
            value: Object = json.loads(self._find(kind, name, namespace).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise _say_missing(kind, name) from error
        return value

    def list(self, kind: Kind) -> list[Object]:
        paths = sorted((self._folder / _name_resource(kind)).glob("*.json"))
        return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]

    def create(self, kind: Kind, value: Mapping[str, Any], namespace: str = "") -> Object:
        name, value = value["metadata"]["name"], _place(kind, value, namespace)
        with self._lock():
            if self._find(kind, name, value["metadata"].get("namespace", "")).exists():
                raise ConflictError(f'{_name_resource(kind)} "{name}" already exists', code=_CONFLICT)
            return self._put(kind, value)

    def replace(self, kind: Kind, value: Mapping[str, Any], namespace: str = "") -> Object:
        name, value = value["metadata"]["name"], _place(kind, value, namespace)
        with self._lock():
            if self.get(kind, name, value["metadata"].get("namespace", ""))["metadata"]["resourceVersion"] != value[
                "metadata"
            ].get("resourceVersion"):
                raise ConflictError(
                    f'{_name_resource(kind)} "{name}": the object has been modified; please apply your changes to the latest version and try again',
                    code=_CONFLICT,
                )
            return self._put(kind, value)

    def delete(self, kind: Kind, name: str, namespace: str = "") -> None:
        with self._lock():
            try:
                self._find(kind, name, namespace).unlink()
            except FileNotFoundError as error:
                raise _say_missing(kind, name) from error
            self._count()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One writer at a time; readers see the whole of an old file or of a new one."""
        with (self._folder / "lock").open("a", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _find(self, kind: Kind, name: str, namespace: str) -> Path:
        whole = f"{namespace or 'default'}/{name}" if kind.namespaced else name
        return self._folder / _name_resource(kind) / f"{whole.replace('/', '%')}.json"

    def _count(self) -> str:
        version = str(self.read_version() + 1)
        _write(self._version, version)
        return version

    def _put(self, kind: Kind, value: Mapping[str, Any]) -> Object:
        new = {"apiVersion": kind.api_version, "kind": kind.name, **copy.deepcopy(dict(value))}
        began = {"uid": str(uuid.uuid4()), "creationTimestamp": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"}
        new["metadata"] = {**began, **new["metadata"], "resourceVersion": str(self.read_version() + 1)}
        path = self._find(kind, new["metadata"]["name"], new["metadata"].get("namespace", ""))
        path.parent.mkdir(exist_ok=True)
        _write(path, json.dumps(new))
        self._count()  # last: who sees the new version finds what it is about
        return new


def _place(kind: Kind, value: Mapping[str, Any], namespace: str) -> Object:
    """With its namespace in it, if it lives in one."""
    own = {"namespace": namespace or value["metadata"].get("namespace") or "default"} if kind.namespaced else {}
    return {**value, "metadata": {**value["metadata"], **own}}


def _write(path: Path, text: str) -> None:
    """Whoever reads sees the old text or the new one. Raises LabkitError."""
    fresh = path.with_suffix(".new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise LabkitError(f"{path} can't be written: {error.strerror}", hint=f"df {FOLDER}; ls -l {FOLDER}") from error


def _name_resource(kind: Kind) -> str:
    """As the API server does it: ippools.crd.projectcalico.org."""
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural


def _say_missing(kind: Kind, name: str) -> MissingError:
    return MissingError(f'{_name_resource(kind)} "{name}" not found', code=_MISSING)


def parse_objects(path: Path) -> list[tuple[Kind, Object]]:
    """The kinds that a lab's datastore may begin with. Raises UsageError that names the file."""
    import yaml

    kinds = {key: kind for kind in KINDS for key in (kind.name, (kind.api_version, kind.name))}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as quick
    try:
        values = [value for value in yaml.load_all(path.read_text(encoding="utf-8"), loader) if value]
        found = [
            (kinds.get((value.get("apiVersion"), value["kind"])) or kinds[value["kind"]], value) for value in values
        ]
        return [(kind, _place(kind, value, "")) for kind, value in found]
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="it has the objects that Calico begins with") from error
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} can't be read: {error!r:.200}",
            hint=f"objects of {', '.join(sorted({kind.name for kind in KINDS}))}",
        ) from error
