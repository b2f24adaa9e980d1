"""The bottom line: which model, where, how it draws, and where the conversation stands."""

from dataclasses import fields

from rnnrepl.app.session import Session
from rnnrepl.conversation.tree import Node
from rnnrepl.render import visible
from rnnrepl.render.sanitize import as_typed
from rnnrepl.sampling import Sampling

_KEYS = "Esc Enter: new line"


def toolbar(session: Session, width: int) -> str:
    """What fits into a line of this width; of the settings only the first ones, if need be."""
    model = visible(session.name, keep=""), session.settings["device"]
    place, settings = _place(session.conversation.at), _sampling(session)
    left = _line(*model, *settings, place)
    while settings and len(left) > width:
        settings.pop()
        left = _line(*model, *settings, "…", place)
    right = f"{_KEYS} "
    if len(left) + len(right) + 2 <= width:
        return left + right.rjust(width - len(left))
    return left[:width]


def _line(*parts: str) -> str:
    return " " + " · ".join(parts)


def _place(node: Node) -> str:
    if not node.number:
        return "nothing read yet"
    mark = f" ({visible(node.mark, keep='')})" if node.mark else ""
    return f"node {node.number}{mark}, {node.read:,} tokens read"


def _sampling(session: Session) -> list[str]:
    """The temperature always; of the other settings those that someone has set."""
    names = [field.name for field in fields(Sampling)] + ["length", "seed"]
    found = [session.settings.setting(name) for name in names]
    return [
        f"{one.name.replace('_', '-')} {as_typed(one.value)}"
        for one in found
        if one.name == "temperature" or one.origin != "default"
    ]
