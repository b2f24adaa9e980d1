"""What can be typed for a value: names of models, tokenizers, settings, files, ..."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.errors import RnnreplError
from rnnrepl.grammar import Kind
from rnnrepl.grammar.parameter import DEVICES, Parameter
from rnnrepl.render import visible
from rnnrepl.render.sanitize import as_typed

Values = Iterator[tuple[str, str]]  # what can be typed, and what it is


def values(parameter: Parameter, typed: str, before: Sequence[str], session: Session) -> Values:
    """The values that a parameter can take, where there is a list of them.

    `typed` is the beginning of the word, `before` are the words before it.
    """
    yield from ((choice, "") for choice in parameter.choices)
    match parameter.kind:
        case Kind.COMMAND:
            yield from ((one.name, one.summary) for one in commands.every(session.door))
            yield from ((topic, "topic") for topic in commands.TOPICS)
        case Kind.DEVICE:
            yield from ((device, "") for device in DEVICES)
        case Kind.FILE:
            yield from _paths(typed)
        case Kind.FOLDER:
            yield from _paths(typed, folders=True)
        case Kind.MODEL:
            yield from _models()
            yield from _paths(typed, folders=True)
        case Kind.RUN:
            yield from _runs()
            yield from _paths(typed, folders=True)
        case Kind.NODE:
            yield from _nodes(session)
        case Kind.SETTING:
            yield from ((one.name.replace("_", "-"), one.help) for one in session.settings)
            yield "preset", "settings that go together"
        case Kind.PRESET:
            yield from ((one.name, str(one.value)) for one in session.settings.presets)
        case Kind.TOKENIZER:
            yield from _tokenizers()
        case Kind.TOKENIZER_OPTION:
            yield from _tokenizer_options(typed, before)
        case None if parameter.name == "value" and before:
            yield from _of_setting(before[-1], session)


def _models() -> Values:
    from rnnrepl.checkpoint import registry

    return ((name, "model") for name in registry.names())


def _runs() -> Values:
    from rnnrepl.training.runs import registry

    return ((run.name, run.state) for run in registry.runs())


def _nodes(session: Session) -> Values:
    """The marks, then the numbers."""
    nodes = session.conversation.nodes.values()
    yield from ((node.mark, f"node {node.number}") for node in nodes if node.mark)
    yield from ((str(node.number), visible(node.text[-40:], keep="")) for node in nodes)


def _tokenizers() -> Values:
    from rnnrepl import tokenizer

    return ((name, "tokenizer") for name in tokenizer.names())


def _tokenizer_options(typed: str, before: Sequence[str]) -> Values:
    """The options of the tokenizer that the line names; once there is a name, its choices."""
    from rnnrepl import tokenizer

    named = [word for flag, word in pairwise(before) if flag == "--tokenizer"]
    with suppress(RnnreplError):
        for option in tokenizer.options(tokenizer.find(named[-1] if named else "char")):
            start = f"{option.name}="
            choices = ("yes", "no") if option.type == "bool" else option.choices
            if typed.startswith(start) and choices:
                yield from ((start + choice, "") for choice in choices)
            else:
                yield start, option.help


def _of_setting(name: str, session: Session) -> Values:
    if name == "preset":
        yield from ((one.name, str(one.value)) for one in session.settings.presets)
    with suppress(RnnreplError):
        parameter = session.settings.parameter(name)
        yes_no = ("yes", "no") if parameter.type is bool else ()
        for choice in (*parameter.choices, *yes_no):
            yield choice, ""
        yield "default", as_typed(parameter.default)


def _paths(typed: str, *, folders: bool = False) -> Values:
    """The entries of the folder that is being typed; a blank in a name gets its backslash."""
    head, slash, _ = typed.replace("\\ ", " ").rpartition("/")
    folder = Path(f"{head}{slash}").expanduser()
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or (folders and not path.is_dir()):
                continue
            name = f"{head}{slash}{path.name}{'/' if path.is_dir() else ''}"
            yield name.replace(" ", "\\ "), ""
