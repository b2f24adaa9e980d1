"""The bottom line of the prompt: model, device, sampling settings, position in the conversation."""

from dataclasses import fields

from prompt_toolkit.utils import get_cwidth

from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.conversation.tree import Node
from rnnrepl.render.sanitize import as_typed, sanitize
from rnnrepl.results.session import Setting
from rnnrepl.sampling import Sampling

_KEYS = "Esc Enter: new line"


def toolbar(session: Session, width: int) -> str:
    """The line, at most `width` columns.

    If there is too much, defaults are left out first, then parts of the position, then the last
    settings.
    """
    name, node = sanitize(session.name, keep=""), session.conversation.at
    device = session.settings.setting("device")
    usual = [] if device.origin == "default" else [device.value]
    changed = _changed(session.settings)
    everything = name, device.value, *_temperature(session.settings), *changed, _position(node)
    shorter = [[name, *usual, *changed, _position(node)], [name, *usual, *changed, *_place(node)]]
    shorter += [
        [name, *usual, *changed[:kept], "…", *_place(node)]
        for kept in range(len(changed) - 1, 0, -1)
    ]
    lines = [_line(*parts) for parts in (everything, *shorter)]
    left = next((line for line in lines if get_cwidth(line) <= width), lines[-1])
    right = f"{_KEYS} "
    if get_cwidth(left) + len(right) + 2 <= width:
        return left + right.rjust(width - get_cwidth(left))
    return _cut(left, width)


def _line(*parts: str) -> str:
    return " " + " · ".join(parts)


def _cut(line: str, width: int) -> str:
    if get_cwidth(line) <= width:
        return line
    while line and get_cwidth(line) >= width:
        line = line[:-1]
    return f"{line}…"


def _position(node: Node) -> str:
    mark = f" ({sanitize(node.mark, keep='')})" if node.mark else ""
    read = f"{mark}, {node.read:,} tokens read"
    return "".join(_place(node)) + read if node.number else "nothing read yet"


def _place(node: Node) -> list[str]:
    """The position in short; nothing at the beginning."""
    return [f"node {node.number}"] if node.number else []


def _temperature(settings: Settings) -> list[str]:
    """The temperature, if it is the default."""
    setting = settings.setting("temperature")
    return [_shown(setting)] if setting.origin == "default" else []


def _changed(settings: Settings) -> list[str]:
    """The settings of generation that are not defaults, first what changes the model itself."""
    names = ["clamp", *(field.name for field in fields(Sampling)), "length", "seed"]
    changed = (setting for setting in map(settings.setting, names) if setting.origin != "default")
    return list(map(_shown, changed))


def _shown(setting: Setting) -> str:
    return f"{setting.name.replace('_', '-')} {as_typed(setting.value)}"
