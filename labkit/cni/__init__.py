"""The CNI protocol, for both sides: a container runtime (specification 1.1.0), confs, results, errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.faces import lazy

if TYPE_CHECKING or lazy(__name__, __file__):
    from labkit.cni.attachment import Attachment as Attachment
    from labkit.cni.cache import LEASES as LEASES
    from labkit.cni.cache import Cached as Cached
    from labkit.cni.call import Call as Call
    from labkit.cni.conf import Network as Network
    from labkit.cni.conf import choose_conf as choose_conf
    from labkit.cni.conf import parse_conf as parse_conf
    from labkit.cni.errors import CniError as CniError
    from labkit.cni.pod import add_pod as add_pod
    from labkit.cni.pod import check_pod as check_pod
    from labkit.cni.pod import del_pod as del_pod
    from labkit.cni.pod import remove_pod as remove_pod
    from labkit.cni.pod import unplug_pod as unplug_pod
    from labkit.cni.runtime import Runtime as Runtime
