"""Kinds of objects: where the API has them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from labkit.errors import UsageError


@dataclass(frozen=True)
class Kind:
    """A kind of object; `group` is empty for the core's. `namespaced`: its objects live in a namespace."""

    group: str
    version: str
    name: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """As objects say it: v1, apps/v1."""
        return f"{self.group}/{self.version}" if self.group else self.version


_CORE: Final = ("ConfigMap", "Event", "Pod", "Secret", "Service", "ServiceAccount")
KINDS: Final = {
    kind.name: kind
    for kind in (
        *(Kind("", "v1", name, f"{name.lower()}s") for name in _CORE),
        Kind("", "v1", "Endpoints", "endpoints"),
        Kind("", "v1", "Namespace", "namespaces", namespaced=False),
        Kind("", "v1", "Node", "nodes", namespaced=False),
        *(Kind("apps", "v1", name, f"{name.lower()}s") for name in ("DaemonSet", "Deployment", "ReplicaSet")),
        Kind("coordination.k8s.io", "v1", "Lease", "leases"),
        Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
        Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
        Kind("networking.k8s.io", "v1", "Ingress", "ingresses"),
        Kind("networking.k8s.io", "v1", "IngressClass", "ingressclasses", namespaced=False),
        *(Kind("rbac.authorization.k8s.io", "v1", name, f"{name.lower()}s") for name in ("Role", "RoleBinding")),
        Kind("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", namespaced=False),
        Kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", namespaced=False),
        Kind(
            "admissionregistration.k8s.io",
            "v1",
            "ValidatingWebhookConfiguration",
            "validatingwebhookconfigurations",
            namespaced=False,
        ),
        Kind("gateway.networking.k8s.io", "v1", "GatewayClass", "gatewayclasses", namespaced=False),
        Kind("gateway.networking.k8s.io", "v1", "Gateway", "gateways"),
        Kind("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"),
        Kind("gateway.networking.k8s.io", "v1beta1", "ReferenceGrant", "referencegrants"),
        Kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False),
    )
}


def find_kind(name: str | Kind) -> Kind:
    """By its name, where it is not one already. Raises UsageError."""
    if isinstance(name, Kind):
        return name
    if name not in KINDS:
        raise UsageError(f"no kind {name!r} is known", hint=f"known: {', '.join(sorted(KINDS))}; or make a Kind(…)")
    return KINDS[name]


@cache
def find_resource(kind: Kind, action: str = "") -> Any:
    """lightkube's class of a kind, whose objects are dicts, or of its subresource, such as status."""
    from lightkube import generic_resource as generic
    from lightkube.core import resource

    base: Any
    main = generic.create_api_info(kind.group, kind.version, kind.name, kind.plural)
    base = resource.NamespacedResourceG if kind.namespaced else resource.GlobalResource
    info = main
    if action:
        base = resource.NamespacedSubResource if kind.namespaced else resource.GlobalSubResource
        verbs = ["get", "patch", "put", "post"]
        info = resource.ApiInfo(main.resource, kind.plural, verbs, parent=main.resource, action=action)
    return type(f"{kind.name}{action.capitalize()}", (base, generic.Generic), {"_api_info": info})
