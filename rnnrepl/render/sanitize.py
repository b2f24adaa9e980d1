"""Text from models and files as text that a terminal can only show, never obey."""

import unicodedata
from functools import lru_cache

# Control, surrogate and format characters, line and paragraph separators.
_UNSAFE = {"Cc", "Cs", "Cf", "Zl", "Zp"}
# Format characters that letters and emoji are made with: joiners, and the tags of flags.
_JOINERS = {"\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))}


def visible(text: str, *, keep: str = "\n\t") -> str:
    """The text with everything that could steer a terminal shown instead: ␛ for escape, and so on.

    Control characters become their pictures; C1, bidi overrides, invisible format characters and
    lone surrogates their numbers in backslash form. Characters in `keep` stay as they are.
    """
    if text.isprintable():
        return text
    return "".join([char if char in keep else _shown(char) for char in text])


def symbols(text: str) -> str:
    """A token as a name in a table: blanks, line ends and the empty end token have a sign each."""
    if not text:
        return "¶"
    if text in _JOINERS:
        return _number(text)
    if unicodedata.category(text[0]).startswith("M"):  # a combining mark needs something to sit on
        text = f"◌{text}"
    return visible(text, keep="").replace("␊", "⏎").replace("␉", "⇥").replace(" ", "␣")


def as_typed(value: object) -> str:
    """An option's value as it is typed: yes or no, the texts of a list; – where there is none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(symbols, value)) or "–"
    return "–" if value in (None, "") else visible(str(value), keep="")


@lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    code = ord(char)
    if unicodedata.category(char) not in _UNSAFE or char in _JOINERS:
        return char
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return _number(char)


def _number(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
