"""Certificates with EC keys: an authority and what it signs, and one that signs itself."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

_DAYS: Final = 365


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM."""

    certificate: str
    key: str


class Authority:
    """Who signs. About a millisecond a certificate."""

    def __init__(self, name: str = "kubernetes") -> None:
        from cryptography import x509

        self._key = _make_key()
        self._name = _plan_name(name)
        builder = _begin(self._name, self._name, self._key)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_plan_usage(signs=True), critical=True)
        self._certificate = builder.sign(self._key, _hash())
        self.pair = Pair(_to_pem(self._certificate), _key_to_pem(self._key))

    def sign_client(self, name: str, group: str = "") -> Pair:
        """For a user of the API: `name` and `group` as RBAC knows them."""
        return self._sign(_plan_name(name, group), "CLIENT_AUTH", ())

    def sign_server(self, name: str, also: Sequence[str]) -> Pair:
        """For a server: `also` are the names and addresses by which it is called."""
        return self._sign(_plan_name(name), "SERVER_AUTH", also)

    def _sign(self, subject: Any, purpose: str, also: Sequence[str]) -> Pair:
        from cryptography import x509
        from cryptography.x509.oid import ExtendedKeyUsageOID

        key = _make_key()
        builder = _begin(subject, self._name, key)
        builder = builder.add_extension(_plan_usage(signs=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([getattr(ExtendedKeyUsageOID, purpose)]), critical=False)
        if also:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_plan_also(each) for each in also]), critical=False
            )
        return Pair(_to_pem(builder.sign(self._key, _hash())), _key_to_pem(key))


def make_self_signed(name: str, organization: str, also: Sequence[str]) -> Pair:
    """A server's certificate that nobody vouches for, and its key; `also`: the names by which it is called."""
    from cryptography import x509

    key, subject = _make_key(), _plan_name(name, organization)
    builder = _begin(subject, subject, key)
    builder = builder.add_extension(x509.SubjectAlternativeName([_plan_also(each) for each in also]), critical=False)
    return Pair(_to_pem(builder.sign(key, _hash())), _key_to_pem(key))


def make_key_pair() -> Pair:
    """A public key in the place of the certificate: what service accounts' tokens are signed with, and known by."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = _make_key()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Pair(public.decode(), _key_to_pem(key))


def _make_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _hash() -> Any:
    from cryptography.hazmat.primitives.hashes import SHA256

    return SHA256()


def _begin(subject: Any, issuer: Any, key: Any) -> Any:
    """Valid from yesterday on: a machine that slept may have a clock behind this one."""
    from cryptography import x509

    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=_DAYS))
    )


def _plan_name(name: str, group: str = "") -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    return x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _plan_also(text: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _plan_usage(*, signs: bool) -> Any:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs, crl_sign=signs, key_encipherment=not signs,
        content_commitment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _to_pem(certificate: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    text: str = certificate.public_bytes(Encoding.PEM).decode()
    return text


def _key_to_pem(key: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    text: str = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    return text
