"""The shell's door: the words behind `rnnrepl`, as one command or as the way to the prompt."""

from pathlib import Path

from rnnrepl import commands, places
from rnnrepl.errors import unknown, usage
from rnnrepl.manual import overview
from rnnrepl.parser import parse_shell
from rnnrepl.render import Screen
from rnnrepl.session import DEFAULT_MODEL, Session
from rnnrepl.settings import Settings


def run(words: list[str], screen: Screen) -> int:
    """Does what the words say; the exit code. Raises RnnreplError where it cannot be done."""
    color, words = _take_color(words)
    settings = Settings(commands.every())
    if color is not None:
        settings.set("color", color, "--color")
        screen.color = settings["color"]
    first, rest = (words[0], words[1:]) if words else ("", [])
    if first in ("-h", "--help"):
        screen.write(overview(commands.every("shell")))
        return 0
    settings.read(places.user_config() / "config.toml")
    if first in [command.name for command in commands.every("shell")]:
        command = commands.find(first)
        session = Session("shell", settings)
        commands.run(command, parse_shell(command, rest), session, screen)
        return 0
    return _prompt(words, settings, screen)


def _take_color(words: list[str]) -> tuple[str | None, list[str]]:
    """`--color` from wherever it stands, and the other words: it rules every message too."""
    end = words.index("--") if "--" in words else len(words)
    color, others = None, []
    before = iter(words[:end])
    for word in before:
        flag, equals, value = word.partition("=")
        if flag == "--color":
            color = value if equals else next(before, "")
        else:
            others.append(word)
    return color, others + words[end:]


def _prompt(words: list[str], settings: Settings, screen: Screen) -> int:
    name, *rest = words or [DEFAULT_MODEL]
    if words:
        _check_model(name)
    if rest:
        raise usage(f"'{rest[0]}' is one word too many: 'rnnrepl {name}' opens the prompt.")
    from rnnrepl.repl import run  # prompt_toolkit, which no command of the shell should pay for

    return run(Session("prompt", settings, name), screen)


def _check_model(name: str) -> None:
    """Raises RnnreplError for a first word that is neither a command nor a model."""
    if name.startswith("-"):
        raise unknown("option", name, ["--color", "--help", "--version"])
    if name in commands.NAMES:
        raise usage(f"'{name}' is a command of the prompt: type 'rnnrepl', then ':{name}'.")
    from rnnrepl.library import LAST, names

    known = names()
    if name.removesuffix(LAST) not in known and not Path(name).exists():
        shell = [command.name for command in commands.every("shell")]
        raise unknown("command or model", name, [*shell, *known])
