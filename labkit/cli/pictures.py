"""`labkit topology`, `matrix`, `journey`, `reach`: the live network, asked and shown."""

from __future__ import annotations

import argparse
from pathlib import Path

from labkit.cli.printing import print_json, print_text
from labkit.errors import UsageError
from labkit.lab.session import attach_lab
from labkit.probe.journey.value import Journey


def run_topology(options: argparse.Namespace) -> int:
    """What there is now."""
    from labkit.show.live import plan_live, render_live, render_live_file

    live = attach_lab(options.lab).read_network()
    if options.svg:
        write_file(Path(options.svg), render_live_file(live).encode())
    if options.json:
        print_json(plan_live(live))
    elif not options.svg:
        print_text(render_live(live))
    return 0


def run_matrix(options: argparse.Namespace) -> int:
    """Who reaches whom now."""
    from labkit.show.matrix import render_matrix
    from labkit.show.matrix_svg import render_matrix_file

    matrix = attach_lab(options.lab).read_matrix()
    if options.svg:
        write_file(Path(options.svg), render_matrix_file(matrix).encode())
    if options.json:
        print_json(matrix.to_json())
    elif not options.svg:
        print_text(render_matrix(matrix))
    return 0


def run_journey(options: argparse.Namespace) -> int:
    """One packet's way; 1 when it got lost."""
    if options.tcp is not None and options.udp is not None:
        raise UsageError("a packet has one of --tcp and --udp", hint="leave one of them out")
    journey = attach_lab(options.lab, having=[options.source, options.destination]).follow_packet(
        options.source, options.destination, tcp=options.tcp, udp=options.udp
    )
    if options.pcap:
        _write_pcap(journey, Path(options.pcap))
    if options.json:
        print_json(journey.to_json())
    else:
        from labkit.show.journey import render_journey

        print_text(render_journey(journey))
    return 0 if journey.found else 1


def run_reach(options: argparse.Namespace) -> int:
    """Every kind of packet, as checks ask; 1 when one does not get through."""
    from labkit.show.reach import render_reach

    told = attach_lab(options.lab, having=[options.source, options.destination]).ask_reach(
        options.source, options.destination, options.address
    )
    print_text(render_reach(told))
    return 0 if told.reached else 1


def _write_pcap(journey: Journey, path: Path) -> None:
    try:
        journey.write_pcap(path)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}", hint="another folder") from error


def write_file(path: Path, data: bytes) -> None:
    """Write a file that was asked for. Raises UsageError when that is not possible."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}", hint="another folder") from error
