"""All objects that matter, kept up to date; of Ingresses only ours, and each new one is told of (ingress-nginx 1.5.1, store/store.go)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from labkit.agents.ingress.classes import CONTROLLER, find_foreign, list_classes
from labkit.agents.ingress.gateway import values
from labkit.agents.ingress.klog import say
from labkit.agents.ingress.parsing import name_object
from labkit.agents.ingress.planning import Found
from labkit.agents.ingress.telling import Teller
from labkit.agents.ingress.whole import Whole
from labkit.errors import LabkitError
from labkit.kube import Api, Mirror

KINDS: Final = ("Ingress", "IngressClass", "Service", "EndpointSlice", "Secret")
_CLASS: Final = "GatewayClass"
_PATIENCE: Final = 60.0  # seconds until the API server was heard

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Settings:
    """`controller`: what an IngressClass has to name; `annotation`: what the old annotation says for us."""

    controller: str = CONTROLLER
    annotation: str = "nginx"


class Watch:
    """`news` is set by every change."""

    def __init__(self, api: Api, settings: Settings, teller: Teller) -> None:
        self._settings = settings
        self._teller = teller
        self._seen: dict[str, str] = {}  # Ingresses by uid: version, and why it is not ours
        self._follows = False  # Gateway API's kinds
        self.news = threading.Event()
        self.mirror = Mirror(api, tell=self.news.set, say=lambda text: say("reflector.go:424", text, "W"))
        self.gateways = Mirror(api, tell=self.news.set)  # it says nothing: mostly there are no such kinds

    def start(self) -> None:
        """Until all was heard once. Raises LabkitError when it is not."""
        self.mirror.start(KINDS)
        if missing := self.mirror.wait(_PATIENCE):
            words = f"the API server has not listed {', '.join(missing)}"
            raise LabkitError(words, hint="may this pod's service account list all kinds?")
        self.gateways.start([_CLASS])

    def find_foreign(self, ingress: Object) -> str:
        """Why it is none of ours; empty when it is."""
        classes = list_classes(self.mirror.read("IngressClass").values(), self._settings.controller)
        return find_foreign(ingress, classes, self._settings.annotation)

    def read(self) -> Whole:
        """As it is now. Gateway API's other kinds are followed from the first GatewayClass on."""
        read = self.mirror.read
        ours = [each for each in read("Ingress").values() if not self.find_foreign(each)]
        found = Found(ours, read("Service"), tuple(read("EndpointSlice").values()), read("Secret"))
        classes = tuple(self.gateways.read(_CLASS).values())
        if classes and not self._follows:
            self._follows = True
            self.gateways.start(values.KINDS)
        return Whole(found, self._read_gateways(classes, found) if classes else values.Found())

    def _read_gateways(self, classes: tuple[Object, ...], found: Found) -> values.Found:
        read = self.gateways.read
        namespaces = {name: each["metadata"].get("labels") or {} for (_, name), each in read("Namespace").items()}
        gateways, routes, grants = (tuple(read(kind).values()) for kind in ("Gateway", "HTTPRoute", "ReferenceGrant"))
        return values.Found(classes, gateways, routes, grants, namespaces, found.services, found.secrets)

    def meet(self) -> None:
        """Tell of each version of an Ingress once."""
        for ingress in self.mirror.read("Ingress").values():
            foreign, metadata = self.find_foreign(ingress), ingress["metadata"]
            seen = f"{metadata['resourceVersion']} {foreign}"
            if self._seen.get(metadata["uid"]) != seen:
                self._seen[metadata["uid"]] = seen
                self._welcome(ingress, foreign)

    def _welcome(self, ingress: Object, foreign: str) -> None:
        name = f"{ingress['metadata']['namespace']}/{ingress['metadata']['name']}"
        if foreign:
            text = "Ignoring ingress because of error while validating ingress class"
            say("store.go:429", text, ingress=name, error=foreign)
            return
        say("store.go:433", "Found valid IngressClass", ingress=name)
        self._teller.tell(name_object(ingress), "Sync", "Scheduled for sync")
