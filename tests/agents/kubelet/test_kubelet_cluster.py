"""kubelet with the real API server and the real kubectl: one cluster for all tests of this file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.lab.lab import Lab
from labkit.world import Machine, Result
from tests.waiting import wait_until
from tests.worlds import run_well, start_cluster

pytestmark = [pytest.mark.world, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lines = "dns = 0\nproxy = 'none'\nkubelets = ['worker1']"
    with start_cluster(tmp_path_factory.mktemp("kubelet"), "93-kubelet", lines) as lab:
        yield lab


@pytest.fixture(scope="module")
def control(cluster: Lab) -> Machine:
    return cluster.world.machine("control")


@pytest.fixture(scope="module")
def node(cluster: Lab) -> Machine:
    return cluster.world.machine("worker1")


def run(machine: Machine, command: str) -> str:
    return run_well(machine, command, timeout=120)


def apply(control: Machine, *objects: dict[str, Any]) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    run_well(control, ["kubectl", "apply", "--validate=false", "-f", "-"], stdin=text, timeout=60)


def read(control: Machine, pod: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(control, f"kubectl get pod {pod} -o json"))
    return found


def list_reasons(control: Machine, pod: str) -> set[str]:
    return set(
        run(
            control, f"kubectl get events --field-selector involvedObject.name={pod} -o jsonpath='{{.items[*].reason}}'"
        ).split()
    )


def make_pod(name: str, *containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    whole = {"terminationGracePeriodSeconds": 1, "containers": list(containers), **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": whole}


def make_container(name: str, script: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "image": "busybox",
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", script],
        **more,
    }


@pytest.fixture(scope="module")
def web(control: Machine) -> str:
    run(control, "kubectl wait --for=create serviceaccount/default --timeout=60s; kubectl run web --image=nginx:1.25")
    run(control, "kubectl wait pod web --for=condition=Ready --timeout=60s")
    return "web"


def test_a_node_tells_what_it_is(control: Machine) -> None:
    shown = json.loads(run(control, "kubectl get node worker1 -o json"))["status"]
    assert {each["type"]: each["address"] for each in shown["addresses"]} == {
        "InternalIP": "192.168.50.11",
        "Hostname": "worker1",
    }
    assert (shown["capacity"]["pods"], shown["daemonEndpoints"]["kubeletEndpoint"]["Port"]) == ("110", 10250)
    assert "processes of this machine" in shown["nodeInfo"]["containerRuntimeVersion"]
    assert run(control, "kubectl -n kube-node-lease get lease worker1 -o jsonpath={.spec.holderIdentity}") == "worker1"


def test_a_pod_runs_with_the_events_and_the_words_of_the_real_kubelet(control: Machine, web: str) -> None:
    pod = read(control, web)
    assert pod["status"]["phase"] == "Running"
    assert pod["status"]["podIP"].startswith("10.244.1.")
    conditions = {each["type"] for each in pod["status"]["conditions"] if each["status"] == "True"}
    assert conditions == {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"}
    assert list_reasons(control, web) == {"Scheduled", "Pulled", "Created", "Started"}
    assert "Welcome to nginx!" in run(control, f"curl -s --max-time 10 {pod['status']['podIP']}")


def test_a_pod_is_a_machine_of_the_lab_with_its_own_names(cluster: Lab, control: Machine, web: str) -> None:
    machine = cluster.world.machine(web)
    assert (machine.kind, machine.node) == ("pod", "worker1")
    assert read(control, web)["status"]["podIP"] in machine.run("ip -4 addr show eth0").stdout
    assert "search default.svc.cluster.local" in machine.run("cat /etc/resolv.conf").stdout


def test_exec_has_status_both_streams_and_three_megabytes_unchanged(control: Machine, web: str) -> None:
    ran = control.run(f"kubectl exec {web} -- sh -c 'echo out; echo err >&2; exit 5'", timeout=60)
    assert (ran.status, ran.stdout) == (5, "out\n")
    assert ran.stderr.startswith("err\n")
    made = "head -c 3000000 /dev/urandom >/tmp/big; kubectl exec -i web -- cat </tmp/big | cmp - /tmp/big"
    run(control, f"{made} && kubectl cp /tmp/big web:/tmp/big && kubectl exec web -- cat /tmp/big | cmp - /tmp/big")
    assert "executable file not found" in control.run(f"kubectl exec {web} -- nope", timeout=60).stderr


def test_run_with_a_terminal_and_attach_reach_the_first_process(control: Machine, web: str) -> None:
    typed = "echo 'echo in $(hostname); exit' | kubectl run -i --rm one --image=busybox --restart=Never --pod-running-timeout=60s --quiet -- sh"
    assert web
    assert "in one" in run(control, typed)


def test_logs_of_now_before_and_as_they_come(control: Machine, web: str) -> None:
    apply(control, make_pod("talks", make_container("main", "echo one; echo two >&2; read x", stdin=True)))
    wait_until(lambda: run(control, "kubectl logs talks --tail=5 || true").splitlines() == ["one", "two"], 60)
    assert run(control, "kubectl logs talks --tail=1 --timestamps").rstrip().endswith("Z two")
    follow = "kubectl logs -f talks >/tmp/said & until grep -q two /tmp/said; do sleep 0.1; done"
    typed = f"{follow}; echo | kubectl attach -i talks >/dev/null 2>&1; wait; cat /tmp/said"
    assert run(control, typed) == "one\ntwo\n"
    wait_until(
        lambda: control.run("kubectl logs talks --previous", timeout=60).stdout.splitlines() == ["one", "two"], 60
    )
    assert 'pod "nobody" not found' in (control.run("kubectl logs nobody").stderr).replace('pods "', 'pod "')
    assert web


def test_a_pods_port_is_forwarded_to_whoever_runs_kubectl(control: Machine, web: str) -> None:
    script = f"""kubectl port-forward pod/{web} 8080:80 9999:81 >/tmp/forward 2>&1 &
    until grep -q 'Forwarding from 127.0.0.1:9999 -> 81' /tmp/forward; do sleep 0.05; done
    for n in 1 2 3; do curl -s --max-time 20 localhost:8080 | grep title & done; wait -n; wait -n; wait -n
    curl -s --max-time 20 localhost:9999; wait %1"""
    assert run(control, f"{script}; true").count("Welcome to nginx!") == 3
    said = run(control, "cat /tmp/forward")
    assert "error forwarding port 81 to pod" in said
    assert "connect: connection refused" in said
    assert 'pods "nobody" not found' in control.run("kubectl port-forward nobody 8080:80").stderr


def test_an_image_that_nobody_has_is_told_as_kubernetes_does(control: Machine, web: str) -> None:
    assert web
    run(control, "kubectl run wrong --image=nginxx:1")
    wait_until(lambda: {"Pulling", "Failed", "BackOff"} <= list_reasons(control, "wrong"), 60)
    state = read(control, "wrong")["status"]["containerStatuses"][0]["state"]["waiting"]
    assert state["reason"] in ("ErrImagePull", "ImagePullBackOff")
    assert "docker.io/library/nginxx:1: not found" in state["message"]
    assert "trying and failing to pull image" in control.run("kubectl logs wrong").stderr
    run(control, "kubectl delete pod wrong --timeout=60s")


def test_init_containers_volumes_and_variables(control: Machine, web: str) -> None:
    assert web
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"color": "red"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"word": "s3"}}
    environment = [
        {"name": "COLOR", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "color"}}},
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
    ]
    mounts = [
        {"name": "shared", "mountPath": "/shared"},
        {"name": "key", "mountPath": "/etc/key"},
        {"name": "conf", "mountPath": "/conf"},
    ]
    script = "cat /shared/made /etc/key/word /conf/color; echo $COLOR $POD_IP; cat /etc/hosts; ls /var/run/secrets/kubernetes.io/serviceaccount"
    volumes = [
        {"name": "shared", "emptyDir": {}}, {"name": "key", "secret": {"secretName": "key"}}, {"name": "conf", "configMap": {"name": "conf"}},
    ]  # fmt: skip
    pod = make_pod(
        "whole", make_container("main", script, env=environment, volumeMounts=mounts), volumes=volumes, restartPolicy="Never",
        initContainers=[make_container("first", "sleep 0.2; echo -n made >/shared/made", volumeMounts=mounts)],
        hostAliases=[{"ip": "1.2.3.4", "hostnames": ["alias"]}],
    )  # fmt: skip
    apply(control, config, secret, pod)
    run(control, "kubectl wait pod whole --for=jsonpath='{.status.phase}'=Succeeded --timeout=60s")
    said = run(control, "kubectl logs whole")
    assert said.startswith("mades3redred 10.244.1.")
    assert "1.2.3.4\talias" in said
    assert said.splitlines()[-3:] == ["ca.crt", "namespace", "token"]


def test_two_containers_of_a_pod_share_one_network(control: Machine, web: str) -> None:
    assert web
    server = {"name": "server", "image": "nginx", "imagePullPolicy": "IfNotPresent"}
    apply(control, make_pod("pair", server, make_container("client", "sleep 1000")))
    run(control, "kubectl wait pod pair --for=condition=Ready --timeout=60s")
    assert "Welcome" in run(control, "kubectl exec pair -c client -- curl -s --retry 20 --retry-connrefused localhost")
    run(control, "kubectl delete pod pair --timeout=60s")


def test_who_ends_again_and_again_is_started_later_each_time(control: Machine, web: str) -> None:
    assert web
    apply(control, make_pod("crash", make_container("main", "echo again; exit 1")))
    wait_until(lambda: "CrashLoopBackOff" in run(control, "kubectl get pod crash"), 60)
    status = read(control, "crash")["status"]["containerStatuses"][0]
    assert (status["lastState"]["terminated"]["exitCode"], status["restartCount"]) == (1, 1)
    assert status["state"]["waiting"]["message"].startswith(
        "back-off 10s restarting failed container=main pod=crash_default("
    )
    run(control, "kubectl delete pod crash --timeout=60s")


def test_probes_decide_what_is_ready_and_what_is_started_anew(control: Machine, web: str) -> None:
    assert web
    probe = {"periodSeconds": 1, "failureThreshold": 1}
    main = make_container(
        "main", "touch /tmp/alive; sleep 1000",
        readinessProbe={"exec": {"command": ["test", "-e", "/tmp/ready"]}, **probe},
        livenessProbe={"exec": {"command": ["test", "-e", "/tmp/alive"]}, **probe},
    )  # fmt: skip
    apply(control, make_pod("probed", main))
    wait_until(lambda: "Unhealthy" in list_reasons(control, "probed"), 60)
    assert "0/1" in run(control, "kubectl get pod probed")
    run(control, "kubectl exec probed -- touch /tmp/ready; kubectl wait pod probed --for=condition=Ready --timeout=60s")
    run(control, "kubectl exec probed -- rm /tmp/alive")
    wait_until(lambda: read(control, "probed")["status"]["containerStatuses"][0]["restartCount"] == 1, 60)
    events = run(control, "kubectl get events --field-selector involvedObject.name=probed,reason=Killing")
    assert "Container main failed liveness probe, will be restarted" in events
    run(control, "kubectl delete pod probed --timeout=60s")


def kill_kubelet(node: Machine) -> Result:
    return node.run('kill -9 "$(cat /run/kubelet/kubelet.pid)"')


def test_a_kubelet_that_was_killed_takes_over_what_runs_and_hears_what_ended(
    control: Machine, node: Machine, web: str
) -> None:
    apply(control, make_pod("ends", make_container("main", "read x; exit 4", stdin=True), restartPolicy="Never"))
    run(control, "kubectl wait pod ends --for=condition=Ready --timeout=60s")
    before = read(control, web)["status"]["containerStatuses"]
    master = run(node, "pgrep -o -f 'nginx: master'").strip()
    assert kill_kubelet(node).status == 0
    run(node, "pkill -f 'read x; exit 4'")
    run(node, "daemon start kubelet")
    run(control, "kubectl wait pod ends --for=jsonpath='{.status.phase}'=Failed --timeout=60s")
    assert run(node, "pgrep -o -f 'nginx: master'").strip() == master
    wait_until(lambda: read(control, web)["status"]["containerStatuses"] == before, 60)
    assert run(control, f"kubectl exec {web} -- hostname") == "web\n"


def test_what_was_deleted_meanwhile_is_taken_away(control: Machine, node: Machine, web: str) -> None:
    assert web
    run(control, "kubectl run gone --image=nginx; kubectl wait pod gone --for=condition=Ready --timeout=60s")
    assert kill_kubelet(node).status == 0
    run(control, "kubectl delete pod gone --force --grace-period=0")
    run(node, "daemon start kubelet")
    wait_until(lambda: "gone" not in node.run("ls /run/netns").stdout, 60)


def test_what_a_killed_kubelet_had_no_time_to_write_down_is_in_nobodys_way(control: Machine, node: Machine) -> None:
    make = "kubectl run again --image=nginx && kubectl wait pod again --for=condition=Ready --timeout=60s"
    run(control, make)
    uid = read(control, "again")["metadata"]["uid"]
    assert kill_kubelet(node).status == 0
    run(
        node, f"rm -r /var/lib/kubelet/pods/{uid} && {{ ip netns pids again | xargs kill -9 || true; }}"
    )  # with one others end
    run(control, "kubectl delete pod again --force --grace-period=0")
    run(node, "daemon start kubelet")
    run(control, f"{make} && kubectl delete pod again --now")


def test_a_node_without_a_conf_is_not_ready_and_its_pods_wait(control: Machine, node: Machine, web: str) -> None:
    assert web
    run(node, "mv /etc/cni/net.d/10-bridge.conflist /tmp")
    run(control, "kubectl wait node worker1 --for=condition=Ready=false --timeout=60s")
    ready = "jsonpath='{.status.conditions[?(@.type==\"Ready\")].message}'"
    assert run(control, f"kubectl get node worker1 -o {ready}").endswith("cni plugin not initialized")
    waiting = make_pod(
        "waits", make_container("main", "sleep 1000"), nodeName="worker1", tolerations=[{"operator": "Exists"}]
    )
    apply(control, waiting)
    wait_until(lambda: "NetworkNotReady" in list_reasons(control, "waits"), 60)
    run(node, "mv /tmp/10-bridge.conflist /etc/cni/net.d")
    run(
        control,
        "kubectl wait node worker1 --for=condition=Ready --timeout=60s; kubectl wait pod waits --for=condition=Ready --timeout=60s",
    )


def test_a_pods_end_leaves_nothing_on_the_node(control: Machine, node: Machine, web: str) -> None:
    assert web
    run(control, "kubectl delete pod --all --timeout=120s")
    folders = "/run/netns /var/lib/kubelet/pods /etc/netns"
    assert run(node, f"find {folders} /var/lib/cni/networks/bridge -mindepth 1 -not -name 'l*'") == ""
    assert "veth" not in run(node, "ip -br link")
