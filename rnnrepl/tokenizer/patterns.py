"""Regular expressions that the user, or a file, has written."""

import re
from math import prod
from typing import TYPE_CHECKING

from rnnrepl.errors import RnnreplError

if TYPE_CHECKING:  # slow to import
    import regex

MAX_LENGTH = 100_000  # characters
# `regex` writes out what is repeated a fixed number of times: at 300 bytes each, also in nests.
MAX_REPEATS = 100_000
_COUNT = re.compile(r"\{(\d+)")
_IGNORED = re.compile(r"#[^\n]*|\s+")  # between the characters of a verbose pattern


def compile_pattern(source: str, around: str = "{}") -> "regex.Pattern[str]":
    """Compiles a pattern of the `regex` library, put in place of the {} in `around`.

    Raises RnnreplError, whose message says why, for an invalid pattern and for one that would take
    too much memory: the product of all its fixed repetitions is bounded. Matching with it can take
    any time: give a `timeout`.
    """
    import regex

    counts = max(prod(map(_capped, _COUNT.findall(text))) for text in (source, _plain(source)))
    if counts > MAX_REPEATS or len(source) > MAX_LENGTH:
        raise RnnreplError(
            f"it repeats parts over {MAX_REPEATS:,} times or is longer than {MAX_LENGTH:,}"
        )
    try:
        return regex.compile(around.replace("{}", source, 1))
    except (regex.error, OverflowError, RecursionError, MemoryError, ValueError) as error:
        raise RnnreplError(str(error) or type(error).__name__) from None


def _capped(digits: str) -> int:
    """The number of a repetition: at least 1, since `a{0}` leaves others as they are."""
    return max(1, int(digits[:10]))


def _plain(source: str) -> str:
    return _IGNORED.sub("", source)
