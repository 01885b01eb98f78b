"""Predictions: what is compared, what a guess is told."""

from __future__ import annotations

import pytest

from labkit.errors import UsageError
from labkit.lab.fields import Table
from labkit.lab.question import Question, parse_question


def test_a_number_however_it_is_written() -> None:
    question = Question("q", "?", "number", "4", guesses={"5": "One more than there are."}, explain="Four.")
    assert question.judge(" 4.0 ").right
    assert question.judge("4").text == "Four."
    guess = question.judge("5")
    assert (guess.right, guess.text) == (False, "One more than there are.")
    assert question.judge("6").text == ""
    question = Question("q", "?", "number", "4", guesses={"5": "One more."}, otherwise="Count the ports.")
    assert [question.judge(value).text for value in ("5", "6", "100")] == ["One more.", *["Count the ports."] * 2]
    with pytest.raises(UsageError, match="not a number"):
        question.judge("four")


CHOICES = {"host": "Destination Host Unreachable", "net": "Destination Net Unreachable", "silence": "nothing"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2", "net"),
        ("net", "net"),
        ("destination net unreachable.", "net"),
        ("Destination H", "host"),
        ("NOTH", "silence"),
    ],
)
def test_a_choice_by_its_number_id_text_or_a_beginning_of_its_own(said: str, meant: str) -> None:
    reply = Question("q", "?", "choice", "host", choices=CHOICES).judge(said)
    assert (reply.value, reply.right) == (meant, meant == "host")


@pytest.mark.parametrize(
    ("said", "why"),
    [("perhaps", "is not one"), ("4", "is not one"), ("0", "is not one"), ("dest", "fits several"), ("", "is not one")],
)
def test_what_is_none_of_the_choices_is_told_all_of_them(said: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        Question("q", "?", "choice", "host", choices=CHOICES).judge(said)
    assert "1 Destination Host Unreachable, 2 Destination Net Unreachable, 3 nothing" in caught.value.hint


def test_a_choice_that_is_the_beginning_of_another_is_meant_itself() -> None:
    question = Question("q", "?", "choice", "a", choices={"a": "web", "b": "web and api"})
    assert [question.judge(said).value for said in ("web", "web a")] == ["a", "b"]


def test_choices_in_lab_toml_have_ids_or_are_texts() -> None:
    asked = {"id": "q", "ask": "?", "kind": "choice", "answer": "yes"}
    with_ids = parse_question(Table(asked | {"choices": {"yes": "it does", "no": "it does not"}}, "lab.toml"))
    assert (with_ids.judge("1").value, with_ids.say("yes")) == ("yes", "it does")
    assert parse_question(Table(asked | {"choices": ["yes", "no"]}, "lab.toml")).judge("2").value == "no"
    with pytest.raises(UsageError, match=r"choices\.yes is"):
        parse_question(Table(asked | {"choices": {"yes": ["it does"]}}, "lab.toml"))


def test_text_in_any_case_and_spacing() -> None:
    assert Question("q", "?", "text", "the  Bridge").judge("The bridge.").right


def test_a_guess_that_could_not_be_given_is_a_slip() -> None:
    with pytest.raises(UsageError):
        Question("q", "?", "choice", "a", choices={"a": "one", "b": "two"}, guesses={"c": "?"})
