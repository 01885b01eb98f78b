"""`%journey`: follow a packet."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from labkit.lab.lab import Lab
from labkit.notebook.words import LineParser
from labkit.probe.journey.value import Journey

_USAGE: Final = "%journey SRC DST [--tcp PORT | --udp PORT] [--pcap FILE]"


def follow(lab: Lab, line: str) -> Journey:
    """The words behind %journey; the value is the cell's result."""
    parser = LineParser(_USAGE)
    parser.add_argument("source")
    parser.add_argument("destination")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--tcp", type=int)
    way.add_argument("--udp", type=int)
    parser.add_argument("--pcap")
    options = parser.parse_line(line)
    journey = lab.follow_packet(options.source, options.destination, tcp=options.tcp, udp=options.udp)
    if options.pcap:
        journey.write_pcap(Path(options.pcap))
        print(f"{len(journey.frames)} frames in {options.pcap}")
    return journey
