"""What a command is: one function, whose signature is its grammar and whose docstring its help.

    @command(formats=("table", "json"), piped="json")
    def show(
        session: Session,
        name: Annotated[str, "the model to describe", Kind.MODEL] = "",
    ) -> ModelCard:
        '''Describe a model.'''

Positional parameters are arguments, keyword-only ones options; a dataclass spreads its fields into
options. The parsers of both doors, help, completion and settings read the resulting `Command`.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cached_property
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from rnnrepl.grammar.parameter import REQUIRED, SETTING, AtLeast, Kind, Parameter


@dataclass(frozen=True)
class Command:
    """A command as both doors, help and completion see it; call it as the function it wraps."""

    function: Callable[..., Any]
    formats: tuple[str, ...]  # the first one is for a terminal
    piped: str  # the format where no terminal reads

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @property
    def name(self) -> str:
        """What is typed: `import_` is `import`, as PEP 8 would spell it."""
        return self.function.__name__.rstrip("_")

    @property
    def summary(self) -> str:
        """The first line of its help."""
        return self.help.partition("\n")[0]

    @property
    def help(self) -> str:
        """The function's docstring."""
        return inspect.getdoc(self.function) or ""

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The arguments and options, read from the signature when they are first needed."""
        own = tuple(_parameters(self.function))
        return (*own, *_preset(own), *_screen_options(self.formats))

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """What is told apart by its place."""
        return tuple(p for p in self.parameters if p.flag is None)

    @property
    def options(self) -> tuple[Parameter, ...]:
        """What is told apart by its flag."""
        return tuple(p for p in self.parameters if p.flag is not None)

    @property
    def free_text(self) -> bool:
        """Whether the prompt hands over the rest of the line as it stands."""
        return any(p.kind is Kind.TEXT for p in self.arguments)

    def records(self, session: Any, values: Mapping[str, Any]) -> Iterator[Any]:
        """Runs the command with a value for each parameter it names; yields what it returns."""
        keywords: dict[str, Any] = {}
        groups: dict[tuple[str, Callable[..., Any]], dict[str, Any]] = {}
        for p in self.parameters:
            if p.name in values and p.name not in UNSEEN:
                home = groups.setdefault((p.group, p.home), {}) if p.home else keywords
                home[p.name] = values[p.name]
        keywords |= {group: home(**given) for (group, home), given in groups.items()}
        result = self.function(session, **keywords)
        if isinstance(result, Iterable) and not isinstance(result, str):
            yield from result
        elif result is not None:
            yield result


def command(
    *, formats: Iterable[str] = ("text",), piped: str | None = None
) -> Callable[[Callable[..., Any]], Command]:
    """Makes a command of a function; its first parameter is the session.

    With more than one format the command has `--format`; `piped` is the one that is used where
    standard output is no terminal (the first, unless said otherwise).
    """
    formats = tuple(formats)
    return lambda function: Command(function, formats, piped or formats[0])


# The options that say how results are shown, and where values come from. No function sees them.
UNSEEN: Final = ("preset", "format", "heat", "color", "help")

COLOR: Final = Parameter(
    name="color",
    flag="--color",
    type=str,
    help="colours and attributes",
    default="auto",
    choices=("auto", "always", "never"),
    setting=True,
)


def _preset(parameters: tuple[Parameter, ...]) -> Iterator[Parameter]:
    """The option of a command that has a whole group of settings."""
    for group in {p.group for p in parameters if p.group and p.setting}:
        yield Parameter(
            name="preset",
            flag="--preset",
            type=str,
            help="settings that go together: greedy, lecture, nucleus or your own",
            default="",
            kind=Kind.PRESET,
            group=group,
        )


def _screen_options(formats: tuple[str, ...]) -> Iterator[Parameter]:
    if len(formats) > 1:
        yield Parameter(
            name="format",
            flag="--format",
            type=str,
            help="how the result is written",
            default=None,
            choices=formats,
        )
    if "heat" in formats:
        yield Parameter(
            name="heat",
            flag="--heat",
            type=str,
            help="what colours a heat map",
            default="surprisal",
            choices=("surprisal", "rank"),
            setting=True,
        )
    yield COLOR
    yield Parameter(name="help", flag="--help", type=bool, help="show this help", default=False)


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
    """Its own; with annotations that are text read, which costs what few commands need."""
    found = inspect.signature(function)
    if any(isinstance(p.annotation, str) for p in found.parameters.values()):
        return inspect.signature(function, eval_str=True)
    return found


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
        least=next((m for m in marks if isinstance(m, AtLeast)), None),
        **home,
    )


def _marks(hint: Any) -> tuple[Any, ...]:
    """What an annotation says besides the type."""
    return tuple(getattr(hint, "__metadata__", ()))


def _bare(hint: Any) -> Any:
    """A type without its annotations."""
    return hint.__origin__ if get_origin(hint) is Annotated else hint


def _value(hint: Any) -> tuple[type, bool, tuple[str, ...]]:
    """The type of one value, whether there may be many, and the values to choose from."""
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (one for one in get_args(hint) if one is not NoneType)
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
