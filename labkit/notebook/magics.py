"""The magics. Each is one call of what the library offers; everything they do is plain Python too."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from labkit import check
from labkit.check import Report, Status
from labkit.course.cells import is_untouched
from labkit.course.done import plan_done
from labkit.errors import CannotTell
from labkit.notebook import asking, following, managing, on
from labkit.notebook.afterwards import Afterwards
from labkit.notebook.current import CurrentLab, find_own_lab
from labkit.notebook.ending import in_one_line
from labkit.notebook.live import register_live
from labkit.notebook.words import LineParser


@magics_class
class LabMagics(Magics):
    """One kernel's magics; they share the current lab."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.current = CurrentLab(find_own_lab())
        self.afterwards = Afterwards(self.current)
        shell.events.register("pre_run_cell", self.afterwards.before)
        shell.events.register("post_run_cell", self.afterwards.after)
        self.live = register_live(shell, self.current)

    @no_var_expand
    @cell_magic("on")
    def run_on(self, line: str, cell: str) -> None:
        """Run the cell's shell commands on a machine of the lab, as %%bash runs them here.

            %%on worker1
            ip link add cni0 type bridge
            ip -br link

        Several machines run it one after the other: %%on worker1 worker2

        Output comes as it is written; more than 200 KB is cut and kept in a file. Stop (or I, I) ends every command of the
        cell. Another exit status than 0 stops Run All. Commands read no input: `labkit shell worker1` in a terminal does.

            --out NAME        put the output into the variable NAME instead
            --err NAME        the same for the error output
            --bg              go on without waiting; the cell says where the output is, and how all of it is ended
            --no-raise-error  another exit status than 0 is no error
        """
        options = on.parse_on(line)
        if is_untouched(cell):
            print("Nothing was run: the commands in this cell are yours to write.")
            self.afterwards.cell = None  # it has shown nothing either
            return
        lab = self.current.get()
        expected = self.afterwards.cell is not None and self.afterwards.cell.fails
        on.run_cells(
            [lab.machine(name) for name in options.machines], cell, options, self.shell.user_ns, expected=expected
        )

    @no_var_expand
    @line_magic("lab")
    @in_one_line
    def manage_lab(self, line: str) -> None:
        """Start, reset, break or end a lab. The first attaches when the lab runs already: after a kernel restart, say it again.

        %lab start 03-bridge [--student ID] [--fabric netlink|mininet] [--resume]
        %lab reset | break [--fault NAME] | down      [03-bridge]
        %lab solve [--to STEP] [--dry-run]            the commands; --dry-run runs none of them
        %lab break --anew                             a new network, right but for one thing
        """
        managing.manage(self.current, line)

    @no_var_expand
    @line_magic("check")
    @in_one_line
    def run_check(self, line: str) -> Report:
        """Check the network as it is now: everything, or one check by its id.

        %check
        %check node_reaches_pods
        """
        report = check.run(self.current.get(), line.strip() or None)
        if not report.gradable:
            raise _tell_why_not(report)
        if done := plan_done(self.current.get(), report):
            self.afterwards.say_last(done)
        return report

    @no_var_expand
    @line_magic("hint")
    @in_one_line
    def show_hint(self, line: str) -> Any:
        """The next hint for a check; without an id, for the first that is red.

        %hint
        %hint node_reaches_pods
        """
        return check.hint(self.current.get(), line.strip() or None)

    @no_var_expand
    @line_magic("answer")
    @in_one_line
    def give_answer(self, line: str) -> Any:
        """Answer a question; with ? in place of an answer, what is asked; with --list, all that is asked.

        %answer --list
        %answer ttl-on-a-bridge ?
        %answer ttl-on-a-bridge 64
        """
        return asking.answer(self.current.get(), line)

    @no_var_expand
    @line_magic("topology")
    @in_one_line
    def draw_topology(self, line: str) -> Any:
        """Draw the network as the kernel has it now; what was added since the lab's start is marked.

        %topology
        %topology --live      beside the notebook, drawn again whenever it changes
        """
        parser = LineParser("%topology [--live]")
        parser.add_argument("--live", action="store_true")
        if parser.parse_line(line).live:
            self.live.show_in_cell()
            return None
        return self.current.get().read_network()

    @no_var_expand
    @line_magic("matrix")
    @in_one_line
    def draw_matrix(self, line: str) -> Any:
        """Who reaches whom now: a ping from every machine to every other."""
        LineParser("%matrix").parse_line(line)
        return self.current.get().read_matrix()

    @no_var_expand
    @line_magic("reach")
    @in_one_line
    def ask_reach(self, line: str) -> Any:
        """Whether one machine reaches another: pings, UDP and TCP, small and large, for a second.

        %reach web db [--address ADDRESS]
        """
        parser = LineParser("%reach SRC DST [--address ADDRESS]")
        parser.add_argument("source")
        parser.add_argument("destination")
        parser.add_argument("--address")
        options = parser.parse_line(line)
        return self.current.get().ask_reach(options.source, options.destination, options.address)

    @no_var_expand
    @line_magic("journey")
    @in_one_line
    def follow_packet(self, line: str) -> Any:
        """Follow one packet through every interface it crosses.

            %journey web db [--tcp PORT | --udp PORT] [--pcap FILE]

        DST: a machine, a name or an address. --pcap writes the frames for Wireshark.
        """
        return following.follow(self.current.get(), line)


def _tell_why_not(report: Report) -> CannotTell:
    """The table is shown all the same; the error keeps what could not be told from counting as a number."""
    from IPython.display import display

    display(report)
    first = next(verdict for verdict in report.verdicts if verdict.status is Status.CANNOT_TELL)
    return CannotTell(f"{first.id}: {first.observed}", hint="run this cell again; what stands there is not your fault")
