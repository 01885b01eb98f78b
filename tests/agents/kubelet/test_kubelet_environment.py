"""A container's variables and words."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.agents.kubelet.environment import ConfigError, expand, plan_environment, plan_service_variables

POD: dict[str, Any] = {
    "metadata": {"name": "web", "namespace": "shop", "uid": "u1", "labels": {"app": "web", "a/b": "c"}},
    "spec": {"nodeName": "worker1", "serviceAccountName": "default"},
    "status": {"podIP": "10.244.1.5", "hostIP": "192.168.50.11"},
}
DATA = {("ConfigMap", "conf"): {"color": "red", "size": "9"}, ("Secret", "key"): {"word": "s3"}}


def read(kind: str, name: str) -> dict[str, str] | None:
    return DATA.get((kind, name))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("$(A)-$(B)", "1-2"),
        ("$(MISSING)", "$(MISSING)"),
        ("$$(A)", "$(A)"),
        ("$A $", "$A $"),
        ("$(A", "$(A"),
    ],
)
def test_words_are_expanded_as_kubernetes_does(text: str, shown: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == shown


def test_variables_come_from_fields_configmaps_secrets_and_each_other() -> None:
    container = {
        "envFrom": [{"configMapRef": {"name": "conf"}, "prefix": "C_"}],
        "env": [
            {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
            {"name": "SIZE", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "size"}}},
            {"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "key", "key": "word"}}},
            {"name": "MAYBE", "valueFrom": {"secretKeyRef": {"name": "none", "key": "x", "optional": True}}},
            {"name": "URL", "value": "http://$(IP):$(C_size)/$(HOST)"},
        ],
    }
    made = plan_environment(container, POD, {"HOST": "h"}, read)
    assert made == {
        "HOST": "h", "C_color": "red", "C_size": "9", "NODE": "worker1", "IP": "10.244.1.5", "APP": "web", "SIZE": "9",
        "WORD": "s3", "URL": "http://10.244.1.5:9/h",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"configMapKeyRef": {"name": "none", "key": "x"}}, 'configmap "none" not found'),
        ({"secretKeyRef": {"name": "key", "key": "x"}}, "couldn't find key x in Secret key"),
        ({"fieldRef": {"fieldPath": "spec.tea"}}, "field label not supported: spec.tea"),
    ],
)
def test_what_is_missing_is_named(source: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        plan_environment({"env": [{"name": "X", "valueFrom": source}]}, POD, {}, read)


def test_services_of_the_namespace_and_the_api_server_are_variables() -> None:
    def service(name: str, namespace: str, address: str) -> dict[str, Any]:
        ports = [{"port": 80, "name": "http", "protocol": "TCP"}]
        return {"metadata": {"name": name, "namespace": namespace}, "spec": {"clusterIP": address, "ports": ports}}

    services = [
        service("kubernetes", "default", "10.96.0.1"), service("my-web", "shop", "10.96.1.1"),
        service("other", "default", "10.96.1.2"), service("headless", "shop", "None"),
    ]  # fmt: skip
    made = plan_service_variables(services, "shop", links=True)
    assert made["KUBERNETES_SERVICE_HOST"] == "10.96.0.1"
    assert made["MY_WEB_PORT_80_TCP"] == "tcp://10.96.1.1:80"
    assert made["MY_WEB_SERVICE_PORT_HTTP"] == "80"
    assert not [name for name in made if name.startswith(("OTHER", "HEADLESS"))]
    assert not [name for name in plan_service_variables(services, "shop", links=False) if name.startswith("MY")]
