"""The steps of `tour`, from a file with the sentences of all languages."""

from pathlib import Path
from typing import Literal, NamedTuple

Language = Literal["en", "ko"]


class Step(NamedTuple):
    """A line to type at the prompt, and a sentence about what it shows."""

    line: str
    text: str


def steps(language: Language) -> list[Step]:
    """Returns the steps of the tour; the sentences are numbered."""
    import tomllib  # which the list of commands does not need

    with Path(__file__).with_name("tour.toml").open("rb") as file:
        rows = tomllib.load(file)["steps"]
    texts = (f"{number}/{len(rows)}  {row[language]}" for number, row in enumerate(rows, 1))
    return [Step(row["line"], text) for row, text in zip(rows, texts, strict=True)]
