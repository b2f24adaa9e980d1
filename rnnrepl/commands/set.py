"""`set`: changes the defaults of options."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import DEFAULT_MODEL, Session
from rnnrepl.app.settings import config_file
from rnnrepl.errors import usage
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import ConfigFile, Setting

# Each changes other settings or the conversation too, so it comes alone.
_ALONE = ("model", "preset")


@command(formats=("table", "json"))
def set(
    session: Session,
    name: Annotated[str, "the setting, for example top-k", Kind.SETTING] = "",
    value: Annotated[
        tuple[str, ...], "its new value; default restores the default; or more NAME=VALUE"
    ] = (),
) -> Iterator[Setting | ConfigFile]:
    """Show the settings, or change some for this session.

    A setting is the default of the option of that name in all commands. Persistent settings go in
    config.toml, one per line: temperature = 0.7

    A preset sets several settings at once: `:set preset` lists the presets. Your own are tables
    in config.toml: [presets.storm]. `:set model NAME` loads a model, as :load does.

    Examples:
        set
        set temperature=0.5 top-p=0.9
        set preset nucleus
    """
    if not name:
        yield from session.settings
        yield ConfigFile(str(config_file()))
    elif "=" not in name and not value:
        presets = name == "preset"
        yield from session.settings.presets if presets else [session.settings.setting(name)]
    else:
        yield from _changed(session, _pairs(name, value))


def _pairs(name: str, values: tuple[str, ...]) -> list[tuple[str, str]]:
    """The settings of NAME VALUE, or of one or more NAME=VALUE, each with its new value.

    Raises RnnreplError for a word that is neither, a repeated name, and a name that comes alone.
    """
    if "=" not in name:
        name, values = f"{name}={values[0]}", values[1:]
        extra = values[:1]
    else:
        extra = tuple(word for word in values if "=" not in word)
    if extra:
        raise usage(
            f"Unexpected argument '{extra[0]}'. Set several settings as in `:set top-k=40 "
            "top-p=0.9`; a value with spaces needs quotes."
        )
    split = (word.partition("=") for word in (name, *values))
    pairs = [(name.replace("-", "_"), new) for name, _, new in split]
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise usage(f"{name} is set twice.")
        if name in _ALONE and len(names) > 1:
            raise usage(f"Set {name} on a line of its own: `:set {name} NAME`.")
    return pairs


def _changed(session: Session, pairs: list[tuple[str, str]]) -> list[Setting]:
    """Sets all values, or none if one is refused; returns the settings."""
    (name, new), settings = pairs[0], session.settings
    if name == "preset":
        return settings.choose(new) if new else list(settings.presets)
    if name == "model":
        session.load(DEFAULT_MODEL if new == "default" else new, settings["device"])
    else:
        with settings.kept_on_error():
            for name, new in pairs:
                settings.set(name, new)
                if settings.parameter(name).kind is Kind.CLAMP:
                    session.model.clamped(settings[name])
    return [settings.setting(name) for name, _ in pairs]
