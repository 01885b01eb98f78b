"""What this machine can do, found out by trying; what is missing, and how to get it."""

from __future__ import annotations

from labkit.doctor.capability import Capability, Finding, list_capabilities
from labkit.doctor.report import Report, examine, missing_for, render_report

__all__ = ["Capability", "Finding", "Report", "examine", "list_capabilities", "missing_for", "render_report"]
