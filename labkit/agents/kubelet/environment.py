"""A container's environment and words: fields, ConfigMaps, Secrets, services, $(NAME) (kubelet_pods.go; third_party/forked/golang/expansion)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from labkit.errors import LabkitError

_REFERENCE: Final = re.compile(r"\$(?:\$|\(([^()]*)\))")
_KEYED: Final = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")

Read = Callable[
    [str, str], Mapping[str, Any] | None
]  # (ConfigMap or Secret, name) -> its data as text; None: there is none


class ConfigError(LabkitError):
    """CreateContainerConfigError: something that the container's spec refers to is not there."""


def expand(text: str, values: Mapping[str, str]) -> str:
    """$(NAME) becomes its value where there is one; $$ is a dollar."""
    return _REFERENCE.sub(lambda found: "$" if found[0] == "$$" else values.get(found[1], found[0]), text)


def plan_environment(
    container: Mapping[str, Any], pod: Mapping[str, Any], services: Mapping[str, str], read: Read
) -> dict[str, str]:
    """All variables of the spec, `services`' first. `pod`: with its status (addresses) as it is now. Raises ConfigError."""
    values = dict(services)
    for source in container.get("envFrom") or ():
        values |= _take_all(source, read)
    own: dict[str, str] = {}
    for variable in container.get("env") or ():
        found = _find_value(variable, container, pod, read)
        if found is not None:
            own[variable["name"]] = expand(found, values | own) if "value" in variable else found
    return values | own


def _take_all(source: Mapping[str, Any], read: Read) -> dict[str, str]:
    prefix = source.get("prefix") or ""
    for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        if key in source:
            data = _read(kind, source[key], read)
            return {f"{prefix}{name}": value for name, value in (data or {}).items()}
    return {}


def _find_value(
    variable: Mapping[str, Any], container: Mapping[str, Any], pod: Mapping[str, Any], read: Read
) -> str | None:
    origin = variable.get("valueFrom") or {}
    if "fieldRef" in origin:
        return find_field(origin["fieldRef"]["fieldPath"], pod)
    if "resourceFieldRef" in origin:
        return find_resource(origin["resourceFieldRef"], container)
    for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        if key in origin:
            return _take_one(kind, origin[key], read)
    return str(variable.get("value") or "")


def _take_one(kind: str, reference: Mapping[str, Any], read: Read) -> str | None:
    data = _read(kind, reference, read)
    if data is None or reference["key"] in data:
        return None if data is None else str(data[reference["key"]])
    if reference.get("optional"):
        return None
    raise ConfigError(f"couldn't find key {reference['key']} in {kind} {reference['name']}")


def _read(kind: str, reference: Mapping[str, Any], read: Read) -> Mapping[str, Any] | None:
    data = read(kind, reference["name"])
    if data is None and not reference.get("optional"):
        raise ConfigError(f'{kind.lower()} "{reference["name"]}" not found')
    return data


def find_field(path: str, pod: Mapping[str, Any]) -> str:
    """The downward API's fields of a pod."""
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    if keyed := _KEYED.fullmatch(path):
        return str((metadata.get(keyed[1]) or {}).get(keyed[2], ""))
    if path in ("metadata.labels", "metadata.annotations"):
        pairs = sorted((metadata.get(path.partition(".")[2]) or {}).items())
        return "\n".join(f'{key}="{value}"' for key, value in pairs)
    known = {
        "metadata.name": metadata["name"], "metadata.namespace": metadata["namespace"], "metadata.uid": metadata["uid"],
        "spec.nodeName": spec.get("nodeName"), "spec.serviceAccountName": spec.get("serviceAccountName"),
        "status.hostIP": status.get("hostIP"), "status.podIP": status.get("podIP"),
        "status.hostIPs": ",".join(each["ip"] for each in status.get("hostIPs") or ()),
        "status.podIPs": ",".join(each["ip"] for each in status.get("podIPs") or ()),
    }  # fmt: skip
    if path not in known:
        raise ConfigError(f"field label not supported: {path}")
    return str(known[path] or "")


def find_resource(reference: Mapping[str, Any], container: Mapping[str, Any]) -> str:
    """requests.cpu and the like, as the spec has it; processors and bytes are not limited here, so 0 where nothing is said."""
    kind, _, name = str(reference["resource"]).partition(".")
    return str(((container.get("resources") or {}).get(kind) or {}).get(name, "0"))


def plan_service_variables(services: Iterable[Mapping[str, Any]], namespace: str, *, links: bool) -> dict[str, str]:
    """NAME_SERVICE_HOST and what Docker's links had: of the namespace's services (where `links`), and of default/kubernetes."""
    values: dict[str, str] = {}
    for service in services:
        name, home = service["metadata"]["name"], service["metadata"]["namespace"]
        address = service["spec"].get("clusterIP")
        master = (home, name) == ("default", "kubernetes")
        if (
            address in (None, "", "None")
            or not service["spec"].get("ports")
            or not (master or (links and home == namespace))
        ):
            continue
        values |= _plan_variables(name.upper().replace("-", "_"), address, service["spec"]["ports"])
    return values


def _plan_variables(name: str, address: str, ports: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    values = {f"{name}_SERVICE_HOST": address, f"{name}_SERVICE_PORT": str(ports[0]["port"])}
    for port in ports:
        if port.get("name"):
            values[f"{name}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(port["port"])
    for index, port in enumerate(ports):
        protocol, number = port.get("protocol", "TCP"), port["port"]
        url, prefix = f"{protocol.lower()}://{address}:{number}", f"{name}_PORT_{number}_{protocol}"
        if not index:
            values[f"{name}_PORT"] = url
        values |= {
            prefix: url, f"{prefix}_PROTO": protocol.lower(), f"{prefix}_PORT": str(number), f"{prefix}_ADDR": address,
        }  # fmt: skip
    return values
