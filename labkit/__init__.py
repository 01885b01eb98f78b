"""labkit teaches Kubernetes pod networking: you build it by hand, out of a real Linux kernel. Importing it has no side effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.faces import lazy

if TYPE_CHECKING or lazy(__name__, __file__):
    from labkit.api import LiveLab as LiveLab
    from labkit.api import attach as attach
    from labkit.api import start as start
    from labkit.check.verdict import Failed as Failed
    from labkit.check.verdict import expect as expect
    from labkit.check.view import View as View
    from labkit.errors import CannotTell as CannotTell
    from labkit.errors import LabkitError as LabkitError
    from labkit.errors import UsageError as UsageError
    from labkit.errors import WorldError as WorldError
    from labkit.fabric.growth import count_routes as count_routes
    from labkit.lab.folders import list_labs as list_labs
    from labkit.lab.listing import list_running as list_running
    from labkit.notebook import load_ipython_extension as load_ipython_extension
    from labkit.proof.prove import prove as prove
