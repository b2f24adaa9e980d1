"""Restoring tokenizers from data that is not trusted."""

from reprlib import repr as shown
from typing import Any, get_args

from rnnrepl.errors import RnnreplError
from rnnrepl.tokenizer.contract import Level, Tokenizer

MAX_REASON = 200  # characters of another program's message


class TokenizerError(RnnreplError):
    """An error in the code of a tokenizer that does not ship with the program."""


def restore(kind: type[Tokenizer], data: dict[str, Any], size: int | None = None) -> Tokenizer:
    """Returns `kind.from_dict(data)`, checked; `size` is the number of tokens it must have.

    Raises RnnreplError where the tokenizer cannot be restored, whatever the plugin or its library
    raises, where its size is another, and where its tokens or special ids are invalid.
    """
    try:
        tokenizer = kind.from_dict(data)
        check_description(tokenizer, size)
        try:
            tokenizer.decode(tokenizer.ids("a\n"))
        except TokenizerError:
            raise
        except RnnreplError:  # a text may be refused, but nothing else may be raised
            pass
    except (RnnreplError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a panic of a library in Rust is no Exception
        raise RnnreplError(f"{reason(error)}.") from error
    return tokenizer


def reason(error: BaseException) -> str:
    """One line that says what a plugin or its library raised, without a full stop."""
    try:
        message = str(error)
    except BaseException:  # its __str__ is code of the plugin too
        message = ""
    lines = message.strip().splitlines() or [""]
    text = lines[0][:MAX_REASON].rstrip(".")
    if isinstance(error, RnnreplError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def checked(data: dict[str, Any], **kinds: Any) -> dict[str, Any]:
    """Returns the data of `from_dict`, if it has just these names, with values of these kinds.

    A kind is a type, such as `bool` or `int | None`, a tuple of texts to choose from, or `[str]`
    for a list of texts. Raises RnnreplError for a missing, unknown or invalid value.
    """
    for name in sorted(data.keys() ^ kinds.keys()):
        raise RnnreplError(f"{shown(name)} is {'missing' if name in kinds else 'unknown'}.")
    for name, kind in kinds.items():
        if not _is(data[name], kind):
            raise RnnreplError(f"'{name}' has an invalid value, {shown(data[name])}.")
    return data


def _is(value: Any, kind: Any) -> bool:
    if isinstance(kind, list):
        return isinstance(value, list) and all(isinstance(item, kind[0]) for item in value)
    if isinstance(kind, tuple):
        return isinstance(value, str) and value in kind
    # True is an int for Python, but not in JSON.
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def check_description(tokenizer: Tokenizer, size: int | None = None) -> None:
    """Raises RnnreplError unless the size is right and the tokens and ids are valid."""
    tokens = tokenizer.tokens
    count = len(tokens)
    if size is not None and count != size:
        raise RnnreplError(f"the tokenizer has {count:,} tokens, but the network {size:,}.")
    if not all(isinstance(token, str) and token for token in tokens):
        raise RnnreplError("a token is not a text, or it is empty.")
    for name in ("unk", "eos"):
        id = getattr(tokenizer, name)
        if id is not None and not (type(id) is int and 0 <= id < count):
            message = f"the {name} token, {shown(id)}, is outside the vocabulary of {count:,}."
            raise RnnreplError(message)
    if tokenizer.level not in get_args(Level) or not isinstance(tokenizer.normalises, str):
        raise RnnreplError("its level or its description is invalid.")
