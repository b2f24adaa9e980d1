"""Partial matching: whether a text matches a regular expression, or still can."""

from time import process_time
from typing import TYPE_CHECKING

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.tokenizer import compile_pattern

if TYPE_CHECKING:
    import regex

TIMEOUT = 1.0  # seconds for one match
SLOW, MAX_SLOW = 0.001, 5.0  # seconds: of a slow match, and of all slow ones together


class Pattern:
    """A pattern of the `regex` library that a text has to match as a whole.

    Lookahead, (?=...), is not evaluated for text that does not exist yet: a text may match so far
    although no continuation can match. Raises RnnreplError for an invalid pattern; every method
    raises it where a match takes longer than TIMEOUT, or slow ones longer than MAX_SLOW together.
    """

    def __init__(self, source: str) -> None:
        self._slow = 0.0
        try:
            self._whole = compile_pattern(source)
            # Rejects a match at the end of the text, so that only an open one remains.
            self._longer = compile_pattern(source, r"(?:{})(?!\Z)")
        except RnnreplError as error:
            raise usage(f"`match` '{source}' is not a regular expression: {error}.") from None

    def complete(self, text: str) -> bool:
        """Whether the text matches as it is."""
        return self._matches(self._whole, text, partial=False)

    def possible(self, text: str) -> bool:
        """Whether the text matches, or a continuation could."""
        return self._matches(self._whole, text, partial=True)

    def open(self, text: str) -> bool:
        """Whether a longer text could match."""
        return self._matches(self._longer, text, partial=True)

    def _matches(self, pattern: "regex.Pattern[str]", text: str, *, partial: bool) -> bool:
        began = process_time()
        try:
            result = pattern.fullmatch(text, partial=partial, timeout=TIMEOUT) is not None
        except (TimeoutError, MemoryError):
            raise _too_long() from None
        if (seconds := process_time() - began) > SLOW:
            self._slow += seconds
        if self._slow > MAX_SLOW:  # there is a match for every token of the vocabulary
            raise _too_long()
        return result


def _too_long() -> RnnreplError:
    return RnnreplError("Matching takes too long: simplify the pattern of `match`.")
