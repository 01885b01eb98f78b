"""Kubeconfigs: where the API server is, by what it is known, and who asks; everything in one file, as kubeadm writes it."""

from __future__ import annotations

import base64
from typing import Final

from labkit.kube.pki import Pair

_TEXT: Final = """apiVersion: v1
kind: Config
clusters:
- name: kubernetes
  cluster:
    certificate-authority-data: {authority}
    server: {server}
contexts:
- name: {user}@kubernetes
  context:
    cluster: kubernetes
    user: {user}
current-context: {user}@kubernetes
users:
- name: {user}
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
"""


def render_kubeconfig(server: str, authority: str, user: str, pair: Pair) -> str:
    """`server`: https://ADDRESS:PORT; `authority`: the cluster's certificate, PEM."""
    return _TEXT.format(
        authority=_encode(authority), server=server, user=user, certificate=_encode(pair.certificate),
        key=_encode(pair.key),
    )  # fmt: skip


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
