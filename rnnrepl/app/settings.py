"""Settings: other defaults for the commands' options, each with its value and its origin.

A value comes from the line, else from `:set`, else from `config.toml`, else from the command's own
signature. The file is TOML, one line a setting: `temperature = 0.7`. A preset is settings that go
together, under a heading of their own: `[presets.storm]`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnrepl.errors import RnnreplError, not_among, unknown, usage
from rnnrepl.grammar import Command
from rnnrepl.grammar.parameter import Parameter
from rnnrepl.grammar.parser import convert
from rnnrepl.render.sanitize import as_typed
from rnnrepl.results import Setting

# Each says all of what every model is drawn with, so that nothing of another preset is left.
PRESETS: dict[str, dict[str, Any]] = {
    "greedy": {"temperature": 0.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0},
    "lecture": {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0},
    "nucleus": {"temperature": 1.0, "top_k": 0, "top_p": 0.9, "min_p": 0.0},
}


class Settings:
    """The settings of a session; legal are the options that commands mark with SETTING."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._unasked = iter(commands)  # each may cost an import: none is asked in vain
        self._known: dict[str, Parameter] = {}
        self._values: dict[str, tuple[Any, str]] = {}
        self._presets = dict(PRESETS)

    def read(self, path: Path) -> None:
        """Takes the values and presets of a TOML file; one that does not exist says nothing.

        Raises RnnreplError for a file that cannot be read, and as `take` and `choose` do.
        """
        values = _toml(path)
        presets, preset = values.pop("presets", {}), values.pop("preset", None)
        with _told(path):
            for name, table in _items(presets, "presets"):
                self._presets[name] = self._checked(_items(table, f"presets.{name}"))
            if preset is not None:
                self.choose(preset)
        self.take(values, path)

    def take(self, values: Mapping[str, Any], origin: Path | str) -> None:
        """Takes all the values that a file holds, or none.

        Raises RnnreplError for an unknown name, one that stands there twice, and a value that no
        command takes.
        """
        with _told(origin):
            found = self._checked(values.items())
        self._values |= {name: (value, str(origin)) for name, value in found.items()}

    def choose(self, preset: str) -> list[Setting]:
        """Sets all that a preset holds; raises RnnreplError where there is none of that name."""
        found = self.preset(preset)
        self._values |= {name: (value, f"preset {preset}") for name, value in found.items()}
        return [self.setting(name) for name in found]

    def preset(self, name: str) -> Mapping[str, Any]:
        """The values of a preset, by setting; raises RnnreplError where there is none."""
        if name not in self._presets:
            raise unknown("preset", name, self._presets)
        return self._presets[name]

    @property
    def presets(self) -> Iterator[Setting]:
        """Each preset: what it sets, and whether it came with the program."""
        for name, values in self._presets.items():
            told = ", ".join(f"{setting}={as_typed(value)}" for setting, value in values.items())
            yield Setting(name, told, "built in" if PRESETS.get(name) == values else "config.toml")

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
        self._learn(key)
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
        self._learn()
        return map(self.setting, self._known)

    def complete(self, command: Command, given: Mapping[str, Any]) -> dict[str, Any]:
        """A value for every parameter of a command, beginning with what was given.

        Raises RnnreplError for a preset that does not exist.
        """
        values = {p.name: p.default for p in command.parameters if not p.required}
        held = {name: value for name, (value, _) in self._values.items()}
        if preset := given.get("preset"):
            held |= self.preset(preset)
        for parameter in command.parameters:
            if parameter.setting and parameter.name in held:
                values[parameter.name] = held[parameter.name]
        return values | dict(given)

    def _learn(self, name: str | None = None) -> None:
        """Asks one command after the other for its settings, until the one of this name is known.

        Without a name it asks them all.
        """
        while name not in self._known and (command := next(self._unasked, None)):
            for parameter in command.parameters:
                if parameter.setting:
                    self._known.setdefault(parameter.name, parameter)

    def _checked(self, values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in values:
            parameter = self.parameter(name)
            if parameter.name in found:
                raise usage(f"{parameter.name} stands there twice.")
            found[parameter.name] = _checked(parameter, value)
        return found


def _toml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        import tomllib  # only now: most people have no such file

        return tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise usage(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise usage(f"{path} cannot be read: {error}.") from error


def _items(table: Any, name: str) -> Iterable[tuple[str, Any]]:
    if not isinstance(table, dict):
        raise usage(f"{name} is a table, under [presets.NAME], not '{table}'.")
    return table.items()


@contextmanager
def _told(origin: Path | str) -> Iterator[None]:
    """Says of a mistake where it stands."""
    try:
        yield
    except RnnreplError as error:
        raise usage(f"{origin}: {error}") from error


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
