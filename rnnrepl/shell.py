"""The shell's door: the words behind `rnnrepl`, as one command or as the way to the prompt."""

from pathlib import Path

from rnnrepl import commands, places
from rnnrepl.errors import unknown, usage
from rnnrepl.grammar.definition import COLOR
from rnnrepl.grammar.parser import parse_shell, take
from rnnrepl.render import Screen
from rnnrepl.session import DEFAULT_MODEL, Session
from rnnrepl.settings import Settings


def run(words: list[str], screen: Screen) -> int:
    """Does what the words say; the exit code. Raises RnnreplError where it cannot be done."""
    given, words = take(COLOR, words)
    screen.color = given.get("color", screen.color)  # it rules the messages too
    first, rest = (words[0], words[1:]) if words else ("", [])
    if first in ("-h", "--help"):
        from rnnrepl.grammar.manual import overview

        screen.write(overview(commands.every("shell")))
        return 0
    settings = Settings(commands.settable())
    if first in commands.SHELL:
        command = commands.find(first)
        given |= parse_shell(command, rest)
        if "help" not in given:  # which is there even where the settings cannot be read
            settings.read(places.user_config() / "config.toml")
        commands.run(command, given, Session("shell", settings), screen)
        return 0
    settings.read(places.user_config() / "config.toml")
    settings.take(given, "--color")
    return _prompt(words, settings, screen)


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
    from rnnrepl.hub import PREFIX
    from rnnrepl.library import LAST, names

    known = names()
    if name.startswith(PREFIX) or name.removesuffix(LAST) in known or Path(name).exists():
        return
    raise unknown("command or model", name, [*commands.SHELL, *known])
