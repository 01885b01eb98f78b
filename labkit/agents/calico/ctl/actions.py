"""What calicoctl's commands do: ask or change the datastore, print; each gives the exit status and raises LabkitError."""

from __future__ import annotations

import argparse
from typing import Final

from labkit.agents.calico.ctl.ipam_check import render_check
from labkit.agents.calico.ctl.labelling import change_labels
from labkit.agents.calico.ctl.reading import find_shown, list_shown, read_as_number, render_shown
from labkit.agents.calico.ctl.resources import Object, Resource, find_resource
from labkit.agents.calico.ctl.status import render_status
from labkit.agents.calico.ctl.wanted import Wanted, parse_wanted, read_wanted
from labkit.agents.calico.ctl.writing import DONE, carry_out, patch
from labkit.agents.calico.datastore import open_datastore
from labkit.agents.calico.facts import read_facts
from labkit.agents.calico.ipam import list_used
from labkit.agents.calico.names import VERSION
from labkit.agents.calico.objects import CLUSTER, CONFIG, POOL
from labkit.agents.calico.sessions import read_sessions
from labkit.agents.calico.show import render_address, render_borrowed, render_configuration, render_usage
from labkit.agents.calico.store import Store, find
from labkit.errors import LabkitError, UsageError

_COMMIT: Final = "dcb4b76a"


def _open() -> Store:
    try:
        return open_datastore()
    except LabkitError as error:
        raise UsageError(f"Failed to create Calico API client: {error.message}", hint=error.hint) from error


def _find(what: str, kind: str) -> Resource:
    try:
        return find_resource(kind)
    except UsageError as error:
        raise UsageError(f"Failed to {what}: {error.message}", hint=error.hint) from error


def run_get(said: argparse.Namespace) -> int:
    """`get`."""
    resource, some = _find("get resources", said.kind), bool(said.all_namespaces or said.namespace)
    if said.all_namespaces and said.namespace:
        raise UsageError("cannot use both --namespace and --all-namespaces flags at the same time")
    if some and not resource.namespaced:
        raise UsageError(f"{resource.name} is not namespaced")
    store, namespace = _open(), "" if said.all_namespaces else said.namespace or "default"
    as_number = read_as_number(store)
    found: list[Object | list[Object]] = [find_shown(store, resource, name, namespace) for name in said.names]
    for each in found or [list_shown(store, resource, namespace if resource.namespaced else "")]:
        print(render_shown(resource, each, said.output, as_number=as_number, namespaced=some), end="")
    return 0


def run_writing(said: argparse.Namespace) -> int:
    """`create`, `apply`, `replace`, `delete`: of several objects those that can be are done."""
    wanted = _list_wanted(said)
    store, errors = _open(), []
    for each in wanted:
        try:
            carry_out(store, said.do, each)
        except LabkitError as error:
            errors.append(error)
    kinds = {each.resource.name for each in wanted}
    kind = f" '{kinds.pop()}'" if len(kinds) == 1 else ""
    if not errors:
        print(f"Successfully {DONE[said.do]} {len(wanted)}{kind} resource(s)")
        return 0
    whole = f"Failed to {said.do} {'any' if len(wanted) > 1 else ''}{kind} resource".replace("  ", " ")
    begin = whole + ("s" if len(wanted) > 1 else "") if len(errors) == len(wanted) else "Hit error(s)"
    raise LabkitError(f"{begin}: [{' '.join(each.message for each in errors)}]", hint=errors[0].hint)


def _list_wanted(said: argparse.Namespace) -> list[Wanted]:
    """Of the file, or those that are named (delete)."""
    if said.filename:
        return read_wanted(said.filename)
    if not said.kind or not said.names:
        raise UsageError("resource name may not be empty", hint="calicoctl delete KIND NAME, or -f FILE")
    resource = _find("execute command", said.kind)
    return [Wanted(resource, {"metadata": {"name": name, "namespace": said.namespace}}) for name in said.names]


def run_patch(said: argparse.Namespace) -> int:
    """`patch`."""
    resource = _find("execute command", said.kind)
    try:
        patch(_open(), resource, said.name, said.patch)
    except LabkitError as error:
        raise LabkitError(f"Hit error: {error.message}", hint=error.hint) from error
    print(f"Successfully patched 1 '{resource.name}' resource")
    return 0


def run_label(said: argparse.Namespace) -> int:
    """`label`."""
    resource, store = _find("execute command", said.kind), _open()
    key, sign, value = said.label.partition("=")
    if not key or bool(sign) is said.remove:
        raise UsageError(f"invalid label {said.label}", hint="KEY=VALUE, or KEY --remove")
    try:
        shown = find_shown(store, resource, said.name, said.namespace or "default")
    except LabkitError as error:
        raise LabkitError(f"failed to get {said.kind} {said.name}, error {error.message}", hint=error.hint) from error
    labels = dict(shown["metadata"].get("labels") or {})
    done = change_labels(
        labels, key, None if said.remove else value, overwrite=said.overwrite, of=f"{said.kind} {said.name}"
    )
    try:
        carry_out(store, "replace", parse_wanted({**shown, "metadata": {**shown["metadata"], "labels": labels}}))
    except LabkitError as error:
        raise LabkitError(
            f"failed to update {said.kind} {said.name}, label not changed: {error.message}", hint=error.hint
        ) from error
    print(f"Successfully {done} {said.kind} {said.name}")
    return 0


def run_check(said: argparse.Namespace) -> int:
    """`ipam check`."""
    store = _open()
    print(render_check(list(list_used(store)), read_facts(store), problems=said.show_problem_ips), end="")
    return 0


def run_show(said: argparse.Namespace) -> int:
    """`ipam show`."""
    store = _open()
    blocks = list(list_used(store))
    if said.ip:
        told = render_address(said.ip, blocks)
    elif said.show_borrowed:
        told = render_borrowed(blocks)
    elif said.show_configuration:
        told = render_configuration((find(store, CONFIG, "default") or {"spec": {}})["spec"])
    else:
        told = render_usage([each["spec"]["cidr"] for each in store.list(POOL)], blocks, with_blocks=said.show_blocks)
    print(told, end="")
    return 0


def run_status(_: argparse.Namespace) -> int:
    """`node status`."""
    sessions = read_sessions()
    print(render_status(sessions), end="")
    return 1 if sessions is None else 0


def run_version(_: argparse.Namespace) -> int:
    """`version`: ours is known without a datastore."""
    print(f"Client Version:    {VERSION}\nGit commit:        {_COMMIT}")
    found = find(_open(), CLUSTER, "default")
    if found is None:
        raise LabkitError(
            f'Unable to retrieve Cluster Version or Type: resource does not exist: ClusterInformation(default) with error: {CLUSTER.plural}.{CLUSTER.group} "default" not found',
            hint="calico-node writes it",
        )
    spec = found["spec"]
    print(
        f"Cluster Version:   {spec.get('calicoVersion') or 'unknown'}\nCluster Type:      {spec.get('clusterType') or 'unknown'}"
    )
    return 0
