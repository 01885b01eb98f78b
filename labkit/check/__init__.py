"""The engine: what must be true in a lab, and verdicts. A lab's checks.py uses `check`, `expect` and `View`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.faces import lazy

if TYPE_CHECKING or lazy(__name__, __file__):
    from labkit.check.breaking import break_ as break_
    from labkit.check.breaking import break_anew as break_anew
    from labkit.check.breaking import break_for_script as break_for_script
    from labkit.check.breaking import solve as solve
    from labkit.check.fault import list_checks as list_checks
    from labkit.check.fault import rate_tries as rate_tries
    from labkit.check.live import hint as hint
    from labkit.check.live import run as run
    from labkit.check.machine import MachineView as MachineView
    from labkit.check.made import make_objects as make_objects
    from labkit.check.made import make_service as make_service
    from labkit.check.made import run_pods as run_pods
    from labkit.check.objects import Object as Object
    from labkit.check.objects import find_condition as find_condition
    from labkit.check.objects import find_owner as find_owner
    from labkit.check.objects import is_leaving as is_leaving
    from labkit.check.objects import is_ready as is_ready
    from labkit.check.plug import Plugged as Plugged
    from labkit.check.plug import draw_host as draw_host
    from labkit.check.plug import find_pod as find_pod
    from labkit.check.plug import plan_pods as plan_pods
    from labkit.check.plug import plug_in_pod as plug_in_pod
    from labkit.check.plug import wire_in_beside as wire_in_beside
    from labkit.check.plug import wire_in_pod as wire_in_pod
    from labkit.check.progress import Progress as Progress
    from labkit.check.progress import read_progress as read_progress
    from labkit.check.register import check as check
    from labkit.check.report import Report as Report
    from labkit.check.verdict import Evidence as Evidence
    from labkit.check.verdict import Failed as Failed
    from labkit.check.verdict import Status as Status
    from labkit.check.verdict import Verdict as Verdict
    from labkit.check.verdict import expect as expect
    from labkit.check.view import Place as Place
    from labkit.check.view import View as View
    from labkit.check.view import both_ways as both_ways
