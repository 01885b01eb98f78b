"""What nginx shall serve, as values: the template is rendered from them, and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from labkit.agents.ingress.annotations import NONE, Annotations

DEFAULT_SERVER: Final = "_"
DEFAULT_UPSTREAM: Final = "upstream-default-backend"
ROOT: Final = "/"
HTTP: Final = 80
HTTPS: Final = 443
EXACT: Final = "Exact"
PREFIX: Final = "Prefix"
REGEX: Final = "RegularExpression"  # of Gateway API only


@dataclass(frozen=True)
class Origin:
    """The rule that a location is from; all empty for the default backend's. `path`: as the Ingress says it."""

    namespace: str = ""
    ingress: str = ""
    service: str = ""
    port: str = ""
    path: str = ""


NOWHERE: Final = Origin()


@dataclass(frozen=True)
class Choice:
    """One rule of an HTTPRoute at a path. `conditions`: (nginx's variable, regular expression for the whole of it), all have to hold.

    `shares`: (upstream, weight), an upstream of digits is the status that is answered instead; `lines`, `answer`, `headers`: what its
    filters make of it (gateway/filters.py).
    """

    origin: Origin
    conditions: tuple[tuple[str, str], ...] = ()
    shares: tuple[tuple[str, int], ...] = ()
    lines: tuple[str, ...] = ()
    answer: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Location:
    """One `location`; `kind`: Exact, Prefix or RegularExpression, `upstream`: the name of the pods that it leads to.

    `choices`: in the place of an upstream, the first whose conditions hold.
    """

    path: str
    kind: str
    upstream: str
    origin: Origin = NOWHERE
    annotations: Annotations = NONE
    is_default: bool = False
    choices: tuple[Choice, ...] = ()

    @property
    def needs_rewrite(self) -> bool:
        """A target that is the path itself changes nothing."""
        return bool(self.annotations.rewrite_target) and self.annotations.rewrite_target != self.path

    @property
    def is_regex(self) -> bool:
        """It makes all locations of its server regular expressions."""
        return self.needs_rewrite or self.annotations.use_regex


@dataclass(frozen=True)
class Server:
    """One host; `certificate`: PEM of the certificate and its key, empty where the default one is shown. `tls`: the host is in a tls section.

    `wide`: a star in the host stands for more than one label, too, as Gateway API has it.
    """

    host: str
    locations: tuple[Location, ...] = ()
    certificate: str = ""
    certificate_name: str = ""
    tls: bool = False
    ports: tuple[int, ...] = (HTTP, HTTPS)
    wide: bool = False

    @property
    def enforces_regex(self) -> bool:
        """Whether all its locations are matched as regular expressions, without regard to case."""
        return any(location.is_regex for location in self.locations)


@dataclass(frozen=True)
class Upstream:
    """The pods behind a Service's port: address:port each."""

    name: str
    endpoints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trouble:
    """Something about an object that can't be served as it says. `about`: kind, namespace, name, uid; `reason`: an Event's."""

    about: tuple[str, str, str, str]
    reason: str
    message: str


@dataclass(frozen=True)
class Model:
    """Servers in the order of their names, upstreams likewise."""

    servers: tuple[Server, ...] = ()
    upstreams: tuple[Upstream, ...] = ()
    troubles: tuple[Trouble, ...] = field(default=(), compare=False)
