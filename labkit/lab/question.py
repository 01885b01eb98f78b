"""Predictions and questions: what a learner is asked before running something. The answers are kept, not graded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from labkit.errors import UsageError
from labkit.lab.fields import Table

Kind = Literal["number", "choice", "text"]
Level = Literal["core", "more"]


@dataclass(frozen=True)
class Question:
    """`guesses`: for an answer that does not fit, why it was a good guess."""

    id: str
    ask: str
    kind: Kind
    answer: str
    level: Level = "core"
    choices: tuple[str, ...] = ()
    guesses: Mapping[str, str] = field(default_factory=dict)
    explain: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind) or self.level not in get_args(Level):
            raise UsageError(
                f"{self.id}: kind {self.kind}, level {self.level}", hint="number, choice or text; core or more"
            )
        if (self.kind == "choice") != bool(self.choices):
            raise UsageError(
                f"{self.id}: kind {self.kind} with {len(self.choices)} choices", hint="choices go with kind choice"
            )
        for value in (self.answer, *self.guesses):
            self.normalise(value)

    def normalise(self, value: str) -> str:
        """The value as it is compared; UsageError when it is none of the choices, or no number."""
        text = " ".join(value.split()).strip(".,;").casefold()
        if self.kind == "choice" and text not in (choices := [choice.casefold() for choice in self.choices]):
            raise UsageError(
                f"{self.id}: {value!r} is not one of the choices", hint=f"choose from {', '.join(choices)}"
            )
        if self.kind == "number":
            return _normalise_number(self.id, text)
        return text

    def judge(self, value: str) -> Reply:
        """What the learner is told: whether it fits, and the text for this answer."""
        given = self.normalise(value)
        right = given == self.normalise(self.answer)
        guesses = {self.normalise(guess): text for guess, text in self.guesses.items()}
        return Reply(self.id, value, right=right, text=guesses.get(given, "") if not right else self.explain)


@dataclass(frozen=True)
class Reply:
    """What came of an answer; `right` is None where the answer is only kept or judged later."""

    id: str
    value: str
    right: bool | None = None
    text: str = ""


def parse_question(table: Table) -> Question:
    """One `[[question]]` of lab.toml."""
    with table:
        return Question(
            id=table.take("id", str),
            ask=table.take("ask", str),
            kind=cast("Kind", table.take("kind", str)),
            answer=str(table.take("answer", str | int)),  # type: ignore[arg-type]
            level=cast("Level", table.take("level", str, "core")),
            choices=table.take_texts("choices"),
            guesses=table.take_map("guesses"),
            explain=table.take("explain", str, ""),
        )


def _normalise_number(name: str, text: str) -> str:
    try:
        number = float(text)
    except ValueError as error:
        raise UsageError(f"{name}: {text!r} is not a number", hint="digits only, as in 4 or 0.5") from error
    return str(int(number)) if number.is_integer() else str(number)
