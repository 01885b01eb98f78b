"""Every command of labkit with its arguments."""

from __future__ import annotations

from typing import Final

from labkit.cli.arguments import LAB_OPTION, Command, argument

_ON = argument(
    "--lab",
    dest=LAB_OPTION,
    metavar="LAB",
    help="which running lab; not needed while one runs, or if a machine's name tells",
)
_LAB = (argument("lab", metavar="LAB", nargs="?", help="a lab's name or number, as in `labkit list`"), _ON)
_JSON = argument("--json", action="store_true", help="for programs")
_SVG = argument("--svg", metavar="FILE", help="write the drawing there")

COMMANDS: Final = (
    Command("doctor", "examining:run_doctor", "what this machine can do; what is missing and how to get it", (_JSON,)),
    Command("programs", "making:run_programs", "build Kubernetes' own programs, once, for the labs with a cluster; where they are"),
    Command("list", "examining:run_list", "the labs, and which can run on this machine", (_JSON,)),
    Command(
        "start", "worlds:run_start", "build the lab's world, or attach to the running one",
        (
            *_LAB,
            argument("--fabric", choices=("netlink", "mininet"), help="who builds the machines and cables (netlink)"),
            argument("--student", metavar="ID", help="this student's own names, prefixes and fault"),
            argument("--resume", action="store_true", help="replay the journal in a fresh world"),
            _JSON,
        ),
        ("start 03-bridge", "start 03 --resume", "start 03 --student anna"),
    ),
    Command("lesson", "reading:run_lesson", "the lesson as text, for a terminal", _LAB, ("lesson", "lesson 03-bridge | less")),
    Command("down", "worlds:run_down", "end a lab's world", _LAB),
    Command("ps", "worlds:run_ps", "the running worlds", (_JSON,)),
    Command(
        "shell", "shell:run_shell", "a shell on a machine of the running lab", (*_LAB, argument("machine", metavar="MACHINE")),
        ("shell worker1", "shell 03-bridge worker1"),
    ),
    Command(
        "exec", "commands:run_exec", "one command there: its output, its exit status (125: labkit's own failure)",
        (
            _ON,
            argument("machine", metavar="MACHINE"),
            argument("words", metavar="-- CMD", nargs="*", help="the command and its arguments, as they are"),
        ),
        ("exec worker1 -- ip route", "exec web -- bash -c 'ip -br addr | grep eth0'", "exec --lab 03-bridge worker1 -- brctl show"),
        runs=True,
    ),
    Command("mn", "mininet:run_mn", "Mininet's own CLI on a lab built by Mininet", _LAB),
    Command(
        "check", "learning:run_check", "run the checks (0 all passed, 1 something failed, 3 could not tell)",
        (
            *_LAB,
            argument("id", metavar="ID", nargs="?", help="this check and what it depends on"),
            argument("--only", metavar="ID", help="the same"),
            _JSON,
        ),
        ("check", "check 03-bridge", "check pods_share_a_bridge", "check --json"),
    ),
    Command(
        "hint", "learning:run_hint", "the next hint for what is red",
        (*_LAB, argument("id", metavar="ID", nargs="?", help="for this check")),
        ("hint", "hint pods_share_a_bridge"),
    ),
    Command(
        "solve", "learning:run_solve", "apply a solution",
        (
            *_LAB,
            argument("--with", dest="solution", metavar="NAME", default="reference", help="another right answer (reference)"),
            argument("--to", dest="step", metavar="STEP", help="stop after this step"),
            argument("--dry-run", action="store_true", help="only print its commands"),
        ),
    ),
    Command(
        "break", "learning:run_break", "break something (the lab's last part does it)",
        (
            *_LAB,
            argument("--fault", metavar="NAME", help="this fault instead of the student's own"),
            argument("--anew", action="store_true", help="in a new network, built for you: practice"),
        ),
    ),
    Command(
        "answer", "learning:run_answer", "answer a question: a prediction, fault.where, fault.cause",
        (
            *_LAB,
            argument("id", metavar="ID", nargs="?", help="which question; alone: what is asked"),
            argument("value", metavar="VALUE", nargs="*", help="a number, a choice's number or its beginning, words"),
            argument("--list", action="store_true", help="what is asked and what can be said"),
        ),
        ("answer --list", "answer links-in-a-new-pod 2", "answer fault.where worker1:eth0"),
    ),
    Command("topology", "pictures:run_topology", "what there is, from the kernel", (*_LAB, _JSON, _SVG)),
    Command("matrix", "pictures:run_matrix", "who reaches whom now", (*_LAB, _JSON, _SVG)),
    Command(
        "journey", "pictures:run_journey", "one packet's way, hop by hop, with its headers (1: it got lost)",
        (
            *_LAB,
            argument("source", metavar="SRC", help="a machine"),
            argument("destination", metavar="DST", help="a machine, a name or an address"),
            argument("--tcp", type=int, metavar="PORT", help="a TCP connection instead of a ping"),
            argument("--udp", type=int, metavar="PORT", help="a UDP datagram instead of a ping"),
            _JSON,
            argument("--pcap", metavar="FILE", help="write the frames there, for Wireshark"),
        ),
        ("journey web api", "journey web 10.244.2.2 --tcp 80", "journey web api --pcap way.pcapng"),
    ),
    Command(
        "reach", "pictures:run_reach", "whether a machine reaches another: pings, UDP and TCP, small and large, for a second (1: it does not)",
        (
            *_LAB,
            argument("source", metavar="SRC", help="a machine"),
            argument("destination", metavar="DST", help="a machine"),
            argument("--address", metavar="ADDRESS", help="this address of DST's (its first)"),
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
        ("cni add probe --node worker1", "cni add web --port 8080:80 --rate 20", "cni del probe"),
    ),
    Command("journal", "learning:run_journal", "every command run in this world, in order", (*_LAB, _JSON)),
    Command("reset", "worlds:run_reset", "back to the start state", _LAB),
    Command(
        "prove", "making:run_prove", "the proof of a lab's checks, in worlds of its own (0 proven, 1 not, 3 could not tell)",
        (
            argument("labs", metavar="LAB", nargs="*", help="without any: all labs"),
            _JSON,
        ),
    ),
    Command(
        "build", "making:run_build", "notebooks from lessons",
        (
            argument("--check", action="store_true", help="only say whether they are up to date"),
            argument("--student", metavar="ID", help="a student's own, with this student's names and prefixes"),
            argument("--handout", action="store_true", help="all recaps on paper: handout.html, to be printed"),
            argument("--answers", action="store_true", help="with --student: the answers as they are in this student's labs"),
            argument("--to", metavar="FOLDER", default=".", help="where these are written (here)"),
        ),
    ),
    Command("completion", "completion:run_completion", "what makes bash complete labkit's words", (), ("completion >~/.local/share/bash-completion/completions/labkit",)),
)  # fmt: skip
