"""Every command of labkit with its arguments."""

from __future__ import annotations

import argparse
from typing import Final

from labkit.cli.arguments import Command, argument

_LAB = argument("lab", metavar="LAB", help="a lab's name, as in `labkit list`")
_ON = argument("--lab", metavar="LAB", help="which running lab; may be left out while one runs")
_JSON = argument("--json", action="store_true", help="for programs")
_SVG = argument("--svg", metavar="FILE", help="write the drawing there")

COMMANDS: Final = (
    Command("doctor", "examining:run_doctor", "what this machine can do; what is missing and how to get it", (_JSON,)),
    Command("list", "examining:run_list", "the labs, and which can run on this machine", (_JSON,)),
    Command(
        "start", "worlds:run_start", "build the lab's world, or attach to the running one",
        (
            _LAB,
            argument("--fabric", choices=("netlink", "mininet"), help="who builds the machines and cables (netlink)"),
            argument("--student", metavar="ID", help="this student's own names, prefixes and fault"),
            argument("--resume", action="store_true", help="replay the journal in a fresh world"),
            _JSON,
        ),
    ),
    Command("down", "worlds:run_down", "end a lab's world", (_LAB,)),
    Command("ps", "worlds:run_ps", "the running worlds", (_JSON,)),
    Command(
        "shell", "shell:run_shell", "a shell on a machine of the running lab", (_ON, argument("machine", metavar="MACHINE"))
    ),
    Command(
        "exec", "commands:run_exec", "one command there: its output, its exit status (125: labkit's own failure)",
        (
            _ON,
            argument("machine", metavar="MACHINE"),
            argument("words", metavar="-- CMD", nargs=argparse.REMAINDER, help="the command and its arguments"),
        ),
    ),
    Command("mn", "mininet:run_mn", "Mininet's own CLI on a lab built by Mininet", (_ON,)),
    Command(
        "check", "learning:run_check", "run the checks (0 all passed, 1 something failed, 3 could not tell)",
        (_LAB, argument("--only", metavar="ID", help="this check and what it depends on"), _JSON),
    ),
    Command(
        "hint", "learning:run_hint", "the next hint for what is red",
        (_LAB, argument("id", metavar="ID", nargs="?", help="for this check")),
    ),
    Command(
        "solve", "learning:run_solve", "apply a solution",
        (
            _LAB,
            argument("--with", dest="solution", metavar="NAME", default="reference", help="another right answer (reference)"),
            argument("--to", dest="step", metavar="STEP", help="stop after this step"),
        ),
    ),
    Command(
        "break", "learning:run_break", "break something (the lab's last part does it)",
        (_LAB, argument("--fault", metavar="NAME", help="this fault instead of the student's own")),
    ),
    Command(
        "answer", "learning:run_answer", "answer a question: a prediction, fault.where, fault.cause",
        (
            _LAB,
            argument("id", metavar="ID", nargs="?"),
            argument("value", metavar="VALUE", nargs="?"),
            argument("--list", action="store_true", help="what is asked and what can be said"),
        ),
    ),
    Command("topology", "pictures:run_topology", "what there is, from the kernel", (_ON, _JSON, _SVG)),
    Command("matrix", "pictures:run_matrix", "who reaches whom now", (_ON, _JSON, _SVG)),
    Command(
        "journey", "pictures:run_journey", "one packet's way, hop by hop, with its headers (1: it got lost)",
        (
            argument("source", metavar="SRC", help="a machine"),
            argument("destination", metavar="DST", help="a machine, a name or an address"),
            _ON,
            argument("--tcp", type=int, metavar="PORT", help="a TCP connection instead of a ping"),
            argument("--udp", type=int, metavar="PORT", help="a UDP datagram instead of a ping"),
            _JSON,
            argument("--pcap", metavar="FILE", help="write the frames there, for Wireshark"),
        ),
    ),
    Command(
        "cni", "cni:run_cni", "plug a pod into its node's network through CNI, showing every call",
        (
            argument("action", choices=("add", "del", "check")),
            argument("pod", metavar="POD", help="add makes its namespace if there is none"),
            _ON,
            argument("--node", metavar="NODE", help="where a new pod shall be"),
            argument("--port", action="append", metavar="HOST:POD", help="a port mapping, for portmap"),
            argument("--rate", type=int, metavar="MBIT", help="at most so many Mbit/s each way, for bandwidth"),
            argument("--keep", action="store_true", help="del: leave the namespace"),
        ),
    ),
    Command("journal", "learning:run_journal", "every command run in this world, in order", (_LAB, _JSON)),
    Command("reset", "worlds:run_reset", "back to the start state", (_LAB,)),
    Command(
        "prove", "making:run_prove", "the proof of a lab's checks, in worlds of its own (0 proven, 1 not, 3 could not tell)",
        (
            argument("labs", metavar="LAB", nargs="*", help="without any: all labs"),
            argument("--table", action="store_true", help="write the README's table of labs"),
            _JSON,
        ),
    ),
    Command(
        "build", "making:run_build", "notebooks from lessons",
        (
            argument("--check", action="store_true", help="only say whether they are up to date"),
            argument("--student", metavar="ID", help="a student's own, with this student's names and prefixes"),
            argument("--to", metavar="FOLDER", default=".", help="where a student's own are written (here)"),
        ),
    ),
)  # fmt: skip
