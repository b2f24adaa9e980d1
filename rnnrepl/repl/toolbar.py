"""The bottom line of the prompt: model, device, sampling settings, position in the conversation."""

from dataclasses import fields

from prompt_toolkit.utils import get_cwidth

from rnnrepl.app.session import Session
from rnnrepl.conversation.tree import Node
from rnnrepl.render.sanitize import as_typed, sanitize
from rnnrepl.sampling import Sampling

_KEYS = "Esc Enter: new line"


def toolbar(session: Session, width: int) -> str:
    """The line, at most `width` columns; drops the last settings if there are too many."""
    model = sanitize(session.name, keep=""), session.settings["device"]
    position = _position(session.conversation.at)
    settings = _sampling(session)
    left = _line(*model, *settings, position)
    while settings and get_cwidth(left) > width:
        settings.pop()
        left = _line(*model, *settings, "…", position)
    right = f"{_KEYS} "
    if get_cwidth(left) + len(right) + 2 <= width:
        return left + right.rjust(width - get_cwidth(left))
    while get_cwidth(left) > width:
        left = left[:-1]
    return left


def _line(*parts: str) -> str:
    return " " + " · ".join(parts)


def _position(node: Node) -> str:
    if not node.number:
        return "nothing read yet"
    mark = f" ({sanitize(node.mark, keep='')})" if node.mark else ""
    return f"node {node.number}{mark}, {node.read:,} tokens read"


def _sampling(session: Session) -> list[str]:
    """The temperature, and all other settings of generation that are not defaults."""
    names = [field.name for field in fields(Sampling)] + ["length", "seed", "clamp"]
    return [
        f"{setting.name.replace('_', '-')} {as_typed(setting.value)}"
        for setting in map(session.settings.setting, names)
        if setting.name == "temperature" or setting.origin != "default"
    ]
