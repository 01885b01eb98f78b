"""A running lab: its machines, its solutions and faults, its answers; the same for a notebook, a terminal and the proof."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from labkit.cni import CniError, Runtime, add_pod, del_pod
from labkit.cni.call import Tell
from labkit.errors import UsageError
from labkit.lab import build, diagnosis
from labkit.lab.definition import Definition
from labkit.lab.entries import AnswerGiven, Break, Entry, Plug, Reset, Shown
from labkit.lab.folders import find_lab
from labkit.lab.harm import put_in
from labkit.lab.journal import State, find_last_work, is_touched, is_worked_in, read_journal, read_state
from labkit.lab.machine import LabMachine
from labkit.lab.meta import read_meta
from labkit.lab.network import LiveNetwork, read_lab_matrix, read_live_network
from labkit.lab.question import Question, Reply
from labkit.lab.runner import Job, Outcome, run_script
from labkit.lab.script import Fault, Script, choose_fault, read_faults, read_script
from labkit.probe import Matrix
from labkit.probe.addresses import find_main_address
from labkit.probe.journey.follow import follow_packet
from labkit.probe.journey.value import Journey
from labkit.probe.reach import Pair, Reach, reach
from labkit.world import World

Breaking = Callable[["Lab", Fault], Fault]  # puts a fault in, this one or another; which
BROKEN_OFF = 130  # what a shell says of a command that Ctrl-C ended


class Lab:
    """One lab in its world. A handle stays good when somebody else resets the lab: the world is found again by its name."""

    def __init__(self, definition: Definition, world: World, *, hidden: bool = False) -> None:
        self.definition = definition
        self.hidden = hidden
        self._world = world

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def folder(self) -> Path:
        return find_lab(self.name)

    @property
    def student(self) -> str | None:
        return self.definition.variant.student

    @property
    def values(self) -> Mapping[str, Any]:
        return self.definition.variant.values

    @property
    def world(self) -> World:
        """The world as it is now; WorldError when there is none any more."""
        self._world = self._world.renew()
        return self._world

    def close(self) -> None:
        """Let go of the world; it goes on."""
        self._world.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def machine(self, name: str) -> LabMachine:
        """One machine; what is run on it is written into the journal. UsageError with near names when unknown."""
        found = self.world.machine(name)
        return LabMachine(found.world, found.name, found.kind, found.node, found.network)

    def machines(self) -> list[LabMachine]:
        """All machines, pods the learner made included."""
        return [LabMachine(each.world, each.name, each.kind, each.node, each.network) for each in self.world.machines()]

    def reset(self) -> Sequence[Entry]:
        """Back to the start state: a new world; the journal goes on. What was taken back, for a resume to bring again."""
        meta = read_meta(self.world)
        entries = read_journal(meta.journal)
        gone = find_last_work(entries) if is_worked_in(entries) else []
        self._world.end()
        plan = build.Plan(self.definition, meta.fabric, meta.journal, hidden=self.hidden, name=self._world.name)
        self._world = build.build_world(plan, Reset())
        return gone

    def down(self) -> None:
        """End the lab's world."""
        self.world.end()

    # --- the network now

    def read_network(self) -> LiveNetwork:
        """Machines, links and routes as the kernel has them; a notebook draws it."""
        return read_live_network(self.name, self.world)

    def read_matrix(self) -> Matrix:
        """Who reaches whom: every machine pings every other."""
        return read_lab_matrix(self.definition, self.world)

    def follow_packet(self, src: str, dst: str, *, tcp: int | None = None, udp: int | None = None) -> Journey:
        """One packet's way from a machine to a machine, name or address: a ping, or to a TCP or UDP port."""
        return follow_packet(self.world, src, dst, tcp=tcp, udp=udp)

    def ask_reach(self, src: str, dst: str, address: str | None = None) -> Reach:
        """Whether one machine reaches another by an address of it (its main one): see labkit.probe.reach."""
        target = self.world.machine(dst)
        asked = address or find_main_address(target)
        if asked is None:
            raise UsageError(f"{dst} has no address", hint=f"labkit exec {dst} -- ip addr")
        return reach([Pair(self.world.machine(src), target, asked)])[0]

    # --- pods, plugged in as a container runtime does it

    def plug_in(
        self,
        pod: str,
        node: str,
        *,
        capabilities: Mapping[str, Any] | None = None,
        tell: Tell | None = None,
        argv: Sequence[str] = (),
    ) -> Mapping[str, Any]:
        """ADD a pod to its node's network by the node's conf, making it if there is none; the CNI result. Raises CniError.

        `tell` gets every call of a plugin; `argv`: what was typed, for the journal, from which a resume does it again.
        """
        wished = dict(capabilities or {})
        with self._noting(Plug(machine=node, action="add", name=pod, capabilities=wished, argv=tuple(argv))):
            return add_pod(self.world, pod, node, self._find_runtime(node, tell), capabilities=wished)

    def unplug(
        self, pod: str, node: str, *, keep: bool = False, tell: Tell | None = None, argv: Sequence[str] = ()
    ) -> bool:
        """DEL a pod and take it away, or with `keep` only DEL; False when there was none. What it left goes in any case."""
        with self._noting(Plug(machine=node, action="unplug" if keep else "del", name=pod, argv=tuple(argv))):
            return del_pod(self.world, pod, node, self._find_runtime(node, tell), keep=keep)

    def _find_runtime(self, node: str, tell: Tell | None) -> Runtime:
        machine = self.world.machine(node)
        return Runtime(machine, tell) if tell else Runtime(machine)

    @contextlib.contextmanager
    def _noting(self, entry: Plug) -> Iterator[None]:
        """The entry with what came of the block, broken off or not."""
        status = BROKEN_OFF
        try:
            yield
            status = 0
        except CniError:
            status = 1
            raise
        finally:
            self.note(dataclasses.replace(entry, status=status))

    # --- solutions and faults

    def read_script(self, name: str, fault: Fault | None = None) -> Script:
        """A solution with this student's values and the fault it is about."""
        return read_script(self.folder, name, self.values, fault or self.find_fault())

    def read_faults(self) -> dict[str, Fault]:
        """The faults of this lab by name."""
        return read_faults(self.folder, self.values)

    def find_fault(self) -> Fault | None:
        """The fault that this student gets; None in a lab without faults."""
        return choose_fault(self.read_faults(), self.definition.variant)

    def apply(self, script: Script, fault: Fault | None = None, *, break_: Breaking | None = None) -> Outcome:
        """Run a script on the network as it stands; its answers are noted, and the fault that it puts in.

        `break_` puts that in and may take another; else nobody looks whether it breaks anything here.
        """
        if script.find_break() is None:
            return self.run_job(Job(script.name, script.render()))
        before, after = script.split()
        first = self.run_job(Job(before.name, before.render()))
        wanted = fault or self.find_fault()
        if wanted is None:
            raise UsageError(f"lab {self.name} has no faults", hint=f"{script.name} says break_something")
        broken = break_(self, wanted) if break_ else put_in(self.world, wanted).fault
        self.note(Break(name=broken.name, via="script"))
        if broken.name != wanted.name:
            after = self.read_script(script.name, broken).split()[1].pick({step.id for step in script.steps})
        return first + self.run_job(Job(after.name, after.render()))

    def replay_break(self, entry: Break) -> None:
        """Put in again what a journal names: the lab's own fault of this name, whatever else the entry says."""
        put_in(self.world, self.get_fault(entry.name))
        self.note(dataclasses.replace(entry, status=0))

    def solve(self, with_: str = "reference", *, to: str | None = None, break_: Breaking | None = None) -> Outcome:
        """Bring the lab from its start state to the one after a solution, or after its step `to`; `break_` as for apply."""
        script = self.read_script(with_).cut(to=to)
        if is_touched(self.read_entries()):
            self.reset()
        return self.apply(script, break_=break_)

    def get_fault(self, name: str) -> Fault:
        """A fault of the lab's by its name. UsageError when there is none."""
        faults = self.read_faults()
        if name not in faults:
            raise UsageError(
                f"lab {self.name} has no fault {name!r}", hint=f"there are: {', '.join(sorted(faults)) or 'none'}"
            )
        return faults[name]

    def order_faults(self) -> list[Fault]:
        """All faults, the one to be taken first: the student's, or by chance another than the last one."""
        names = sorted(faults := self.read_faults())
        if self.student is not None and names:
            first = names.index(self.definition.variant.choose("fault", names))
            return [faults[name] for name in names[first:] + names[:first]]
        last = self.read_state().tried
        return sorted(faults.values(), key=lambda fault: (fault.name == last, secrets.randbits(32)))

    # --- answers

    def answer(self, name: str, value: str, *, via: str = "python") -> Reply:
        """Note an answer to a question of the lab, or what is broken (fault.cause) and where (fault.where)."""
        reply = self._judge(name, value)
        self.note(AnswerGiven(id=name, value=reply.value, via=via))
        return reply

    def show_truth(self, name: str) -> Reply | None:
        """What a question is about was to be seen: guess and truth side by side; None where nothing was guessed, or the answer is graded."""
        question = self._find_question(name)
        if question is None or question.graded:
            return None
        state = self.read_state()
        if name not in state.shown:
            self.note(Shown(id=name))
        return question.judge(state.answers[name]) if name in state.answers else None

    def list_answers(self) -> dict[str, list[str]]:
        """What can be answered: id -> the choices; [] where the answer is free."""
        questions = {question.id: list(question.choices) for question in self.definition.questions}
        if not self.read_faults():
            return questions
        return questions | {
            diagnosis.CAUSE: self._list_choices(diagnosis.CAUSE),
            diagnosis.WHERE: self._list_choices(diagnosis.WHERE),
        }

    def read_entries(self) -> list[Entry]:
        """The journal of this lab, the worlds before this one included."""
        return read_journal(read_meta(self.world).journal)

    def read_notes(self) -> list[str]:
        """What should be said about this world when it has begun: what is imitated in it, how it was built, what a resume could not do."""
        return [*(f"imitated here: {each}" for each in self.definition.imitated), *read_meta(self.world).notes]

    def read_state(self) -> State:
        """Answers, fault, tries and hints, from the journal."""
        return read_state(self.read_entries())

    def note(self, entry: Entry) -> None:
        """Write into the journal."""
        self.world.write_journal(entry.to_data())

    # --- within

    def _judge(self, name: str, value: str) -> Reply:
        if question := self._find_question(name):
            told = question.at_once or name in self.read_state().shown
            return question.judge(value) if told and not question.graded else question.keep(value)
        if name not in (diagnosis.CAUSE, diagnosis.WHERE) or not self.read_faults():
            raise UsageError(
                f"lab {self.name} asks nothing called {name!r}", hint=f"it asks: {', '.join(self.list_answers())}"
            )
        if self.read_state().fault is None:
            raise UsageError(f"{name}: nothing is broken yet", hint=f"labkit break {self.name}")
        return Reply(name, diagnosis.check_choice(name, value, self._list_choices(name)))

    def _find_question(self, name: str) -> Question | None:
        return next((question for question in self.definition.questions if question.id == name), None)

    def _list_choices(self, name: str) -> list[str]:
        if name == diagnosis.CAUSE:
            return diagnosis.list_causes(self.name)
        return diagnosis.list_places(self.machines())

    def run_job(self, job: Job) -> Outcome:
        """Somewhere in the world: a script says itself on which machine each command runs."""
        outcome = run_script(self.world.machine(self.definition.topology.machines[0].name), job)
        for name, value in outcome.answers:
            self.answer(name, value, via="script")
        return outcome
