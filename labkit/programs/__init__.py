"""Kubernetes' own programs, built once from their published Go modules into the user's cache.

The Go module is in this folder (go.mod, go.sum, main.go, plugins.go); the Python beside it builds it, or finds what was built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.faces import lazy

if TYPE_CHECKING or lazy(__name__, __file__):
    from labkit.programs.building import ensure_programs as ensure_programs
    from labkit.programs.building import read_progress as read_progress
    from labkit.programs.cache import find_programs as find_programs
    from labkit.programs.module import NAMES as NAMES
    from labkit.programs.module import read_versions as read_versions
