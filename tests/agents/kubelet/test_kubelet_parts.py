"""Probes' states, back-off, images, volumes, settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labkit.agents.containers.spec import Mount
from labkit.agents.kubelet.backoff import Backoff, render_duration
from labkit.agents.kubelet.images import find_image, is_valid, parse_name, render_pull_error
from labkit.agents.kubelet.node import NO_NETWORK, plan_conditions, read_network_problem
from labkit.agents.kubelet.probe import Limits, Verdict, find_port
from labkit.agents.kubelet.sandbox import find_addresses, plan_capabilities, plan_name
from labkit.agents.kubelet.settings import parse_settings
from labkit.agents.kubelet.volumes import (
    Sources,
    VolumeError,
    ensure_volumes,
    plan_mounts,
    write_files,
    write_image_files,
)
from labkit.errors import UsageError


def test_a_probe_decides_after_as_many_answers_as_it_says() -> None:
    verdict = Verdict(Limits(successes=2, failures=3))
    changes = [
        (verdict.take(passed=passed), verdict.good) for passed in (True, True, False, False, True, False, False, False)
    ]
    assert changes == [
        (False, None), (True, True), (False, True), (False, True), (False, True), (False, True), (False, True), (True, False),
    ]  # fmt: skip


def test_a_probe_has_the_apis_defaults() -> None:
    assert Limits.parse({}) == Limits(0, 10, 1, 1, 3)
    assert Limits.parse({"initialDelaySeconds": 5, "periodSeconds": 1, "failureThreshold": 1}).failures == 1


def test_a_port_may_have_a_name() -> None:
    container = {"ports": [{"name": "http", "containerPort": 8080}]}
    assert (find_port("http", container), find_port(80, container), find_port("81", container)) == (8080, 80, 81)
    with pytest.raises(ValueError, match="couldn't find port"):
        find_port("https", container)


def test_the_first_restart_is_at_once_and_each_later_one_waits_twice_as_long() -> None:
    backoff, waits, now = Backoff(), [], 0.0
    for _ in range(7):
        now += backoff.find_left(now, now)
        waits.append(backoff.seconds)
        backoff.grow(now)
    assert waits == [0, 10, 20, 40, 80, 160, 300]
    assert [render_duration(each) for each in (10, 80, 300)] == ["10s", "1m20s", "5m0s"]


def test_who_did_well_for_long_begins_anew() -> None:
    backoff = Backoff()
    backoff.grow(0.0)
    backoff.grow(1.0)
    backoff.grow(700.0)
    assert backoff.seconds == 10


@pytest.mark.parametrize(
    ("image", "whole", "name"),
    [
        ("nginx", "docker.io/library/nginx:latest", "nginx"),
        ("nginx:1.25", "docker.io/library/nginx:1.25", "nginx"),
        ("nicolaka/netshoot", "docker.io/nicolaka/netshoot:latest", "netshoot"),
        ("registry.k8s.io/coredns/coredns:v1.12.1", "registry.k8s.io/coredns/coredns:v1.12.1", "coredns"),
        ("localhost:5000/web:1", "localhost:5000/web:1", "web"),
        ("nginx@sha256:aa", "docker.io/library/nginx@sha256:aa", "nginx"),
    ],
)
def test_an_images_name_is_completed(image: str, whole: str, name: str) -> None:
    assert parse_name(image) == (whole, name)
    assert is_valid(image)


def test_an_unknown_image_can_not_be_pulled() -> None:
    assert find_image("nginxx:1") is None
    assert render_pull_error("nginxx").endswith("docker.io/library/nginxx:latest: not found")
    assert not is_valid("Nginx")
    assert not is_valid("nginx:a b")


def test_an_image_may_be_known_by_its_last_two_names() -> None:
    image = find_image("registry.local.cloud:5000/calico/node:v3.20.3")
    assert image
    assert image.plan_argv({}) == ("calico-node", "-services")
    assert find_image("calico/node") == image
    assert find_image("node:22") is None  # another one's


def test_command_takes_the_place_of_the_entrypoint_and_args_of_the_command() -> None:
    image = find_image("registry.k8s.io/e2e-test-images/agnhost:2.53")
    assert image
    assert image.plan_argv({}) == ("agnhost", "pause")
    assert image.plan_argv({"args": ["netexec"]}) == ("agnhost", "netexec")
    assert image.plan_argv({"command": ["sh", "-c", "x"]}) == ("sh", "-c", "x")


def make_pod(*volumes: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": "default", "uid": "u", "labels": {"app": "web"}}
    return {"metadata": metadata, "spec": {"volumes": list(volumes), "containers": []}}


def make_sources(files: dict[str, bytes] | None) -> Sources:
    return Sources(lambda _, __: files, lambda wanted: f"token {wanted.get('audience')}")


def test_a_configmaps_files_are_there_and_change_all_at_once(tmp_path: Path) -> None:
    pod = make_pod({"name": "conf", "configMap": {"name": "c"}})
    path = ensure_volumes(pod, str(tmp_path), make_sources({"a": b"1", "b": b"2"}))["conf"]
    assert {each.name: each.read_bytes() for each in Path(path).glob("[!.]*")} == {"a": b"1", "b": b"2"}
    before = (Path(path) / "..data").readlink()
    ensure_volumes(pod, str(tmp_path), make_sources({"a": b"3"}))
    assert {each.name: each.read_bytes() for each in Path(path).glob("[!.]*")} == {"a": b"3"}
    assert (Path(path) / "..data").readlink() != before
    assert not (Path(path) / before).exists()
    assert not write_files(path, {"a": b"3"})


def test_a_projection_has_token_configmap_and_fields(tmp_path: Path) -> None:
    sources = [
        {"serviceAccountToken": {"path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    pod = make_pod({"name": "access", "projected": {"sources": sources}})
    path = Path(ensure_volumes(pod, str(tmp_path), make_sources({"ca.crt": b"C"}))["access"])
    assert [(path / name).read_text() for name in ("token", "ca.crt", "namespace")] == ["token None", "C", "default"]


def test_a_missing_configmap_is_named_unless_it_is_optional(tmp_path: Path) -> None:
    with pytest.raises(VolumeError, match='configmap "c" not found'):
        ensure_volumes(make_pod({"name": "v", "configMap": {"name": "c"}}), str(tmp_path), make_sources(None))
    ensure_volumes(
        make_pod({"name": "v", "configMap": {"name": "c", "optional": True}}), str(tmp_path), make_sources(None)
    )
    with pytest.raises(VolumeError, match="not there in this course"):
        ensure_volumes(make_pod({"name": "v", "nfs": {}}), str(tmp_path), make_sources(None))


def test_what_comes_from_the_api_is_mounted_read_only_and_a_subpath_is_one_file(tmp_path: Path) -> None:
    pod = make_pod({"name": "conf", "configMap": {"name": "c"}}, {"name": "scratch", "emptyDir": {}})
    paths = ensure_volumes(pod, str(tmp_path), make_sources({"a": b"1"}))
    mounts = plan_mounts(
        {
            "volumeMounts": [
                {"name": "conf", "mountPath": "/etc/a.conf", "subPath": "a"},
                {"name": "scratch", "mountPath": "/scratch"},
            ]
        },
        pod, paths,
    )  # fmt: skip
    assert [(mount.target, mount.read_only) for mount in mounts] == [("/etc/a.conf", True), ("/scratch", False)]
    assert Path(mounts[0].source).read_text() == "1"


def test_an_images_files_are_the_containers_own_unless_a_volume_is_there(tmp_path: Path) -> None:
    files = {"/etc/nginx/nginx.conf": "a", "/etc/nginx/conf.d/default.conf": "b", "/flannel": "c"}
    mounts = write_image_files(str(tmp_path), files, [])
    assert [mount.target for mount in mounts] == ["/etc/nginx", "/flannel"]
    assert Path(mounts[0].source, "conf.d/default.conf").read_text() == "b"
    assert [each.target for each in write_image_files(str(tmp_path), files, [Mount("/x", "/flannel")])] == [
        "/etc/nginx"
    ]


def test_a_pods_machine_is_named_by_pod_and_namespace_and_hostports_go_to_the_plugins() -> None:
    pod = make_pod()
    assert plan_name(pod) == "web"
    pod["metadata"]["namespace"] = "shop"
    assert plan_name(pod) == "web.shop"
    assert plan_capabilities(pod) == {}
    pod["spec"]["containers"] = [{"ports": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}]}]
    assert plan_capabilities(pod)["portMappings"] == [
        {"hostPort": 8080, "containerPort": 80, "protocol": "tcp", "hostIP": ""}
    ]


def test_addresses_are_found_in_results_of_any_version() -> None:
    assert find_addresses({"ips": [{"address": "10.0.0.2/24"}]}) == ("10.0.0.2",)
    assert find_addresses({"ip4": {"ip": "10.0.0.3/24"}}) == ("10.0.0.3",)


def test_a_node_without_a_cni_conf_is_not_ready_in_kubelets_words(tmp_path: Path) -> None:
    assert read_network_problem(str(tmp_path)) == NO_NETWORK
    (tmp_path / "10-x.conflist").write_text('{"cniVersion": "1.0.0", "name": "x", "plugins": [{"type": "bridge"}]}')
    assert read_network_problem(str(tmp_path)) == ""
    ready = plan_conditions(NO_NETWORK, [])[-1]
    assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "False", "KubeletNotReady")
    assert "cni plugin not initialized" in ready["message"]


def test_settings_come_from_words_and_from_the_file() -> None:
    settings = parse_settings(
        ["--node-ip=10.0.0.1", "--hostname-override=w"], {"clusterDNS": ["10.9.0.10"], "maxPods": 7}
    )
    assert (settings.node, settings.address, settings.cluster_dns, settings.max_pods) == (
        "w",
        "10.0.0.1",
        ("10.9.0.10",),
        7,
    )
    with pytest.raises(UsageError, match="maxPods is 'many'"):
        parse_settings([], {"maxPods": "many"})
