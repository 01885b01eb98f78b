"""Kubernetes' own programs, as the doctor lists programs."""

from __future__ import annotations

from labkit.doctor.programs import Program, plan_build
from labkit.programs import NAMES, find_programs, read_versions


def list_cluster_programs() -> list[Program]:
    """Those that labs with a cluster run; their versions are those that were built, so nobody is asked."""
    folder, versions = find_programs(), read_versions()
    if folder is None:
        return [Program(name, "", "", plan_build() if name == NAMES[-1] else "") for name in NAMES]
    return [Program(name, versions[name].removeprefix("v"), str(folder / name), "") for name in NAMES]
