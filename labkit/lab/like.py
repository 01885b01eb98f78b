"""A solution that is another one with named steps replaced: `# like: reference`, and only what differs."""

from __future__ import annotations

import re

from labkit.errors import UsageError

LABEL = re.compile(r"^#: +(?P<words>\S.*?) *$\n?", re.MULTILINE)
SAYS = "#: STEP, #: STEP to STEP, #: before STEP or #: after STEP; level and title are the other solution's"


def merge_like(own: str, base: str, *, without: str, where: str) -> str:
    """The text of `base` with the steps of `own` in place of those they name, and without the steps of `without`.

    In `own` a step replaces the one of its name, or a row of them (`#: A to B`, which is called B then), or stands
    `before` or `after` one that stays. Its preamble comes behind the base's. UsageError for a step that `base` has not.
    """
    head, preamble, edits = _split(own)
    _, shared, steps = _split(base)
    table = _Table(steps, where)
    for name in filter(None, (part.strip() for part in without.split(","))):
        table.replace(name.split(), None)
    for words, text in edits:
        if not text.strip():
            raise UsageError(f"{where}: step {words} is empty", hint=f"# without: {words} leaves it out")
        table.edit(words.split(), text)
    return "\n".join((head, shared, preamble, *table.render()))


def _split(text: str) -> tuple[str, str, list[tuple[str, str]]]:
    """The comment that a script begins with; its preamble; the words of each label with the text below."""
    lines = text.splitlines(keepends=True)
    size = next((i for i, line in enumerate(lines) if not line.startswith("#") or line.startswith("#: ")), len(lines))
    rest = "".join(lines[size:])
    labels = list(LABEL.finditer(rest))
    ends = [*(label.start() for label in labels), len(rest)]
    steps = [(label["words"], rest[label.end() : end]) for label, end in zip(labels, ends[1:], strict=True)]
    return "".join(lines[:size]), rest[: ends[0]], steps


class _Table:
    """The base's steps by name, in order, on their way to another solution."""

    def __init__(self, steps: list[tuple[str, str]], where: str) -> None:
        self._labels = {words.split()[0]: words for words, _ in steps}
        self._texts = {words.split()[0]: text for words, text in steps}
        self._where = where
        self._added: set[str] = set()

    def edit(self, words: list[str], text: str) -> None:
        match words:
            case ["before", step]:
                self._add(step, text.rstrip("\n") + "\n", "")
            case ["after", step]:
                self._add(step, "", text)
            case _:
                self.replace(words, text)

    def _add(self, step: str, before: str, after: str) -> None:
        self._find(step)
        self._added.add(step)
        self._texts[step] = before + self._texts[step].rstrip("\n") + "\n" + after

    def replace(self, words: list[str], text: str | None) -> None:
        match words:
            case [step]:
                first = last = step
            case [first, "to", last]:
                pass
            case _:
                raise UsageError(f"{self._where}: step {' '.join(words)!r}", hint=SAYS)
        row = list(self._texts)[self._find(first) : self._find(last) + 1]
        if not row:
            raise UsageError(f"{self._where}: {last} stands before {first}", hint=f"{last} to {first}")
        if lost := self._added.intersection(row):
            name = min(lost)
            raise UsageError(
                f"{self._where}: lines before or after {name}, which is replaced", hint=f"put them into the step {last}"
            )
        if text is not None:
            self._texts[last] = text
        for name in row if text is None else row[:-1]:
            del self._texts[name]

    def render(self) -> list[str]:
        return [f"#: {self._labels[name]}\n{text}" for name, text in self._texts.items()]

    def _find(self, step: str) -> int:
        """Its place in the row."""
        names = list(self._texts)
        if step not in names:
            raise UsageError(
                f"{self._where}: there is no step {step!r}", hint=f"there are: {', '.join(names) or 'none'}"
            )
        return names.index(step)
