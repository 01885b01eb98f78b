"""What this machine can do, found out by trying; what is missing, and how to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.faces import lazy

if TYPE_CHECKING or lazy(__name__, __file__):
    from labkit.doctor.capability import Capability as Capability
    from labkit.doctor.capability import Finding as Finding
    from labkit.doctor.capability import list_capabilities as list_capabilities
    from labkit.doctor.capability import list_modules as list_modules
    from labkit.doctor.capability import try_capabilities as try_capabilities
    from labkit.doctor.programs import list_missing as list_missing
    from labkit.doctor.report import Report as Report
    from labkit.doctor.report import examine as examine
    from labkit.doctor.report import missing_for as missing_for
    from labkit.doctor.report import render_report as render_report
