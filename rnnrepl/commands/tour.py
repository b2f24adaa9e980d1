"""`tour`: shows what the program does, step by step."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.app.tour import Language, steps
from rnnrepl.grammar import command
from rnnrepl.results.session import Notice

_KEYS = {
    "en": "Enter runs the line and goes on; q or Ctrl-C leaves the tour.",
    "ko": "Enter를 누르면 줄을 실행하고 다음으로 갑니다. q나 Ctrl-C로 그만둡니다.",
}


@command()
def tour(
    session: Session, *, lang: Annotated[Language, "language of the sentences"] = "en"
) -> Notice:
    """Show what the program does, in ten steps.

    Each step is a sentence and a command, which Enter runs; it can be changed first. q or Ctrl-C
    leaves the tour. Without a terminal all steps are shown.

    Examples:
        tour
        tour --lang ko
    """
    session.tour = steps(lang)
    return Notice(_KEYS[lang])
