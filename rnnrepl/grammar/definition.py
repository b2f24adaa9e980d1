"""The definition of a command: a function whose signature is its grammar and docstring its help.

    @command(formats=("table", "json"), piped="json")
    def show(
        session: Session,
        name: Annotated[str, "the model to describe", Kind.MODEL] = "",
    ) -> ModelCard:
        '''Describe a model.

        Examples:
            show shakespeare-char
        '''

Positional parameters are arguments, keyword-only parameters are options, and each field of a
dataclass is an option: together they are a group. The parsers of shell and prompt, help, completion
and settings all read the resulting `Command`.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from rnnrepl.errors import RnnreplError
from rnnrepl.grammar.parameter import REQUIRED, SETTING, Kind, Parameter
from rnnrepl.ranges import Range

_EXAMPLES = "\n\nExamples:\n"


@dataclass(frozen=True)
class Command:
    """A command. Calling it calls the function that it wraps."""

    function: Callable[..., Any]
    formats: tuple[str, ...]  # the first is the default on a terminal
    piped: str  # the default elsewhere
    only: Mapping[str, tuple[str, ...]]  # options that not every format shows, and those that do
    better: Mapping[str, str]  # options for which another format is the default on a terminal

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @property
    def name(self) -> str:
        """The name as typed: `import_` is `import`."""
        return self.function.__name__.rstrip("_")

    @property
    def summary(self) -> str:
        """The first line of the help."""
        return self.help.partition("\n")[0]

    @property
    def help(self) -> str:
        """The function's docstring, without the examples."""
        return (inspect.getdoc(self.function) or "").partition(_EXAMPLES)[0]

    @property
    def examples(self) -> tuple[str, ...]:
        """The docstring's examples, each as it follows `rnnrepl` at the shell.

        Options come before the text, and a text that is quoted comes last, so that each example is
        also a line of the prompt.
        """
        examples = (inspect.getdoc(self.function) or "").partition(_EXAMPLES)[2]
        return tuple(line.strip() for line in examples.splitlines())

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """All arguments and options, read from the signature on first use."""
        own = tuple(_parameters(self.function))
        return (*own, *_shared(self.formats, self.piped, own))

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """The parameters that are identified by position."""
        return tuple(p for p in self.parameters if p.flag is None)

    @property
    def options(self) -> tuple[Parameter, ...]:
        """The parameters that are identified by a flag."""
        return tuple(p for p in self.parameters if p.flag is not None)

    @property
    def free_text(self) -> bool:
        """Whether the rest of a prompt's line is an argument, verbatim."""
        return any(p.kind in (Kind.TEXT, Kind.NAMED_TEXT) for p in self.arguments)

    def records(self, session: Any, values: Mapping[str, Any]) -> Iterator[Any]:
        """Runs the command with values by parameter name; yields its results.

        Errors name parameters as they are typed: `--top-k`.
        """
        keywords: dict[str, Any] = {}
        groups: dict[tuple[str, Callable[..., Any]], dict[str, Any]] = {}
        for p in self.parameters:
            if p.name in values and p.name not in SHARED:
                home = groups.setdefault((p.group, p.home), {}) if p.home else keywords
                home[p.name] = values[p.name]
        try:
            keywords |= {group: home(**given) for (group, home), given in groups.items()}
            result = self.function(session, **keywords)
            if isinstance(result, Iterable) and not isinstance(result, str):
                yield from result
            elif result is not None:
                yield result
        except RnnreplError as error:
            raise error.naming({p.name: p.typed for p in self.parameters}) from error


def command(
    *,
    formats: Iterable[str] = ("text",),
    piped: str | None = None,
    only: Mapping[str, tuple[str, ...]] | None = None,
    better: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], Command]:
    """Decorates a function as a command; its first parameter is the session.

    A command with several formats has the option `--format`. Its default is the first format on a
    terminal, and `piped` (by default also the first) elsewhere. `only` holds the formats of options
    that other formats do not show, and raise an error; `better` the default format on a terminal
    for options that the first format leaves out.
    """
    formats = tuple(formats)
    return lambda function: Command(
        function, formats, piped or formats[0], only or {}, better or {}
    )


