"""`set`: other defaults for the options of all commands."""

from collections.abc import Iterable
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results import Setting


@command(formats=("table", "json"))
def set(
    session: Session,
    name: Annotated[str, "the setting, as in `top-k` or `top-k=5`", Kind.SETTING] = "",
    value: Annotated[str, "its new value; `default` takes back what was set"] = "",
) -> Iterable[Setting]:
    """Show the settings, or give one a value until you leave.

    A setting is the default of the option of that name, in every command that has it. What should
    hold for good stands in config.toml, one line a setting: temperature = 0.7

    Settings that go together are a preset: `:set preset nucleus` sets them all, `:set preset` lists
    what there is. In config.toml yours stand below a heading of their own: [presets.storm]
    """
    if not name:
        return session.settings
    name, equals, behind = name.partition("=")
    if name == "preset":
        preset = behind or value
        return session.settings.choose(preset) if preset else session.settings.presets
    if equals or value:
        session.settings.set(name, behind or value)
    return [session.settings.setting(name)]
