"""Settings: defaults of the commands' options that the user can change.

A value comes from the command line, else from `:set`, else from `config.toml`, else from the
command's signature. The file is TOML, one line per setting: `temperature = 0.7`. A preset is a
named table of settings: `[presets.storm]`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnrepl.errors import RnnreplError, not_among, unknown, usage
from rnnrepl.files import paths
from rnnrepl.files.reading import read_bytes
from rnnrepl.grammar import Command, Kind
from rnnrepl.grammar.parameter import Parameter
from rnnrepl.grammar.parser import convert
from rnnrepl.ranges import is_huge
from rnnrepl.render.sanitize import as_typed
from rnnrepl.results.session import Notice, Setting

MAX_BYTES = 1 << 20  # of config.toml
_NOTICES = 10  # of illegal values in it
MACHINE_SETTINGS = ("color", "device", "model")  # which are not part of a saved conversation

# Each sets the same names, so that no value of a previous preset remains.
PRESETS: dict[str, dict[str, Any]] = {
    "greedy": {"temperature": 0.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0},
    "lecture": {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0},
    "nucleus": {"temperature": 1.0, "top_k": 0, "top_p": 0.9, "min_p": 0.0},
}


def config_file() -> Path:
    """The file of the persistent settings."""
    return paths.user_config() / "config.toml"


class Settings:
    """The settings of a session: the options that commands mark with SETTING."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._commands = iter(commands)  # each may cost an import, so they are read on demand
        self._known: dict[str, Parameter] = {}
        self._values: dict[str, tuple[Any, str]] = {}
        self._presets = dict(PRESETS)

    def read(self, path: Path) -> list[Notice]:
        """Reads values and presets from a TOML file, if it exists.

        What is illegal is ignored, with a notice: no file may stop a command that can do without.
        """
        notices: list[Notice] = []

        @contextmanager
        def ignored(what: str) -> Iterator[None]:
            try:
                yield
            except RnnreplError as error:
                if len(notices) < _NOTICES:
                    notices.append(Notice(f"{path}: {error} {what}"))

        values: dict[str, Any] = {}
        with ignored("The file is ignored."):
            values = _toml(path)
        presets, preset = values.pop("presets", {}), values.pop("preset", None)
        with ignored("The presets are ignored."):
            for name, table in _items(presets, "presets"):
                with ignored("This preset is ignored."):
                    self._presets[name] = self._checked(_items(table, f"presets.{name}"))
        with ignored("This value is ignored."):
            if preset is not None:
                self.choose(preset)
        read: dict[str, Any] = {}
        for item in values.items():
            if len(notices) >= _NOTICES:
                notices.append(Notice(f"{path}: the values after these are ignored."))
                break
            with ignored("This value is ignored."):
                read |= self._checked([item], read)
        self._values |= {name: (value, str(path)) for name, value in read.items()}
        return notices

    def update(self, values: Mapping[str, Any], origin: Path | str) -> None:
        """Sets all values, or none if one is illegal.

        Raises RnnreplError for an unknown or repeated name and for an illegal value.
        """
        with _located(origin):
            checked = self._checked(values.items())
        self._values |= {name: (value, str(origin)) for name, value in checked.items()}

    def choose(self, preset: str) -> list[Setting]:
        """Sets all values of a preset; raises RnnreplError if there is none of that name."""
        values = self.preset(preset)
        self._values |= {name: (value, f"preset {preset}") for name, value in values.items()}
        return [self.setting(name) for name in values]

    def preset(self, name: str) -> Mapping[str, Any]:
        """Returns a preset's values by name; raises RnnreplError if there is none of that name."""
        if not isinstance(name, str):  # a file may contain any value
            raise usage(f"preset takes the name of a preset in quotes, not {_shown(name)}.")
        if name not in self._presets:
            raise unknown("preset", name, self._presets)
        return self._presets[name]

    @property
    def presets(self) -> Iterator[Setting]:
        """Each preset, with its values and its origin."""
        for name, values in self._presets.items():
            listed = ", ".join(f"{setting}={as_typed(value)}" for setting, value in values.items())
            origin = "built in" if PRESETS.get(name) == values else "config.toml"
            yield Setting(name, listed, origin)

    def set(self, name: str, text: str, origin: str = ":set") -> None:
        """Sets a value as typed; the value `default` restores the default.

        Where they cannot be values, `off` and `none` do so too. Raises RnnreplError for an unknown
        name or an illegal value.
        """
        parameter = self.parameter(name)
        has_words = parameter.type in (bool, str) and parameter.kind is not Kind.CLAMP
        if text == "default" or (text.lower() in ("off", "none") and not has_words):
            self._values.pop(parameter.name, None)
            return
        try:
            value = convert(parameter, text, parameter.name)
        except RnnreplError as error:
            typed = parameter.name.replace("_", "-")
            raise usage(f"{error} `:set {typed} default` restores the default.") from error
        self._values[parameter.name] = (value,) if parameter.many else value, origin

    @contextmanager
    def kept_on_error(self) -> Iterator[None]:
        """Context manager that restores the values if its body raises an exception."""
        before = dict(self._values)
        try:
            yield
        except BaseException:
            self._values = before
            raise

    def parameter(self, name: str) -> Parameter:
        """Returns the option of a setting, `top-k` or `top_k`; raises RnnreplError if unknown."""
        key = name.replace("-", "_")
        self._find(key)
        if key not in self._known:
            raise unknown("setting", name, self._known, listed="`:set` at the prompt lists them.")
        return self._known[key]

    @property
    def changed(self) -> frozenset[str]:
        """The names of the settings that do not have their default."""
        return frozenset(self._values)

    def only(self, names: Iterable[str]) -> "Settings":
        """Returns settings in which these have their current values and all others the default."""
        settings = copy(self)
        settings._values = {name: self._values[name] for name in self.changed.intersection(names)}
        return settings

    def __getitem__(self, name: str) -> Any:
        """The current value."""
        return self.setting(name).value

    def setting(self, name: str) -> Setting:
        """Returns a setting with its value and origin."""
        parameter = self.parameter(name)
        value, origin = self._values.get(parameter.name, (parameter.default, "default"))
        return Setting(parameter.name, value, origin, parameter.help)

    def __iter__(self) -> Iterator[Setting]:
        self._find()
        return map(self.setting, self._known)

    def complete(self, command: Command, given: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the values of all parameters of a command: given, set, or default.

        Raises RnnreplError for an unknown preset.
        """
        values = {p.name: p.default for p in command.parameters if not p.required}
        settings = {name: value for name, (value, _) in self._values.items()}
        if preset := given.get("preset"):
            settings |= self.preset(preset)
        for parameter in command.parameters:
            if parameter.setting and parameter.name in settings:
                values[parameter.name] = settings[parameter.name]
        return values | dict(given)

    def _find(self, name: str | None = None) -> None:
        """Reads the settings of command after command until one has this name, or of all."""
        while name not in self._known and (command := next(self._commands, None)):
            for parameter in command.parameters:
                if parameter.setting:
                    self._known.setdefault(parameter.name, parameter)

    def _checked(
        self, values: Iterable[tuple[str, Any]], before: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Checked values by name; raises RnnreplError also for one that is there `before`."""
        checked: dict[str, Any] = {}
        for name, value in values:
            parameter = self.parameter(name)
            if parameter.name in checked or parameter.name in (before or {}):
                raise usage(f"{parameter.name} is set twice.")
            checked[parameter.name] = _checked(parameter, value)
        return checked


def _toml(path: Path) -> dict[str, Any]:
    try:
        # An editor may write a byte order mark.
        text = read_bytes(path, MAX_BYTES).decode("utf-8-sig")
        import tomllib  # most users have no such file

        return tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise usage(f"It cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise usage(f"It cannot be read: {str(error).removesuffix('.')}.") from error
    except RecursionError:
        raise usage("It cannot be read: its values are nested too deeply.") from None


def _items(table: Any, name: str) -> Iterable[tuple[str, Any]]:
    if not isinstance(table, dict):
        raise usage(f"{name} must be a table, as in [presets.storm], not {_shown(table)}.")
    return table.items()


@contextmanager
def _located(origin: Path | str) -> Iterator[None]:
    """Prefixes errors with the file, or whatever else the values come from."""
    try:
        yield
    except RnnreplError as error:
        raise usage(f"{origin}: {error}") from error


def _checked(parameter: Parameter, value: Any) -> Any:
    """Checks a value from TOML or JSON and converts it to the parameter's type."""
    if parameter.many and isinstance(value, list):
        single = replace(parameter, many=False)
        value = tuple(_typed(single, item) for item in value)
    else:
        value = _typed(parameter, value)
    parameter.check(value, parameter.name)
    return value


def _typed(parameter: Parameter, value: Any) -> Any:
    name = parameter.name
    if parameter.choices and isinstance(value, str) and value not in parameter.choices:
        raise not_among(name, value, parameter.choices)
    if parameter.type is float and type(value) is int:
        if parameter.range:  # float() raises OverflowError for a number of 400 digits
            parameter.range.check(name, value)
        return float(value)
    if type(value) is not parameter.type or parameter.many:
        kinds = {str: "text in quotes", int: "a whole number", float: "a number"}
        kind = "a list" if parameter.many else kinds.get(parameter.type, "true or false")
        raise usage(f"{name} takes {kind}, not {_shown(value)}.")
    return value


def _shown(value: Any) -> str:
    """A value of a file in an error message; Python refuses to print long numbers."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return "a number of that size" if is_huge(value) else f"'{value}'"
