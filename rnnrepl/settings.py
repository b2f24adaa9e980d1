"""Settings: other defaults for the commands' options, each with its value and its origin.

A value comes from the line, else from `:set`, else from `config.toml`, else from the command's own
signature. The file is flat TOML, one line a setting: `temperature = 0.7`.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnrepl.errors import RnnreplError, not_among, unknown, usage
from rnnrepl.grammar import Command, Parameter
from rnnrepl.parser import convert
from rnnrepl.results import Setting


class Settings:
    """The settings of a session; legal are the options that the commands mark with SETTING."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._known: dict[str, Parameter] = {}
        for command in commands:
            for parameter in command.parameters:
                if parameter.setting:
                    self._known.setdefault(parameter.name, parameter)
        self._values: dict[str, tuple[Any, str]] = {}

    def read(self, path: Path) -> None:
        """Takes the values of a TOML file; one that does not exist says nothing.

        Raises RnnreplError for a file that cannot be read, and as `take` does.
        """
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except OSError as error:
            raise usage(f"{path} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise usage(f"{path} cannot be read: {error}.") from error
        self.take(values, path)

    def take(self, values: Mapping[str, Any], origin: Path | str) -> None:
        """Takes all the values that a file holds, or none.

        Raises RnnreplError for an unknown name, one that stands there twice, and a value that no
        command takes.
        """
        taken: dict[str, tuple[Any, str]] = {}
        for name, value in values.items():
            try:
                parameter = self.parameter(name)
                if parameter.name in taken:
                    raise usage(f"{parameter.name} stands there twice.")
                taken[parameter.name] = _checked(parameter, value), str(origin)
            except RnnreplError as error:
                raise usage(f"{origin}: {error}") from error
        self._values |= taken

    def set(self, name: str, text: str, origin: str = ":set") -> None:
        """Sets a value as typed; `default` takes back what was set or read.

        Raises RnnreplError for an unknown name or a value that it cannot take.
        """
        parameter = self.parameter(name)
        if text == "default":
            self._values.pop(parameter.name, None)
        else:
            value = convert(parameter, text, parameter.name)
            self._values[parameter.name] = (value,) if parameter.many else value, origin

    def parameter(self, name: str) -> Parameter:
        """The option behind a setting, `top-k` or `top_k`; raises RnnreplError if there is none."""
        key = name.replace("-", "_")
        if key not in self._known:
            raise unknown("setting", name, self._known, listed="The prompt's :set lists them.")
        return self._known[key]

    def __getitem__(self, name: str) -> Any:
        """The value that holds now."""
        return self.setting(name).value

    def setting(self, name: str) -> Setting:
        """A setting's value and where it came from."""
        parameter = self.parameter(name)
        value, origin = self._values.get(parameter.name, (parameter.default, "default"))
        return Setting(parameter.name, value, origin, parameter.help)

    def __iter__(self) -> Iterator[Setting]:
        return map(self.setting, self._known)

    def complete(self, command: Command, given: Mapping[str, Any]) -> dict[str, Any]:
        """A value for every parameter of a command, beginning with what was given."""
        values = {p.name: p.default for p in command.parameters if not p.required}
        for parameter in command.parameters:
            if parameter.setting and parameter.name in self._values:
                values[parameter.name] = self._values[parameter.name][0]
        return values | dict(given)


def _checked(parameter: Parameter, value: Any) -> Any:
    """A value of TOML or JSON as the parameter's."""
    if parameter.many and isinstance(value, list):
        one = replace(parameter, many=False)
        value = tuple(_typed(one, each) for each in value)
    else:
        value = _typed(parameter, value)
    parameter.check(value)
    return value


def _typed(parameter: Parameter, value: Any) -> Any:
    name = parameter.name
    if parameter.choices and value not in parameter.choices:
        raise not_among(name, str(value), parameter.choices)
    if parameter.type is float and type(value) is int:
        return float(value)
    if type(value) is not parameter.type or parameter.many:
        kinds = {str: "text in quotes", int: "a whole number", float: "a number"}
        kind = "a list" if parameter.many else kinds.get(parameter.type, "true or false")
        raise usage(f"{name} takes {kind}, not '{value}'.")
    return value
