"""`tour`: shows what the program does, step by step."""

from typing import Annotated

from rnnrepl.app.session import DEFAULT_MODEL, Session
from rnnrepl.app.tour import Language, steps
from rnnrepl.grammar import command
from rnnrepl.results.session import Notice

_KEYS = {
    "en": "Enter runs the line and goes on; q or Ctrl-C leaves the tour.",
    "ko": "Enter를 누르면 줄을 실행하고 다음으로 갑니다. q나 Ctrl-C로 그만둡니다.",
}
_ASIDE = {
    "en": f"It uses {DEFAULT_MODEL} and a new conversation; yours come back at the end.",
    "ko": f"{DEFAULT_MODEL} 모델과 새 대화로 시작하며, 쓰던 것은 끝나면 돌아옵니다.",
}
_OVER = {
    "en": "The tour is over; your own model, conversation and settings are back.",
    "ko": "둘러보기가 끝나 쓰던 모델과 대화, 설정으로 돌아왔습니다.",
}


@command()
def tour(
    session: Session, *, lang: Annotated[Language, "language of the sentences"] = "en"
) -> list[Notice]:
    """Show what the program does, in ten steps.

    Each step is a sentence and a command, which Enter runs; it can be changed first. q or Ctrl-C
    leaves the tour. Without a terminal all steps are shown.

    The steps use shakespeare-char, the default settings and a conversation of their own, which
    ends with the tour: then your model, conversation and settings are back.

    Examples:
        tour
        tour --lang ko
    """
    differs = session.begin_tour(steps(lang), Notice(_OVER[lang]))
    return [Notice(texts[lang]) for texts in ((_ASIDE, _KEYS) if differs else (_KEYS,))]
