"""The commands, in the order of help; each has its own module, imported on first use."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from keyword import iskeyword
from pathlib import Path
from typing import Any

from rnnrepl.app.session import Session
from rnnrepl.errors import RnnreplError, unknown, usage
from rnnrepl.files.collection import expand
from rnnrepl.grammar import Command, Kind
from rnnrepl.grammar.wording import Interface
from rnnrepl.render import Screen

# Commands of shell and prompt.
SHELL = (
    "score",
    "next",
    "compare",
    "eval",
    "pairs",
    "suite",
    "classify",
    "gen",
    "sampler",
    "activations",
    "neurons",
    "ablate",
    "why",
    "nearest",
    "gates",
    "steps",
    "train",
    "runs",
    "watch",
    "stop",
    "plot",
    "import",
    "convert",
    "models",
    "show",
    "rename",
    "remove",
    "tokenizers",
    "tokenize",
    "check",
    "serve",
    "completion",
    "tour",
    "help",
)
# All commands: the others are commands of the prompt only.
NAMES = (
    *SHELL,
    "load",
    "reset",
    "chat",
    "say",
    "more",
    "retry",
    "undo",
    "redo",
    "back",
    "branch",
    "tree",
    "goto",
    "mark",
    "pick",
    "edit",
    "save",
    "open",
    "export",
    "set",
    "quit",
)

# Other names of commands at the prompt.
ALIASES = {"exit": "quit", "q": "quit"}

# What other programs call a command.
SYNONYMS = {
    "clear": "reset",
    "generate": "gen",
    "list": "models",
    "ls": "models",
    "man": "help",
    "q!": "quit",
    "sample": "gen",
    "wq": "quit",
    "x": "quit",
}

# Topics of help in addition to the commands. A group of options is explained by a command that
# has it.
TOPICS = {"sampling": "gen", "adaptation": "score", "training": "train", "keys": ""}

_OUT = ("out_file", "out")  # options that name a file to write
_FILE_FORMATS = ("html", "svg")
# The format of a file by its suffix.
_SUFFIXES = {
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "json",
    ".html": "html",
    ".svg": "svg",
}

# Suffixes that promise a format; a file with another, such as .txt, has that of a pipe.
_KNOWN = {*_SUFFIXES, ".csv", ".npz", ".pdf", ".png", ".xlsx"}

# Together, these commands have every option that is a setting.
_SETTABLE = ("score", "gen", "chat")


def find(name: str) -> Command:
    """Returns a command by name or alias; raises RnnreplError if there is none."""
    name = ALIASES.get(name, name)
    if name not in NAMES:
        listed, known = "`rnnrepl help` lists them.", (*NAMES, *ALIASES)
        raise unknown("command", name, known, listed=listed, synonyms=SYNONYMS)
    python = f"{name}_" if iskeyword(name) else name
    command = getattr(import_module(f"rnnrepl.commands.{python}"), python)
    assert isinstance(command, Command)
    return command


def every(interface: Interface = "prompt") -> list[Command]:
    """Returns the commands of the shell, or of the prompt, which has all."""
    return [find(name) for name in (SHELL if interface == "shell" else NAMES)]


def overview(interface: Interface) -> str:
    """Returns the list of all commands and topics of help, as `rnnrepl help` shows it."""
    from rnnrepl.grammar.help import listing

    prompt_only = [f":{name}" for name in NAMES if interface == "shell" and name not in SHELL]
    return listing(every(interface), prompt_only, TOPICS, interface)


def settable() -> Iterator[Command]:
    """Yields the commands that together have every setting; each is imported on demand."""
    return map(find, _SETTABLE)


def run(command: Command, given: Mapping[str, Any], session: Session, screen: Screen) -> None:
    """Runs a command with the given values, else the settings, and shows its results."""
    values = session.settings.complete(command, given)
    full = values.get("help_all", False)
    if values["help"] or full:
        from rnnrepl.grammar.help import manual

        screen.write(manual(command, session.interface, full=full))
        return
    heat = values.get("heat", "surprisal")
    screen = Screen(values["color"], screen.stdout, screen.stderr, heat, session.interface)
    records, format = command.records(session, values), values.get("format")
    _check_not_read(command, values)
    if out := values.get("out_file"):
        default = format or _format_of(out, command)
        screen.save(records, _format(command, values, default), out)
        return
    terminal = screen.stdout.isatty()
    if terminal and format in _FILE_FORMATS:
        advice = "give --out FILE, or redirect" if "out_file" in values else "redirect"
        raise usage(f"--format {format} is not for a terminal: {advice} the output to a file.")
    default = command.formats[0] if terminal else command.piped
    screen.show(records, _format(command, values, format or default))


def _format_of(out: Path, command: Command) -> str:
    """The format in which a command writes a file; raises RnnreplError for another suffix."""
    fitting = {end: format for end, format in _SUFFIXES.items() if format in command.formats}
    suffix = out.suffix.lower()
    if suffix not in _KNOWN:
        return command.piped
    if suffix not in fitting:
        ends = f"{', '.join(fitting)} or .txt"
        raise usage(f"--out must end in {ends} without --format, not '{out.name}'.")
    return fitting[suffix]


def _check_not_read(command: Command, values: Mapping[str, Any]) -> None:
    """Raises RnnreplError if a command would write over a file that it reads."""
    for out in filter(None, map(values.get, _OUT)):
        for parameter in command.parameters:
            value = values.get(parameter.name)
            if parameter.kind is not Kind.FILE or parameter.name in _OUT or not value:
                continue
            given = value if isinstance(value, tuple) else (value,)
            if any(_same_file(out, path) for name in given for path in _files(Path(name))):
                raise usage(f"--out {out} is a file to read: give another file.")


def _files(path: Path) -> list[Path]:
    """The files of a path; none if there are none, of which the command itself complains."""
    try:
        return expand(path)
    except RnnreplError:
        return []


def _same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:  # one of them is missing, or its name is too long
        return False


def _format(command: Command, values: Mapping[str, Any], format: str) -> str:
    """The format, or on a terminal by default the first that shows the options that are given.

    Raises RnnreplError for a format that does not.
    """
    default = values.get("format") is None and format == command.formats[0]
    for name, formats in command.only.items():
        if values.get(name) and format not in formats:
            if default:
                return formats[0]
            option = name.replace("_", "-")
            raise usage(f"--format {format} does not show --{option}: {', '.join(formats)} do.")
    for name, better in command.better.items():
        if values.get(name) and default:
            return better
    return format
