"""What the API refuses, in its own words, and what that means for whoever asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from labkit.errors import LabkitError

_HINTS: Final = {
    401: "the token or certificate in the kubeconfig is not known to this API server",
    403: "the user may not: kubectl auth can-i --list shows what it may",
    404: "it is not there (any more)",
    409: "somebody else changed it meanwhile, or it exists already: read it again",
    410: "this state is too old: list again",
    422: "the object is not valid; the message names the field",
    429: "the API server has too much to do: try again",
}
_MISSING: Final = 404
_CONFLICT: Final = 409


class KubeError(LabkitError):
    """The API said no. `code`: the HTTP status, 0 where it could not be reached; `reason`: Kubernetes' word, such as NotFound."""

    def __init__(self, message: str, *, code: int = 0, reason: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint or _HINTS.get(code, ""))
        self.code = code
        self.reason = reason


class MissingError(KubeError):
    """404: there is no such object, or no such kind (a CustomResourceDefinition that nobody has applied)."""


class ConflictError(KubeError):
    """409: it exists already, or was changed since it was read."""


@contextmanager
def explain(what: str) -> Iterator[None]:
    """Whatever lightkube and what it stands on raise becomes a KubeError that begins with what was tried."""
    import httpx2
    from lightkube import ApiError
    from lightkube.core.exceptions import ConfigError

    try:
        yield
    except ApiError as error:
        status = error.status
        code = status.code or 0
        kind = {_MISSING: MissingError, _CONFLICT: ConflictError}.get(code, KubeError)
        raise kind(f"{what}: {status.message}", code=code, reason=status.reason or "") from error
    except httpx2.HTTPStatusError as error:
        code = (
            error.response.status_code
        )  # without a Status: nobody in the API server knows the path, so the kind is none of its own
        refused = MissingError if code == _MISSING else KubeError
        raise refused(f"{what}: {(error.response.text or str(error)).strip()}", code=code) from error
    except (httpx2.HTTPError, OSError) as error:
        raise KubeError(
            f"{what}: the API server can't be reached: {error}",
            hint="does it run? `curl -k https://ADDRESS:6443/readyz`",
        ) from error
    except ConfigError as error:
        raise KubeError(f"{what}: {error}", hint="see the kubeconfig") from error
