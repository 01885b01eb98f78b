"""The Kubernetes API, for both sides: agents inside a world, and whoever looks at a lab from outside. Objects are plain dicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.faces import lazy

if TYPE_CHECKING or lazy(__name__, __file__):
    from labkit.kube.api import Api as Api
    from labkit.kube.config import open_api as open_api
    from labkit.kube.errors import ConflictError as ConflictError
    from labkit.kube.errors import KubeError as KubeError
    from labkit.kube.errors import MissingError as MissingError
    from labkit.kube.events import Recorder as Recorder
    from labkit.kube.kinds import Kind as Kind
    from labkit.kube.kinds import find_kind as find_kind
    from labkit.kube.mirror import Mirror as Mirror
    from labkit.kube.reflector import Change as Change
    from labkit.kube.reflector import follow as follow
    from labkit.kube.through import open_api_through as open_api_through
