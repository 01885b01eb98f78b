"""A real Kubernetes cluster in a lab: what its machines begin with (certificates, kubeconfigs, manifests) and how it is brought up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.faces import lazy

if TYPE_CHECKING or lazy(__name__, __file__):
    from labkit.cluster.outfit import outfit_topology as outfit_topology
    from labkit.cluster.starting import start_cluster as start_cluster
    from labkit.cluster.values import Cluster as Cluster
    from labkit.cluster.values import plan_members as plan_members
