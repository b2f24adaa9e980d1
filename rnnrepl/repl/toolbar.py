"""The bottom line: which model, where, how it draws, and where the conversation stands."""

from dataclasses import fields

from rnnrepl.conversation import Node
from rnnrepl.render import visible
from rnnrepl.sampling import Sampling
from rnnrepl.session import Session

_KEYS = "Esc Enter: new line"


def toolbar(session: Session, width: int) -> str:
    """What fits into a line of this width, the most telling first."""
    settings = session.settings
    parts = [visible(session.name, keep=""), settings["device"], *_sampling(session)]
    parts.append(_place(session.conversation.at))
    left = " " + " · ".join(parts)
    right = f"{_KEYS} "
    if len(left) + len(right) + 2 <= width:
        return left + right.rjust(width - len(left))
    return left[:width]


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
        f"{one.name.replace('_', '-')} {one.value}"
        for one in found
        if one.name == "temperature" or one.origin != "default"
    ]
