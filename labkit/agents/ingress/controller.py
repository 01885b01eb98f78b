"""The loop: objects change, a model is planned, rendered, tried and put in force (ingress-nginx 1.5.1, controller.go syncIngress)."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from labkit.agents.ingress.certificates import FAKE, make_fake
from labkit.agents.ingress.gateway.writing import Writer
from labkit.agents.ingress.klog import say, say_structured
from labkit.agents.ingress.model import Model, Trouble
from labkit.agents.ingress.nginx import Nginx
from labkit.agents.ingress.objecting import find_objection
from labkit.agents.ingress.parsing import name_object
from labkit.agents.ingress.refusing import find_refused
from labkit.agents.ingress.rendering import SSL, render_conf
from labkit.agents.ingress.telling import Teller
from labkit.agents.ingress.watching import Settings, Watch
from labkit.agents.ingress.whole import Version, Whole, find_version, plan_whole
from labkit.errors import LabkitError
from labkit.kube import Api

_TOGETHER: Final = 0.02  # seconds: what comes in them is one change
_PAUSE: Final = 0.1  # seconds between two reloads (the real one: 0.3 reloads a second at most)
_LOOK: Final = 1.0  # seconds between two looks whether nginx runs

Object = Mapping[str, Any]


class Controller:
    """One pod's."""

    def __init__(self, api: Api, settings: Settings, pod: Object) -> None:
        self._teller = Teller(api, pod)
        self._watch = Watch(api, settings, self._teller)
        self._writer = Writer(api, self._watch.gateways)
        self._fake = make_fake()
        self._text = ""  # the configuration in force, and its certificates
        self._pems: dict[str, str] = {}
        self._refused: dict[Version, str] = {}  # Ingresses and HTTPRoutes -> nginx's words
        self.nginx = Nginx(Path(SSL))

    def prepare(self) -> None:
        """All that comes before nginx's start. Raises LabkitError when the API server is not heard."""
        self.nginx.prepare()
        self.nginx.write_certificates({FAKE: self._fake.certificate + self._fake.key})
        say("main.go:104", "SSL fake certificate created", file=f"{SSL}/{FAKE}.pem")
        self._watch.start()

    def serve(self) -> None:
        """Until nginx ends. Raises LabkitError then."""
        say_structured("nginx.go:303", "Starting NGINX process")
        while True:
            try:
                self._sync()
            except Exception:  # noqa: BLE001 - one object's trouble is no other's: what is in force stays
                traceback.print_exc()
            until = time.monotonic() + _PAUSE
            while not self._watch.news.wait(_LOOK):
                if not self.nginx.runs:
                    raise LabkitError("NGINX error: it has ended", hint="kubectl logs says why")
            time.sleep(max(_TOGETHER, until - time.monotonic()))
            self._watch.news.clear()

    def check(self, ingress: Object) -> str:
        """Why the API server shall not take an Ingress; empty when it may. Called by the webhook's threads."""
        name = f"{ingress['metadata']['namespace']}/{ingress['metadata']['name']}"
        if ingress["metadata"].get("deletionTimestamp") or self._watch.find_foreign(ingress):
            return ""
        if why := find_objection(ingress, self._watch.read(), self.nginx.find_refusal):
            say("main.go:87", "invalid ingress configuration", "E", ingress=name, err=why)
        else:
            say("main.go:96", "successfully validated configuration, accepting", ingress=name)
        return why

    def _sync(self) -> None:
        """One round."""
        self._watch.meet()
        whole = self._watch.read()
        model, statuses = plan_whole(self._keep_sane(whole))
        text = render_conf(model)
        if (text, self._list_pems(model)) != (self._text, self._pems):
            refused = len(self._refused)
            self._put_in_force(whole, model, text)
            if len(self._refused) > refused:
                model, statuses = plan_whole(self._keep_sane(whole))
        self._writer.write(statuses)
        self._teller.tell_troubles((*model.troubles, *self._list_refusals(whole)))

    def _list_pems(self, model: Model) -> dict[str, str]:
        shown = {each.certificate_name: each.certificate for each in model.servers if each.certificate}
        return {**shown, FAKE: self._fake.certificate + self._fake.key}

    def _keep_sane(self, whole: Whole) -> Whole:
        """Without what nginx has refused before, in this version."""
        ingresses = [each for each in whole.ingress.ingresses if find_version(each) not in self._refused]
        return Whole(replace(whole.ingress, ingresses=ingresses), replace(whole.gateway, refused=self._refused))

    def _list_refusals(self, whole: Whole) -> list[Trouble]:
        """Of Ingresses; an HTTPRoute has a status."""
        refused = [each for each in whole.ingress.ingresses if find_version(each) in self._refused]
        return [Trouble(name_object(each), "Rejected", self._refused[find_version(each)]) for each in refused]

    def _put_in_force(self, whole: Whole, model: Model, text: str) -> None:
        say_structured("controller.go:168", "Configuration changes detected, backend reload required")
        self.nginx.write_certificates(self._list_pems(model))
        words = self.nginx.find_refusal(text)
        if words:
            self._complain(words)
            self._leave_out(whole)
            model, _ = plan_whole(self._keep_sane(whole))
            text = render_conf(model)
            words = self.nginx.find_refusal(text)
        if words:
            self._complain(words)  # together they are refused, and none of them alone: what is in force stays
        else:
            self._apply(text, self._list_pems(model))

    def _apply(self, text: str, pems: dict[str, str]) -> None:
        self._text, self._pems = text, pems
        self.nginx.apply(text)
        self.nginx.forget(pems)
        say_structured("controller.go:185", "Backend successfully reloaded")
        self._teller.tell_pod("NGINX reload triggered due to a change in configuration")

    def _complain(self, words: str) -> None:
        say("controller.go:180", f"Unexpected failure reloading the backend:\n{words}", "E")
        self._teller.tell_pod(f"Error reloading NGINX: {words}", "Warning")

    def _leave_out(self, whole: Whole) -> None:
        """Each Ingress and HTTPRoute that is refused, and stays so until it changes."""

        def find_refusal(sources: Sequence[Object]) -> str:
            return self.nginx.find_refusal(render_conf(plan_whole(sane.keep(sources))[0]))

        sane = self._keep_sane(whole)
        for source, words in find_refused(sane.list_sources(), find_refusal):
            self._refused[find_version(source)] = f"nginx refuses it: {words.splitlines()[0]}"
