"""A running lab: its machines, its solutions and faults, its answers; the same for a notebook, a terminal and the proof."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from labkit.errors import UsageError, WorldError
from labkit.lab import building, diagnosis
from labkit.lab.course import find_lab
from labkit.lab.definition import Definition
from labkit.lab.journal import Entry, State, is_touched, read_journal, read_state
from labkit.lab.machine import LabMachine
from labkit.lab.network import LiveNetwork, read_live_network
from labkit.lab.question import Reply
from labkit.lab.runner import Order, Outcome, run_script
from labkit.lab.script import Fault, Script, choose_fault, read_faults, read_script
from labkit.probe import Matrix, read_matrix
from labkit.probe.journey.follow import follow_packet
from labkit.probe.journey.value import Journey
from labkit.world import World


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
        try:
            self._world.ask("hello")
        except WorldError:
            self._world.close()
            self._world = World.attach(self._world.name, hidden=self.hidden)
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
        return LabMachine(found.world, found.name, found.kind, found.node)

    def machines(self) -> list[LabMachine]:
        """All machines, pods the learner made included."""
        return [LabMachine(each.world, each.name, each.kind, each.node) for each in self.world.machines()]

    def reset(self) -> None:
        """Back to the start state: a new world; the journal goes on."""
        meta = self.world.read_meta()
        self._world.end()
        journal = Path(meta["journal"])
        plan = building.Plan(self.definition, meta["fabric"], journal, hidden=self.hidden, name=self._world.name)
        self._world = building.build_world(plan, Entry(kind="reset"))

    def down(self) -> None:
        """End the lab's world."""
        self.world.end()

    # --- the network now

    def read_network(self) -> LiveNetwork:
        """Machines, links and routes as the kernel has them; a notebook draws it."""
        return read_live_network(self.name, self.world)

    def read_matrix(self) -> Matrix:
        """Who reaches whom: every machine pings every other."""
        return read_matrix(self.world)

    def follow_packet(self, src: str, dst: str, *, tcp: int | None = None, udp: int | None = None) -> Journey:
        """One packet's way from a machine to a machine, name or address: a ping, or to a TCP or UDP port."""
        return follow_packet(self.world, src, dst, tcp=tcp, udp=udp)

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

    def apply(self, script: Script, fault: Fault | None = None) -> Outcome:
        """Run a script on the network as it stands; its fault and its answers are noted."""
        return self._run(Order(script.name, script.render(), fault=fault or self.find_fault()))

    def replay_script(self, entry: Entry) -> Outcome:
        """Run again what a solution or a fault ran, from the journal."""
        return self._run(Order(entry.name, entry.script, kind=entry.kind))

    def solve(self, with_: str = "reference", *, to: str | None = None) -> Outcome:
        """Bring the lab from its start state to the one after a solution, or after its step `to`."""
        script = self.read_script(with_).cut(to=to)
        if is_touched(self.read_entries()):
            self.reset()
        return self.apply(script)

    def break_(self, fault: str | None = None) -> str:
        """Break one thing; says how it shows. Without a name: the student's fault, or by chance another than before."""
        faults = self.read_faults()
        chosen = fault or self._choose_fault(sorted(faults))
        if chosen not in faults:
            raise UsageError(
                f"lab {self.name} has no fault {chosen!r}", hint=f"there are: {', '.join(sorted(faults)) or 'none'}"
            )
        self._run(Order(chosen, "break_something", fault=faults[chosen], kind="break"))
        return faults[chosen].shows

    # --- answers

    def answer(self, name: str, value: str, *, via: str = "python") -> Reply:
        """Note an answer to a question of the lab, or what is broken (fault.cause) and where (fault.where)."""
        reply = self._judge(name, value)
        self.note(Entry(kind="answer", id=name, value=reply.value, via=via))
        return reply

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
        return read_journal(Path(self.world.read_meta()["journal"]))

    def read_notes(self) -> list[str]:
        """What should be said about this world when it has begun: what is imitated in it, how it was built, what a resume could not do."""
        return [
            *(f"imitated here: {each}" for each in self.definition.imitated),
            *self.world.read_meta().get("notes", []),
        ]

    def read_state(self) -> State:
        """Answers, fault, tries and hints, from the journal."""
        return read_state(self.read_entries())

    def note(self, entry: Entry) -> None:
        """Write into the journal."""
        self.world.write_journal(entry.to_data())

    # --- within

    def _judge(self, name: str, value: str) -> Reply:
        for question in self.definition.questions:
            if question.id == name:
                return question.judge(value)
        if name not in (diagnosis.CAUSE, diagnosis.WHERE) or not self.read_faults():
            raise UsageError(
                f"lab {self.name} asks nothing called {name!r}", hint=f"it asks: {', '.join(self.list_answers())}"
            )
        if self.read_state().fault is None:
            raise UsageError(f"{name}: nothing is broken yet", hint=f"labkit break {self.name}")
        return Reply(name, diagnosis.check_choice(name, value, self._list_choices(name)))

    def _list_choices(self, name: str) -> list[str]:
        if name == diagnosis.CAUSE:
            return diagnosis.list_causes(self.name)
        return diagnosis.list_places(self.machines())

    def _choose_fault(self, names: list[str]) -> str:
        if self.student is not None and names:
            return self.definition.variant.choose("fault", names)
        last = self.read_state().tried
        return secrets.choice([name for name in names if name != last] or names or [""])

    def _run(self, order: Order) -> Outcome:
        """Somewhere in the world: a script says itself on which machine each command runs."""
        outcome = run_script(self.world.machine(self.definition.topology.machines[0].name), order)
        if outcome.fault and order.kind == "script":
            self.note(Entry(kind="break", name=outcome.fault, via="script"))
        for name, value in outcome.answers:
            self.answer(name, value, via="script")
        return outcome
