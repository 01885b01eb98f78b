"""Reading and writing objects, which are plain dicts; on lightkube's synchronous client, which several threads may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from labkit.kube.errors import explain
from labkit.kube.kinds import Kind, find_kind, find_resource

Object = dict[str, Any]
_SERVER_TIMEOUT: Final = 240  # seconds after which the server ends a watch by itself: a dead connection is noticed


class Api:
    """One API server, as one user. A kind is given by name ("Pod") or as a Kind. Everything raises KubeError."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def get(self, kind: str | Kind, name: str, namespace: str = "") -> Object:
        """One object. Raises MissingError."""
        with explain(f"get {_say(kind, namespace, name)}"):
            return dict(self._client.get(_resource(kind), name, **_place(kind, namespace)))

    def list(self, kind: str | Kind, namespace: str = "", *, labels: str = "", fields: str = "") -> tuple[Object, ...]:
        """All that match, in one namespace or in all; `labels`, `fields`: selectors as kubectl takes them."""
        return self.list_versioned(kind, namespace, labels=labels, fields=fields)[0]

    def list_versioned(
        self, kind: str | Kind, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> tuple[tuple[Object, ...], str]:
        """The same, with the version from which a watch may go on."""
        with explain(f"list {_say(kind, namespace)}"):
            found = self._client.list(
                _resource(kind), labels=_parse(labels), fields=_parse(fields), **_everywhere(kind, namespace)
            )
            return tuple(dict(each) for each in found), str(found.resourceVersion)

    def watch(
        self, kind: str | Kind, since: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> Iterator[tuple[str, Object]]:
        """What changes after the version `since`: (ADDED, MODIFIED or DELETED, object). See follow() for one that never ends."""
        with explain(f"watch {_say(kind, namespace)}"):
            for event, found in self._client.watch(
                _resource(kind), labels=_parse(labels), fields=_parse(fields), resource_version=since,
                server_timeout=_SERVER_TIMEOUT, **_everywhere(kind, namespace),
            ):  # fmt: skip
                yield event, dict(found)

    def create(self, kind: str | Kind, value: Mapping[str, Any], namespace: str = "") -> Object:
        """A new object; of what its metadata name. Raises ConflictError when there is one."""
        resource = _resource(kind)
        with explain(f"create {_say(kind, namespace, value['metadata'].get('name', ''))}"):
            return dict(self._client.create(resource(_complete(kind, value)), **_place(kind, namespace)))

    def replace(self, kind: str | Kind, value: Mapping[str, Any], namespace: str = "") -> Object:
        """An object that is still of the version that `value` has. Raises ConflictError when it is not, MissingError."""
        resource, name = _resource(kind), value["metadata"]["name"]
        with explain(f"replace {_say(kind, namespace, name)}"):
            return dict(self._client.replace(resource(_complete(kind, value)), name, **_place(kind, namespace)))

    def create_below(
        self, kind: str | Kind, name: str, action: str, value: Mapping[str, Any], namespace: str = ""
    ) -> Object:
        """A subresource that is made, such as the token of a ServiceAccount."""
        resource = find_resource(find_kind(kind), action)
        with explain(f"create {action} of {_say(kind, namespace, name)}"):
            return dict(self._client.create(resource({"metadata": {}, **value}), name, **_place(kind, namespace)))

    def patch(
        self, kind: str | Kind, name: str, change: Mapping[str, Any], namespace: str = "", *, action: str = ""
    ) -> Object:
        """A JSON merge patch (RFC 7386): a list is replaced, null takes away. `action`: of a subresource, such as status."""
        from lightkube.types import PatchType

        resource = find_resource(find_kind(kind), action)
        with explain(f"patch {_say(kind, namespace, name)}"):
            return dict(
                self._client.patch(resource, name, dict(change), patch_type=PatchType.MERGE, **_place(kind, namespace))
            )

    def apply(self, kind: str | Kind, value: Mapping[str, Any], manager: str, *, action: str = "") -> Object:
        """Server-side apply: `value` is all that `manager` wants to be so; what others own is taken over."""
        from lightkube.types import PatchType

        name, namespace = value["metadata"]["name"], value["metadata"].get("namespace", "")
        with explain(f"apply {_say(kind, namespace, name)}"):
            return dict(
                self._client.patch(
                    find_resource(find_kind(kind), action), name, _complete(kind, value), patch_type=PatchType.APPLY,
                    field_manager=manager, force=True, **_place(kind, namespace),
                )
            )  # fmt: skip

    def delete(self, kind: str | Kind, name: str, namespace: str = "", *, grace: int | None = None) -> None:
        """`grace`: seconds; 0 takes a pod away at once. Raises MissingError."""
        with explain(f"delete {_say(kind, namespace, name)}"):
            self._client.delete(_resource(kind), name, grace_period=grace, **_place(kind, namespace))

    def close(self) -> None:
        """Give up the connections."""
        self._client.close()


def _resource(kind: str | Kind) -> Any:
    return find_resource(find_kind(kind))


def _complete(kind: str | Kind, value: Mapping[str, Any]) -> Object:
    return {"apiVersion": find_kind(kind).api_version, "kind": find_kind(kind).name, **value}


def _place(kind: str | Kind, namespace: str) -> dict[str, str]:
    return {"namespace": namespace or "default"} if find_kind(kind).namespaced else {}


def _everywhere(kind: str | Kind, namespace: str) -> dict[str, str]:
    return {"namespace": namespace or "*"} if find_kind(kind).namespaced else {}


def _parse(selector: str) -> dict[str, str] | None:
    """key=value,key=value."""
    return dict(each.split("=", 1) for each in selector.split(",")) if selector else None


def _say(kind: str | Kind, namespace: str, name: str = "") -> str:
    return " ".join(filter(None, (find_kind(kind).plural, "/".join(filter(None, (namespace, name))))))
