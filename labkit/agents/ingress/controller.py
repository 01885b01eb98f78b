"""The loop: objects change, a model is planned, rendered, tried and put in force (ingress-nginx 1.5.1, controller.go syncIngress)."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from labkit.agents.ingress.certificates import FAKE, make_fake
from labkit.agents.ingress.classes import CONTROLLER, find_foreign, list_classes
from labkit.agents.ingress.klog import say, say_structured
from labkit.agents.ingress.model import Model, Trouble
from labkit.agents.ingress.nginx import Nginx
from labkit.agents.ingress.parsing import name_object
from labkit.agents.ingress.planning import Found, plan_model
from labkit.agents.ingress.refusing import find_refused
from labkit.agents.ingress.rendering import SSL, render_conf
from labkit.agents.ingress.telling import Teller
from labkit.errors import LabkitError
from labkit.kube import Api, Mirror

KINDS: Final = ("Ingress", "IngressClass", "Service", "EndpointSlice", "Secret")
_PATIENCE: Final = 60.0  # seconds until the API server was heard
_TOGETHER: Final = 0.02  # seconds: what comes in them is one change
_PAUSE: Final = 0.2  # seconds between two reloads (the real one: 0.3 reloads a second at most)
_LOOK: Final = 1.0  # seconds between two looks whether nginx runs

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Settings:
    """`controller`: what an IngressClass has to name; `annotation`: what the old annotation says for us."""

    controller: str = CONTROLLER
    annotation: str = "nginx"


@dataclass
class Known:
    """What the last round knew. `versions`: of Ingresses, ours and others', by uid; `refused`: uid and version -> nginx's words."""

    text: str = ""
    pems: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)


class Controller:
    """One pod's."""

    def __init__(self, api: Api, settings: Settings, pod: Object) -> None:
        self._settings = settings
        self._news = threading.Event()
        self._mirror = Mirror(api, tell=self._news.set, say=lambda text: say("reflector.go:424", text, "W"))
        self._teller = Teller(api, pod)
        self._known = Known()
        self._fake = make_fake()
        self.nginx = Nginx(Path(SSL))

    def prepare(self) -> None:
        """All that comes before nginx's start. Raises LabkitError when the API server is not heard."""
        self.nginx.prepare()
        self.nginx.write_certificates({FAKE: self._fake.certificate + self._fake.key})
        say("main.go:104", "SSL fake certificate created", file=f"{SSL}/{FAKE}.pem")
        self._mirror.start(KINDS)
        if not self._mirror.wait(_PATIENCE):
            raise LabkitError("the API server is not heard", hint="may this pod's service account list all kinds?")

    def serve(self) -> None:
        """Until nginx ends. Raises LabkitError then."""
        say_structured("nginx.go:303", "Starting NGINX process")
        while True:
            self._sync()
            until = time.monotonic() + _PAUSE
            while not self._news.wait(_LOOK):
                if not self.nginx.runs:
                    raise LabkitError("NGINX error: it has ended", hint="kubectl logs says why")
            time.sleep(max(_TOGETHER, until - time.monotonic()))
            self._news.clear()

    def _sync(self) -> None:
        """One round: an object that is not as it should be never ends the loop."""
        found, troubles = self._keep_sane(self._read())
        model = plan_model(found)
        text, pems = render_conf(model), self._list_pems(model)
        if (text, pems) != (self._known.text, self._known.pems):
            model, refusals = self._put_in_force(found, model)
            troubles += refusals
        self._teller.tell_troubles((*model.troubles, *troubles))

    def _list_pems(self, model: Model) -> dict[str, str]:
        shown = {each.certificate_name: each.certificate for each in model.servers if each.certificate}
        return {**shown, FAKE: self._fake.certificate + self._fake.key}

    def _read(self) -> Found:
        """All objects, of Ingresses only ours; those that are new are told of."""
        classes = list_classes(self._mirror.read("IngressClass").values(), self._settings.controller)
        ours = []
        for ingress in self._mirror.read("Ingress").values():
            foreign = find_foreign(ingress, classes, self._settings.annotation)
            self._meet(ingress, foreign)
            if not foreign:
                ours.append(ingress)
        read = self._mirror.read
        return Found(ours, read("Service"), tuple(read("EndpointSlice").values()), read("Secret"))

    def _meet(self, ingress: Object, foreign: str) -> None:
        """Once for each version of an Ingress."""
        metadata = ingress["metadata"]
        seen = f"{metadata['resourceVersion']} {foreign}"
        if self._known.versions.get(metadata["uid"]) == seen:
            return
        self._known.versions[metadata["uid"]] = seen
        name = f"{metadata['namespace']}/{metadata['name']}"
        if foreign:
            text = "Ignoring ingress because of error while validating ingress class"
            say("store.go:429", text, ingress=name, error=foreign)
            return
        say("store.go:433", "Found valid IngressClass", ingress=name)
        self._teller.tell(name_object(ingress), "Sync", "Scheduled for sync")

    def _keep_sane(self, found: Found) -> tuple[Found, tuple[Trouble, ...]]:
        """Without the Ingresses that nginx has refused before, in this version."""
        refused = {_version(each): each for each in found.ingresses if _version(each) in self._known.refused}
        troubles = tuple(_explain(each, self._known.refused[key]) for key, each in refused.items())
        sane = [each for each in found.ingresses if _version(each) not in refused]
        return replace(found, ingresses=sane), troubles

    def _put_in_force(self, found: Found, model: Model) -> tuple[Model, tuple[Trouble, ...]]:
        say_structured("controller.go:168", "Configuration changes detected, backend reload required")
        self.nginx.write_certificates(self._list_pems(model))
        troubles: tuple[Trouble, ...] = ()
        if words := self.nginx.find_refusal(render_conf(model)):
            self._complain(words)
            found, troubles = self._leave_out(found)
            model = plan_model(found)
            if words := self.nginx.find_refusal(render_conf(model)):
                self._complain(words)
                return model, troubles
        self.nginx.apply(render_conf(model))
        self._known.text, self._known.pems = render_conf(model), self._list_pems(model)
        self.nginx.forget(self._known.pems)
        say_structured("controller.go:185", "Backend successfully reloaded")
        self._teller.tell_pod("NGINX reload triggered due to a change in configuration")
        return model, troubles

    def _complain(self, words: str) -> None:
        say("controller.go:180", f"Unexpected failure reloading the backend:\n{words}", "E")
        self._teller.tell_pod(f"Error reloading NGINX: {words}", "Warning")

    def _leave_out(self, found: Found) -> tuple[Found, tuple[Trouble, ...]]:
        """Each Ingress that is refused, and stays so until it changes."""

        def find_refusal(ingresses: Sequence[Object]) -> str:
            return self.nginx.find_refusal(render_conf(plan_model(replace(found, ingresses=ingresses))))

        for ingress, words in find_refused(list(found.ingresses), find_refusal):
            self._known.refused[_version(ingress)] = words
        return self._keep_sane(found)


def _version(ingress: Object) -> tuple[str, str]:
    return ingress["metadata"]["uid"], ingress["metadata"]["resourceVersion"]


def _explain(ingress: Object, words: str) -> Trouble:
    return Trouble(name_object(ingress), "Rejected", f"nginx refuses it: {words.splitlines()[0]}")


def end(_number: int, _frame: object) -> None:
    """SIGTERM: the loop is left, and nginx gets the time to finish."""
    sys.exit(0)
