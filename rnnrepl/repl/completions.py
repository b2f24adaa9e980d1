"""What can complete a word of a command line: options, names of models, settings, files, ..."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.errors import RnnreplError
from rnnrepl.files import model_folders
from rnnrepl.files.collection import is_folder
from rnnrepl.grammar import Command, Kind
from rnnrepl.grammar.parameter import DEVICES, ENCODINGS, Parameter
from rnnrepl.render.sanitize import as_typed, sanitize

if TYPE_CHECKING:
    from rnnrepl.rnn.config import NetworkConfig

Values = Iterator[tuple[str, str]]  # pairs (text, description)

_LISTED = 200  # tokens of a vocabulary


def next_word(command: Command, before: Sequence[str], typed: str, session: Session) -> Values:
    """Yields what can stand for the word `typed` after the words `before` of a command."""
    flags = {flag: p for p in command.options for flag in p.flags}
    option = flags.get(before[-1]) if before else None
    if option and option.takes_value:
        yield from values(option, typed, before, session)
        return
    arguments = _arguments(before, flags)
    flag, equals, value = typed.partition("=")
    if equals and flag in flags and flags[flag].takes_value:
        options = values(flags[flag], value, before, session)
        yield from ((f"{flag}={text}", description) for text, description in options)
    elif typed.startswith("-") and not (arguments and command.free_text):
        free = {f: p for f, p in flags.items() if p.many or not {*p.flags} & {*before}}
        yield from ((flag, parameter.help) for flag, parameter in free.items())
    elif parameter := _parameter(command, len(arguments)):
        yield from values(parameter, typed, arguments, session)


def values(parameter: Parameter, typed: str, before: Sequence[str], session: Session) -> Values:
    """The values that a parameter can take, if they can be listed.

    `typed` is the word up to the cursor, `before` the words before it.
    """
    yield from ((choice, "") for choice in parameter.choices)
    match parameter.kind:
        case Kind.COMMAND:
            yield from (
                (command.name, command.summary) for command in commands.every(session.interface)
            )
            yield from ((topic, "topic") for topic in commands.TOPICS)
        case Kind.DEVICE:
            yield from ((device, "") for device in DEVICES)
        case Kind.ENCODING:
            yield from ((encoding, "") for encoding in ENCODINGS)
        case Kind.NAMED_TEXT if set(before) <= set(model_folders.names()):
            yield from models()
        case Kind.MODEL:
            yield from _models(typed)
        case Kind.OWN:
            yield from _own()
            yield from _model_paths(typed)
        case Kind.FILE | Kind.NEW_FILE:
            yield from _paths(typed)
        case Kind.FOLDER | Kind.RUN as kind:
            yield from _runs() if kind is Kind.RUN else ()
            yield from _paths(typed, folders=True)
        case Kind.NODE:
            yield from _nodes(session)
        case Kind.SETTING:
            yield from _settings(session)
            yield "preset", "a group of settings"
        case Kind.PRESET:
            yield from _presets(session)
        case Kind.TOKENIZER:
            yield from _tokenizers()
        case Kind.UNIT | Kind.CLAMP:
            yield from _units(parameter, typed, _named("--model", before) or session.name)
        case Kind.TOKEN:
            yield from _tokens(typed, _named("--model", before), session)
        case Kind.SPEAKER:
            yield from _speakers(before, session)
        case Kind.LAYER:
            yield from _layers(_named("--model", before) or session.name)
        case Kind.TOKENIZER_OPTION:
            yield from _tokenizer_options(typed, before)
        case None if parameter.type is Path:
            yield from _paths(typed)
        case None if parameter.name == "value" and before:
            yield from _setting_values(before[-1], typed, session)


def _named(flag: str, words: Sequence[str]) -> str:
    """The last value that an option has in these words, as in `--model M` or `--model=M`."""
    given = [word for before, word in pairwise(words) if before == flag]
    given += [word.partition("=")[2] for word in words if word.startswith(f"{flag}=")]
    return given[-1] if given else ""


def _presets(session: Session) -> Values:
    return ((preset.name, str(preset.value)) for preset in session.settings.presets)


def models() -> Values:
    """Yields the names of the models."""
    return ((name, "model") for name in model_folders.names())


def _models(typed: str) -> Values:
    """Names of models, then folders and models in one file; after LABEL= too."""
    label, equals, path = typed.rpartition("=")
    yield from ((f"{label}{equals}{name}", kind) for name, kind in models())
    yield from ((f"{label}{equals}{entry}", kind) for entry, kind in _model_paths(path))


def _model_paths(typed: str) -> Values:
    """Folders and models in one file; none before a path is begun, since most are no models."""
    if not typed:
        return iter(())
    suffixes = ("/", model_folders.SUFFIX)
    return ((entry, kind) for entry, kind in _paths(typed) if entry.endswith(suffixes))


def _own() -> Values:
    """The models and runs of the user, except for runs in progress."""
    from rnnrepl.training.runs import lock, registry

    yours = (path for path, source in model_folders.folders() if source == "yours")
    runs = {registry.name(folder): folder for folder in registry.folders()}
    for name, path in ({model_folders.name(path): path for path in yours} | runs).items():
        if not lock.is_running(path):
            yield name, "run" if name in runs else "model"


def _runs() -> Values:
    from rnnrepl.training.runs import lock, registry

    for folder in registry.folders():
        yield registry.name(folder), "running" if lock.is_running(folder) else "run"


def _nodes(session: Session) -> Values:
    """Marks first, then node numbers."""
    nodes = session.conversation.nodes.values()
    yield from ((node.mark, f"node {node.number}") for node in nodes if node.mark)
    yield from ((str(node.number), sanitize(node.text[-40:], keep="")) for node in nodes)


def _tokenizers() -> Values:
    from rnnrepl import tokenizer

    return ((name, "tokenizer") for name in tokenizer.names())


def _tokenizer_options(typed: str, before: Sequence[str]) -> Values:
    """The options of the tokenizer on the line, or the choices of the option that is typed."""
    from rnnrepl import tokenizer

    with suppress(RnnreplError):
        for option in tokenizer.options(tokenizer.find(_named("--tokenizer", before) or "char")):
            prefix = f"{option.name}="
            choices = ("yes", "no") if option.type == "bool" else option.choices
            if typed.startswith(prefix) and choices:
                yield from ((prefix + choice, "") for choice in choices)
            else:
                yield prefix, option.help


def _network(model: str) -> "NetworkConfig":
    """The network of a model, from its card; raises RnnreplError if it cannot be read."""
    from rnnrepl.checkpoint import read_card, registry

    return read_card(registry.resolve(model)[0]).network


def _units(parameter: Parameter, typed: str, model: str) -> Values:
    """The layers of a model, then the units of the layer that is typed.

    After a point they are the cells of an LSTM.
    """
    with suppress(RnnreplError):
        layer, colon, unit = typed.partition(":")
        network = _network(model)
        hidden = network.hidden
        part = ".c" if "." in unit and network.cell == "lstm" else ""
        if not colon:
            yield from ((f"{k}:", f"{size:,} units") for k, size in enumerate(hidden))
        elif layer.isdecimal() and int(layer) < len(hidden):
            end = "=" if parameter.kind is Kind.CLAMP else ""
            yield from ((f"{layer}:{k}{part}{end}", "") for k in range(hidden[int(layer)]))


def _speakers(before: Sequence[str], session: Session) -> Values:
    """The speakers of the training text of the session's model, who are not on the line yet."""
    with suppress(RnnreplError):
        chat = session.model.card.chat
        yield from ((n, "speaker") for n in (chat.speakers if chat else ()) if n not in before)