def _parameters(function: Callable[..., Any]) -> Iterator[Parameter]:
    _session, *parameters = _signature(function).parameters.values()
    for p in parameters:
        kind, marks = _bare(p.annotation), _marks(p.annotation)
        if is_dataclass(kind):
            hints = get_type_hints(kind, include_extras=True)
            home = {"group": p.name, "home": kind}
            for field in fields(kind):
                hint = hints[field.name]
                both = (*_marks(hint), *marks)
                yield _parameter(
                    field.name, _bare(hint), both, _default(field), option=True, **home
                )
        else:
            yield _parameter(p.name, kind, marks, p.default, option=p.kind is p.KEYWORD_ONLY)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature; annotations are evaluated only if they are strings, because that is slow."""
    signature = inspect.signature(function)
    if any(isinstance(p.annotation, str) for p in signature.parameters.values()):
        return inspect.signature(function, eval_str=True)
    return signature


def _parameter(
    name: str, hint: Any, marks: tuple[Any, ...], default: Any, *, option: bool, **home: Any
) -> Parameter:
    kind, many, choices = _value(hint)
    plain = name.rstrip("_")  # `from_` is `--from`
    words = plain.replace("_", "-")
    flag = f"--no-{words}" if kind is bool and default is True else f"--{words}"
    return Parameter(
        name=name,
        type=kind,
        help=next((m for m in marks if isinstance(m, str)), ""),
        default=default,
        flag=flag if option else None,
        many=many,
        choices=choices,
        kind=next((m for m in marks if isinstance(m, Kind)), Kind.__members__.get(plain.upper())),
        setting=SETTING in marks,
        range=next((m for m in marks if isinstance(m, Range)), None),
        **home,
    )


def _marks(hint: Any) -> tuple[Any, ...]:
    """The metadata of an annotation."""
    return tuple(getattr(hint, "__metadata__", ()))


def _bare(hint: Any) -> Any:
    """The type of an annotation, without metadata."""
    return hint.__origin__ if get_origin(hint) is Annotated else hint


def _value(hint: Any) -> tuple[type, bool, tuple[str, ...]]:
    """The type of one value, whether there may be many, and the choices."""
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (arg for arg in get_args(hint) if arg is not NoneType)
    many = get_origin(hint) is tuple
    if many:
        hint = get_args(hint)[0]
    if get_origin(hint) is Literal:
        return str, many, get_args(hint)
    assert hint in (str, int, float, bool, Path), f"a command cannot take {hint}"
    return hint, many, ()


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return REQUIRED if field.default is MISSING else field.default


def _shared_options(
    session: object,
    *,
    preset: Annotated[
        str, "use the settings of a preset: greedy, lecture, nucleus or your own", Kind.PRESET
    ] = "",
    format: Annotated[str | None, "output format (default: {})"] = None,
    out_file: Annotated[
        Path | None, "file to write (default format: that of its suffix)", Kind.FILE
    ] = None,
    heat: Annotated[Literal["surprisal", "rank"], "quantity shown as color", SETTING] = "surprisal",
    color: Annotated[
        Literal["auto", "always", "never"], "use colors and text attributes", SETTING
    ] = "auto",
    help: Annotated[bool, "show this help"] = False,
    help_all: Annotated[bool, "show this help with the options of all groups"] = False,
) -> None:
    """Options that are evaluated before a command runs or when its results are shown."""


SHARED: Final = {p.name: p for p in _parameters(_shared_options)}


def _shared(
    formats: tuple[str, ...], piped: str, own: tuple[Parameter, ...]
) -> Iterator[Parameter]:
    """The shared options of a command with these formats and its own parameters."""
    groups = {p.group for p in own if p.group and p.setting}
    yield from (replace(SHARED["preset"], group=group) for group in groups)
    if len(formats) > 1:
        first = formats[0]
        default = first if piped == first else f"{first} on a terminal, {piped} in a pipe"
        help = SHARED["format"].help.format(default)
        yield replace(SHARED["format"], choices=formats, help=help)
    if "svg" in formats and all(p.flag != "--out" for p in own):
        yield replace(SHARED["out_file"], flag="--out")
    if "heat" in formats:
        yield SHARED["heat"]
    yield SHARED["color"]
    yield SHARED["help"]
    if groups:
        yield replace(SHARED["help_all"], flag="--all")
