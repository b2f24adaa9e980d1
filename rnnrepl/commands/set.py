"""`set`: changes the defaults of options."""

from collections.abc import Iterable
from typing import Annotated

from rnnrepl.app.session import DEFAULT_MODEL, Session
from rnnrepl.errors import RnnreplError
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Setting


@command(formats=("table", "json"))
def set(
    session: Session,
    name: Annotated[str, "the setting, for example top-k", Kind.SETTING] = "",
    value: Annotated[str, "its new value; default restores the default"] = "",
) -> Iterable[Setting]:
    """Show the settings, or change one for this session.

    A setting is the default of the option of that name in all commands. Persistent settings go in
    config.toml, one per line: temperature = 0.7

    A preset sets several settings at once: `:set preset` lists the presets. Your own are tables
    in config.toml: [presets.storm]. `:set model NAME` loads a model, as :load does.

    Examples:
        set
        set top-k 40
        set preset nucleus
    """
    if not name:
        return session.settings
    name, equals, behind = name.partition("=")
    if name == "model" and (equals or value):
        new = behind or value
        session.load(DEFAULT_MODEL if new == "default" else new, session.settings["device"])
    elif name == "preset":
        preset = behind or value
        return session.settings.choose(preset) if preset else session.settings.presets
    elif equals or value:
        before = session.settings[name]
        session.settings.set(name, behind or value)
        if session.settings.parameter(name).kind is Kind.CLAMP:
            try:
                session.model.clamped(session.settings[name])
            except RnnreplError:
                session.settings.set(name, ",".join(before) or "default")
                raise
    return [session.settings.setting(name)]