def _layers(model: str) -> Values:
    with suppress(RnnreplError):
        yield from ((str(k), f"{size:,} units") for k, size in enumerate(_network(model).hidden))


def _tokens(typed: str, model: str, session: Session) -> Values:
    """The first tokens of a model's vocabulary (the session's by default) that begin so."""
    with suppress(RnnreplError):
        tokenizer = session.use(model or None, session.settings["device"]).tokenizer
        tokens = (name for name in tokenizer.tokens if name.startswith(typed))
        yield from ((name, "token") for name in islice(tokens, _LISTED))


def _settings(session: Session) -> Values:
    return ((setting.name.replace("_", "-"), setting.help) for setting in session.settings)


def _setting_values(name: str, typed: str, session: Session) -> Values:
    """The values of a setting; after NAME=VALUE the settings that can follow."""
    if "=" in name:
        yield from ((f"{other}=", help) for other, help in _settings(session))
    if name == "preset":
        yield from _presets(session)
    with suppress(RnnreplError):
        parameter = session.settings.parameter(name)
        if parameter.kind is Kind.CLAMP:
            yield from _units(parameter, typed, session.name)
        if parameter.kind is Kind.MODEL:
            yield from models()
        yes_no = ("yes", "no") if parameter.type is bool else ()
        for choice in (*parameter.choices, *yes_no):
            yield choice, ""
        yield "default", as_typed(parameter.default)


def _paths(typed: str, *, folders: bool = False) -> Values:
    """The entries of the folder that is typed; hidden ones only after a dot."""
    head, slash, name = typed.rpartition("/")
    with suppress(OSError, ValueError, RuntimeError):
        for path in sorted(Path(f"{head}{slash}").expanduser().iterdir()):
            folder = is_folder(path)
            if path.name.startswith(".") > name.startswith(".") or (folders and not folder):
                continue
            # At the beginning a dash would be an option, and a tilde a home folder.
            here = "./" if not slash and path.name.startswith(("-", "~")) else ""
            yield f"{here}{head}{slash}{path.name}{'/' if folder else ''}", ""


def _arguments(words: Sequence[str], flags: Mapping[str, Parameter]) -> list[str]:
    """The words that are neither options nor their values."""
    arguments: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            arguments.append(word)
        elif word in flags and flags[word].takes_value:
            next(rest, None)
    return arguments


def _parameter(command: Command, index: int) -> Parameter | None:
    """The parameter of the argument at an index; the last parameter can take several."""
    arguments = command.arguments
    if index < len(arguments):
        return arguments[index]
    return arguments[-1] if arguments and arguments[-1].many else None
