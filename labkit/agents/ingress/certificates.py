"""Certificates out of kubernetes.io/tls Secrets, and whether one is for a host (ingress-nginx 1.5.1, store/backend_ssl.go)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from labkit.kube.pki import Pair, make_self_signed

FAKE: Final = "default-fake-certificate"


class CertificateError(Exception):
    """A Secret has none that nginx could show."""


@dataclass(frozen=True)
class Certificate:
    """`pem`: certificates and key, as nginx reads them; `names`: whom it is for."""

    pem: str
    names: tuple[str, ...]

    def covers(self, host: str) -> bool:
        """By its names; a star stands for one label."""
        return host in self.names or (f"*.{host.partition('.')[2]}" in self.names and "." in host)


def make_fake() -> Pair:
    """What is shown where there is no certificate: the real controller's own words."""
    return make_self_signed("Kubernetes Ingress Controller Fake Certificate", "Acme Co", ["ingress.local"])


def parse_secret(secret: Mapping[str, Any]) -> Certificate:
    """Raises CertificateError with what is wrong."""
    name = f"{secret['metadata']['namespace']}/{secret['metadata']['name']}"
    data = secret.get("data") or {}
    if not data.get("tls.crt") or not data.get("tls.key"):
        raise CertificateError(f'secret "{name}" contains no keypair or CA certificate')
    try:
        return _parse_pair(base64.b64decode(data["tls.crt"]), base64.b64decode(data["tls.key"]))
    except (ValueError, TypeError, binascii.Error) as error:
        raise CertificateError(f'secret "{name}": unexpected error creating SSL Cert: {error}') from error


@lru_cache(maxsize=1024)
def _parse_pair(certificate: bytes, key: bytes) -> Certificate:
    """Written anew from what was parsed, so that nothing else gets into nginx's file. Raises ValueError, TypeError."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    chain = x509.load_pem_x509_certificates(certificate)
    private = serialization.load_pem_private_key(key, password=None)
    if private.public_key() != chain[0].public_key():
        raise ValueError("tls: private key does not match public key")
    lines = [each.public_bytes(serialization.Encoding.PEM) for each in chain]
    lines.append(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return Certificate(b"".join(lines).decode(), _list_names(chain[0]))


def _list_names(certificate: Any) -> tuple[str, ...]:
    """Of the subjectAltName, else of the subject: 1.5.1 still looks at it."""
    from cryptography import x509

    try:
        also = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = also.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        names = []
    common = [str(each.value) for each in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    return tuple(names or common)
