"""The magics. Each is one call of what the library offers; everything they do is plain Python too."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

import labkit
from labkit.check import Report, Status
from labkit.errors import CannotTell
from labkit.notebook import asking, following, on
from labkit.notebook.current import CurrentLab
from labkit.notebook.words import LineParser


@magics_class
class LabMagics(Magics):
    """One kernel's magics; they share the current lab."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.current = CurrentLab()

    @no_var_expand
    @cell_magic("on")
    def run_on(self, line: str, cell: str) -> None:
        """Run the cell's shell commands on a machine of the lab, as %%bash runs them here.

            %%on worker1
            ip link add cni0 type bridge
            ip -br link

        Output comes as it is written; more than 200 KB is cut and kept in a file. Stop (or I, I) ends every command of the
        cell. Another exit status than 0 stops Run All. Commands read no input: `labkit shell worker1` in a terminal does.

            --out NAME        put the output into the variable NAME instead
            --err NAME        the same for the error output
            --bg              go on without waiting; the cell says where the output is
            --no-raise-error  another exit status than 0 is no error
        """
        options = on.parse_on(line)
        on.run_cell(self.current.get().machine(options.machine), cell, options, self.shell.user_ns)

    @no_var_expand
    @line_magic("lab")
    def manage_lab(self, line: str) -> None:
        """Start, reset, break or end a lab. The first attaches when the lab runs already: after a kernel restart, say it again.

        %lab start 03-bridge [--student ID] [--fabric netlink|mininet] [--resume]
        %lab reset | break [--fault NAME] | down      [03-bridge]
        """
        options = _parse_lab(line)
        if options.deed == "start":
            lab = labkit.start(options.name, student=options.student, fabric=options.fabric, resume=options.resume)
            self.current.set(lab)
            print(f"{lab.name} runs: {', '.join(machine.name for machine in lab.machines())}")
            for note in lab.read_notes():
                print(f"note: {note}")
            return
        lab = labkit.attach(options.name) if options.name else self.current.get()
        if options.deed == "break":
            print(lab.break_(options.fault))
        elif options.deed == "reset":
            lab.reset()
            print(f"{lab.name} is back at its start")
        else:
            lab.down()
            self.current.set(None)
            print(f"{lab.name} has ended")

    @no_var_expand
    @line_magic("check")
    def run_check(self, line: str) -> Report:
        """Check the network as it is now: everything, or one check by its id.

        %check
        %check node_reaches_pods
        """
        report = self.current.get().check(only=line.strip() or None)
        if not report.gradable:
            raise _tell_why_not(report)
        return report

    @no_var_expand
    @line_magic("hint")
    def show_hint(self, line: str) -> Any:
        """The next hint for a check; without an id, for the first that is red.

        %hint
        %hint node_reaches_pods
        """
        return self.current.get().hint(line.strip() or None)

    @no_var_expand
    @line_magic("answer")
    def give_answer(self, line: str) -> Any:
        """Answer a question; with ? in place of an answer, what is asked; with --list, all that is asked.

        %answer --list
        %answer ttl-on-a-bridge ?
        %answer ttl-on-a-bridge 64
        """
        return asking.answer(self.current.get(), line)

    @no_var_expand
    @line_magic("topology")
    def draw_topology(self, line: str) -> Any:
        """Draw the network as the kernel has it now; what was added since the lab's start is marked."""
        LineParser("%topology").parse_line(line)
        return self.current.get().read_network()

    @no_var_expand
    @line_magic("matrix")
    def draw_matrix(self, line: str) -> Any:
        """Who reaches whom now: a ping from every machine to every other."""
        LineParser("%matrix").parse_line(line)
        return self.current.get().read_matrix()

    @no_var_expand
    @line_magic("journey")
    def follow_packet(self, line: str) -> Any:
        """Follow one packet through every interface it crosses.

            %journey web db [--tcp PORT | --udp PORT] [--pcap FILE]

        DST: a machine, a name or an address. --pcap writes the frames for Wireshark.
        """
        return following.follow(self.current.get(), line)


def _parse_lab(line: str) -> Any:
    parser = LineParser("%lab start NAME [--student ID] [--fabric F] [--resume] | reset | break [--fault F] | down")
    parser.add_argument("deed", choices=("start", "reset", "break", "down"))
    parser.add_argument("name", nargs="?")
    parser.add_argument("--student")
    parser.add_argument("--fabric")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--fault")
    options = parser.parse_line(line)
    if options.deed == "start" and options.name is None:
        parser.error("start: which lab?")
    return options


def _tell_why_not(report: Report) -> CannotTell:
    """The table is shown all the same; the error keeps what could not be told from counting as a number."""
    from IPython.display import display

    display(report)
    first = next(verdict for verdict in report.verdicts if verdict.status is Status.CANNOT_TELL)
    return CannotTell(f"{first.id}: {first.observed}", hint="run this cell again; what stands there is not your fault")
