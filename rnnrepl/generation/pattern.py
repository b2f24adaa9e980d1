"""A regular expression that a text is to match as a whole, and what can still become of a text."""

from typing import Any

import regex

from rnnrepl.errors import RnnreplError, usage

TIMEOUT = 1.0  # seconds for one look at a text


class Pattern:
    """A pattern of the `regex` library; raises RnnreplError for what is none.

    A text may match so far and yet have no end that matches: what lies ahead, (?=...), is not
    looked into. Every method raises RnnreplError where the pattern takes too long on a text.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        try:
            self._whole = regex.compile(source)
            # Refuses a match that ends with the text, so only what is still open is found.
            self._longer = regex.compile(rf"(?:{source})(?!\Z)")
        except (regex.error, OverflowError, RecursionError) as error:
            raise usage(f"'{source}' is no regular expression: {error}.") from None

    def complete(self, text: str) -> bool:
        """Whether the text matches as it stands."""
        return _found(self._whole, text, partial=False)

    def possible(self, text: str) -> bool:
        """Whether the text matches, or could with more behind it."""
        return _found(self._whole, text, partial=True)

    def open(self, text: str) -> bool:
        """Whether a longer text could match."""
        return _found(self._longer, text, partial=True)


def _found(pattern: "regex.Pattern[str]", text: str, *, partial: bool) -> bool:
    found: Any
    try:
        found = pattern.fullmatch(text, partial=partial, timeout=TIMEOUT)
    except TimeoutError:
        raise RnnreplError("The pattern takes too long on this text: make it simpler.") from None
    return found is not None
